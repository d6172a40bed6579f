"""Measures YAML before it is built: depth, size with aliases expanded, documents that follow.

libyaml ends the whole process on input that is nested very deeply, and aliases of aliases grow without bound;
the event stream shows both beforehand at no risk. Imports yaml only when it is called.
"""

from collections.abc import Iterator
from typing import Any

DEPTH_LIMIT = 100
NODE_LIMIT = 1_000_000


class TooMuch(ValueError):
    """The document is too large, too deep, or refers to itself."""


def measure(events: Iterator[Any], *, depth_limit: int = DEPTH_LIMIT, node_limit: int = NODE_LIMIT) -> bool:
    """Reads the first document's events of `yaml.parse`; True if more documents follow.

    Raises TooMuch for what would get too large or too deep once aliases are expanded, and yaml.YAMLError for
    what is not YAML.
    """
    import yaml

    sizes: dict[str, int] = {}
    opened: list[tuple[str | None, int]] = []
    size = 0
    for event in events:
        match event:
            case yaml.AliasEvent():
                if event.anchor not in sizes:
                    raise TooMuch("an alias of what is not complete")
                size += sizes[event.anchor]
            case yaml.ScalarEvent():
                size += 1
                if event.anchor:
                    sizes[event.anchor] = 1
            case yaml.CollectionStartEvent():
                size += 1
                opened.append((event.anchor, size - 1))
            case yaml.CollectionEndEvent():
                anchor, before = opened.pop()
                if anchor:
                    sizes[anchor] = size - before
            case yaml.DocumentEndEvent():
                return isinstance(next(events, None), yaml.DocumentStartEvent)
        if size > node_limit or len(opened) > depth_limit:
            raise TooMuch("too large or nested too deep")
    return False
