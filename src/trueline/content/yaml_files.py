"""Reads one YAML file into one struct, so that every mistake is an error with file and line."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from trueline.errors import ContentError
from trueline.yaml_shape import TooMuch, measure

T = TypeVar("T")

_BASE: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # all scalars stay text: 1.10 is not 1.1
_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PATH_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
MAX_BYTES = 8 * 1024 * 1024
SCHEMA_HINT = "`trueline content schema` prints the JSON Schema of what may stand there."
"""The hint of an error that is one of contents, not of syntax or size."""


def load_yaml(
    path: Path, kind: type[T], *, typed: bool = False, before: tuple[str, ...] = (), shipped: bool = False
) -> T:
    """The file as `kind`; with `typed`, scalars have YAML's own types instead of being text.

    With `before`, only what stands above the first top-level key of one of these names is read. A `shipped`
    file is not measured nor searched for duplicate keys: `check_shape` did that before it was shipped.
    Raises ContentError with file and line for anything that isn't exactly such a document.
    """
    text = read_text(path)
    for key in before:
        text = text.partition(f"\n{key}:")[0]
    return parse_yaml(path, text, kind, typed=typed, shipped=shipped)


def parse_yaml(path: Path, text: str, kind: type[T], *, typed: bool = False, shipped: bool = False) -> T:
    """`text`, which was read from `path`, as `kind`; see `load_yaml`."""
    if not shipped:
        _check(path, text)
    try:
        raw = yaml.load(text, Loader=_SAFE if typed else _BASE)  # noqa: S506 - both loaders build plain data
    except yaml.YAMLError as error:
        raise _syntax(path, error) from None
    if raw is None:
        raise ContentError("there is nothing in it", hint=SCHEMA_HINT, file=str(path))
    try:
        return msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        line = _line_of(text, where.rstrip("`"))
        raise ContentError(
            f"{message}{f' (at {where[1:-1]})' if where else ''}",
            hint=SCHEMA_HINT,
            file=str(path),
            line=line,
        ) from None


def check_shape(path: Path) -> None:
    """Raises ContentError for a file that is too large or too deep, or in which a key stands twice."""
    _check(path, read_text(path))


def _check(path: Path, text: str) -> None:
    try:
        measure(yaml.parse(text, Loader=_BASE))
        line = _duplicate_key(text)
    except yaml.YAMLError as error:
        raise _syntax(path, error) from None
    except TooMuch as error:
        raise ContentError(str(error), hint="Flatten the document.", file=str(path)) from None
    if line:
        raise ContentError("this key stands twice", hint="Keep one.", file=str(path), line=line)


def _syntax(path: Path, error: yaml.YAMLError) -> ContentError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "not valid YAML"
    line = mark.line + 1 if mark else None
    return ContentError(str(problem), hint="Mend the YAML syntax there.", file=str(path), line=line)


def line_of_key(path: Path, place: Sequence[str]) -> int | None:
    """The line that `place` leads to, counting from 1; the nearest one above it where it ends early.

    Its steps are keys, and of lists an entry's text or position.
    """
    node = _compose(read_text(path))
    line = node.start_mark.line if node else 0
    for step in place:
        child = _entry(node, step)
        if child is None:
            break
        node, line = child
    return int(line) + 1


def _entry(node: yaml.Node | None, step: str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode):
        found = next((child for child in node.value if child.value == step), None)
        return (found, found.start_mark.line) if found else _child(node, "", step)
    return _child(node, step, "")


def read_text(path: Path) -> str:
    """The text of a regular file of at most 8 MiB; raises ContentError for any other."""
    try:
        if not path.exists():
            raise ContentError("there is no such file", hint="Check the path.", file=str(path))
        if not path.is_file():
            raise ContentError("is not a file", hint="Name a regular YAML file.", file=str(path))
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ContentError("is larger than 8 MiB", hint="Split the file.", file=str(path))
        return data.decode("utf-8")
    except OSError as error:
        raise ContentError(
            error.strerror or "can't be read", hint="Check the path and its mode.", file=str(path)
        ) from None
    except UnicodeDecodeError:
        raise ContentError("is not UTF-8 text", hint="Save it as UTF-8.", file=str(path)) from None


def _compose(text: str) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(text, Loader=_BASE)
    return node


def _duplicate_key(text: str) -> int | None:
    """Line of the first mapping key that stands twice in its mapping, counting from 1."""
    for node in _walk(_compose(text)):
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen and key.value != "<<":
                    return int(key.start_mark.line) + 1
                seen.add(key.value)
    return None


def _walk(root: yaml.Node | None) -> Iterator[yaml.Node]:
    stack, seen = [root] if root else [], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            stack.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)


def _line_of(text: str, where: str) -> int | None:
    """The line that msgspec's path points to (`.rules[3].test`); the nearest one above if it ends early."""
    node = _compose(text)
    line = node.start_mark.line if node else 0
    for name, index in _PATH_STEP.findall(where):
        child = _child(node, name, index)
        if child is None:
            break
        node, line = child
    return int(line) + 1


def _child(node: yaml.Node | None, name: str, index: str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and index.isdigit() and int(index) < len(node.value):
        child = node.value[int(index)]
        return child, child.start_mark.line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return value, key.start_mark.line
    return None
