"""Edits the text of a policy file where an entry stands, so that comments and all other entries stay."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trueline.content.yaml_files import parse_yaml
from trueline.errors import ContentError
from trueline.model.policy import Policy

_BASE: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_INDENT = "  "


class Edit:
    """What to write at one entry: new values of its keys, keys to add behind one, and a comment above it."""

    def __init__(
        self, *, values: Mapping[str, str], added: Mapping[str, Any] | None = None, comment: str = ""
    ) -> None:
        self.values = values
        self.added = added or {}
        self.comment = comment


def policy_in(path: Path, text: str) -> Policy:
    """The policy that a text holds; where it holds nothing but comments, one that says nothing."""
    bare = all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())
    return Policy() if bare else parse_yaml(path, text, Policy)


def with_waiver(path: Path, text: str, entry: Mapping[str, Any]) -> str:
    """The text with an entry at the end of its waivers; raises ContentError where it can't be put there."""
    root = _root(path, text)
    shown = yaml.safe_dump(dict(entry), sort_keys=False, allow_unicode=True, width=100)
    if root is None:
        return _joined(text, f"waivers:\n{_item(shown, _INDENT)}")
    node = next((value for key, value in root.value if key.value == "waivers"), None)
    if node is None:
        return _joined(text, f"waivers:\n{_item(shown, _INDENT)}")
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _behind(text, _last_line(node), _item(shown, _dash(text, node)))
    if isinstance(node, yaml.SequenceNode) and not node.value:
        start, end = node.start_mark.index, node.end_mark.index
        return f"{text[:start].rstrip(' ')}\n{_item(shown, _INDENT).rstrip()}{text[end:]}"
    raise _unfit(path, node)


def edited(path: Path, text: str, edits: Mapping[tuple[str, int], Edit]) -> str:
    """The text with entries changed; an edit is for the entry at a position of one of the lists."""
    root = _root(path, text)
    changes: list[tuple[int, int, str]] = []
    for (name, position), edit in edits.items():
        listed = next((value for key, value in root.value if key.value == name), None) if root else None
        if not isinstance(listed, yaml.SequenceNode) or not isinstance(
            listed.value[position], yaml.MappingNode
        ):
            raise _unfit(path, listed or root)
        changes += _changes(text, listed.value[position], edit)
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _changes(text: str, node: yaml.MappingNode, edit: Edit) -> list[tuple[int, int, str]]:
    values = {key.value: (key, value) for key, value in node.value}
    changes = []
    for name, new in edit.values.items():
        value = values[name][1]
        changes.append((value.start_mark.index, value.end_mark.index, _scalar(new)))
    key, value = values[next(iter(edit.values))]
    for name, content in edit.added.items():
        if name not in values:
            shown = _scalar(content) if isinstance(content, str) else f"[{', '.join(map(_scalar, content))}]"
            lead = ", " if node.flow_style else f"\n{' ' * key.start_mark.column}"
            changes.append((value.end_mark.index, value.end_mark.index, f"{lead}{name}: {shown}"))
    if edit.comment and not node.flow_style:
        begin = text.rfind("\n", 0, node.start_mark.index) + 1
        indent = text[begin : node.start_mark.index].split("-", maxsplit=1)[0]
        changes.append((begin, begin, f"{indent}# {edit.comment}\n"))
    return changes


def _root(path: Path, text: str) -> yaml.MappingNode | None:
    policy_in(path, text)  # refuses what is too deep, twice there, or no policy at all
    node = yaml.compose(text, Loader=_BASE)
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise _unfit(path, node)
    return node


def _unfit(path: Path, node: yaml.Node | None) -> ContentError:
    line = node.start_mark.line + 1 if node else None
    return ContentError(
        "is written in one line with brackets, where no entry can be added without rewriting it",
        hint="Write the list as lines that begin with a hyphen, or name another file.",
        file=str(path),
        line=line,
    )


def _item(shown: str, indent: str) -> str:
    first, *others = shown.rstrip("\n").split("\n")
    rest = "".join(f"{indent}  {line}\n" if line else "\n" for line in others)
    return f"{indent}- {first}\n{rest}"


def _dash(text: str, node: yaml.SequenceNode) -> str:
    """How far the list's hyphens are indented."""
    begin = node.value[-1].start_mark.index
    return text[text.rfind("\n", 0, begin) + 1 : begin].split("-", maxsplit=1)[0]


def _last_line(node: yaml.Node) -> int:
    """The last line of a node's own text; what follows are comments and blank lines of what comes next."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        parts = node.value[-1]
        return _last_line(parts[1] if isinstance(parts, tuple) else parts)
    mark = node.end_mark
    return mark.line if mark.column or mark.line == node.start_mark.line else mark.line - 1


def _behind(text: str, line: int, new: str) -> str:
    lines = text.splitlines(keepends=True)
    if not lines[line].endswith("\n"):
        lines[line] += "\n"
    return "".join((*lines[: line + 1], new, *lines[line + 1 :]))


def _joined(text: str, new: str) -> str:
    return f"{text.rstrip(chr(10))}\n\n{new}" if text.strip() else f"{text}{new}"


def _scalar(value: str) -> str:
    """A value as YAML text, quoted where other readers would take it for a number."""
    shown: str = yaml.safe_dump(value, width=10_000)
    return shown.split("\n", maxsplit=1)[0]
