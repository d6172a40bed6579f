"""Reads YAML 1.1 into nodes that keep the source text of scalars, as deep and as large as is sane."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

DEPTH_LIMIT = 200
NODE_LIMIT = 500_000
_PARSER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NULLS = ("", "~", "null", "Null", "NULL")
TRUE_WORDS = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
FALSE_WORDS = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])


class BadYaml(ValueError):
    """The text is no YAML that could be used; `line` counts from 1, None where it is not known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass
class Node:
    """A scalar, list or map. `text` is a scalar's source text; `plain` says that it stood without quotes."""

    line: int
    text: str | None = None
    plain: bool = False
    items: list["Node"] | None = None
    pairs: list[tuple["Node", "Node"]] | None = None
    tag: str | None = None

    @property
    def is_null(self) -> bool:
        """Whether it stands for nothing."""
        return self.plain and self.text in _NULLS and self.tag is None


@dataclass
class _Open:
    node: Node
    key: Node | None = None

    def add(self, child: Node) -> None:
        if self.node.items is not None:
            self.node.items.append(child)
        elif self.key is None:
            self.key = child
        else:
            assert self.node.pairs is not None
            self.node.pairs.append((self.key, child))
            self.key = None


@dataclass
class _Builder:
    """Turns the events of the first document into nodes, without recursion."""

    anchors: dict[str, Node] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    root: Node | None = None
    count: int = 0

    def feed(self, event: Any) -> None:
        match event:
            case yaml.AliasEvent():
                self.put(self.known(event))
            case yaml.ScalarEvent():
                self.put(self.name(event, _scalar(event)))
            case yaml.SequenceStartEvent():
                self.open(event, Node(_line(event), items=[], tag=event.tag))
            case yaml.MappingStartEvent():
                self.open(event, Node(_line(event), pairs=[], tag=event.tag))
            case yaml.CollectionEndEvent():
                self.put(self.stack.pop().node)

    def open(self, event: Any, node: Node) -> None:
        if len(self.stack) >= DEPTH_LIMIT:
            raise BadYaml("nested too deep", node.line)
        self.stack.append(_Open(self.name(event, node)))

    def name(self, event: Any, node: Node) -> Node:
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def known(self, event: Any) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None or any(level.node is node for level in self.stack):
            raise BadYaml("an alias of what is not complete", _line(event))
        return node

    def put(self, node: Node) -> None:
        self.count += 1
        if self.count > NODE_LIMIT:
            raise BadYaml("too large", node.line)
        if self.stack:
            self.stack[-1].add(node)
        else:
            self.root = node


def compose(text: str) -> Node | None:
    """The first document of the text; None where it is empty. Raises BadYaml."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise BadYaml(error.problem or "not valid YAML", mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, BadYaml):
            raise
        raise BadYaml("not valid YAML: it holds characters that YAML does not allow") from None
    if builder.root is not None:
        _measure(builder.root)
    return builder.root


def _measure(root: Node) -> None:
    """Refuses what would grow too large or too deep once aliases are expanded."""
    stack, seen = [(root, 1)], 0
    while stack:
        node, depth = stack.pop()
        seen += 1
        if seen > NODE_LIMIT or depth > DEPTH_LIMIT:
            raise BadYaml("too large or too deep once its aliases are expanded", node.line)
        stack += [(child, depth + 1) for child in node.items or ()]
        stack += [(part, depth + 1) for pair in node.pairs or () for part in pair]


def entries(node: Node) -> Iterator[tuple[Node, Node]]:
    """Keys and values of a map in their order, merge keys (<<) expanded where they stand."""
    for key, value in node.pairs or ():
        if key.plain and key.text == "<<":
            for source in value.items if value.items is not None else [value]:
                yield from entries(source)
        else:
            yield key, value


def _scalar(event: Any) -> Node:
    plain = event.style in (None, "") and event.implicit[0]
    tag = None if any(event.implicit) else event.tag
    return Node(_line(event), text=event.value, plain=plain, tag=tag)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
