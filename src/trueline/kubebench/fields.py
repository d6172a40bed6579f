"""Typed access to the maps of a controls file: what has the wrong type is an error with file and line."""

from collections.abc import Sequence
from typing import NoReturn

from trueline.errors import ContentError
from trueline.kubebench.nodes import FALSE_WORDS, TRUE_WORDS, BadYaml, Node, compose, entries

_HINT = "See docs/kube-bench.md for what a controls file may hold."


def read_yaml(text: str, file: str) -> Node | None:
    """The first document of the text; raises ContentError with file and line."""
    try:
        return compose(text)
    except BadYaml as error:
        raise ContentError(error.message, hint="Mend the YAML there.", file=file, line=error.line) from None


class Fields:
    """One map of the file; of a repeated key the last counts, keys that nobody asks for are ignored."""

    def __init__(self, node: Node | None, file: str, what: str) -> None:
        self.file = file
        self.line = node.line if node else 1
        self._values: dict[str, Node] = {}
        if node is None or node.is_null:
            return
        if node.pairs is None:
            self.fail(f"{what} must be a map", node.line)
        for key, value in entries(node):
            if key.text is not None:
                self._values[key.text] = value

    def fail(self, message: str, line: int | None = None) -> NoReturn:
        """Raises the error for this file."""
        raise ContentError(message, hint=_HINT, file=self.file, line=line or self.line)

    def line_of(self, key: str) -> int:
        """Where the value of `key` stands; the map's own line where there is none."""
        return self._values[key].line if key in self._values else self.line

    def has(self, key: str) -> bool:
        """Whether `key` has a value that is not null."""
        return key in self._values and not self._values[key].is_null

    def names(self) -> list[str]:
        """All keys in their order."""
        return list(self._values)

    def text(self, key: str) -> str:
        """The source text of a scalar; "" for null or no key."""
        node = self._values.get(key)
        if node is None or node.is_null:
            return ""
        if node.text is None:
            self.fail(f"{key} must be text", node.line)
        return node.text

    def flag(self, key: str, default: bool = False) -> bool:
        """A boolean as YAML 1.1 writes it, without quotes."""
        node = self._values.get(key)
        if node is None or node.is_null:
            return default
        if node.plain and node.text in TRUE_WORDS:
            return True
        if node.plain and node.text in FALSE_WORDS:
            return False
        return self.fail(f"{key} must be true or false, without quotes", node.line)

    def fields(self, key: str) -> "Fields":
        """The map below `key`; empty for null or no key."""
        return Fields(self._values.get(key), self.file, key)

    def nodes(self, key: str) -> Sequence[Node]:
        """The list below `key`; empty for null or no key."""
        node = self._values.get(key)
        if node is None or node.is_null:
            return ()
        if node.items is None:
            self.fail(f"{key} must be a list", node.line)
        return node.items

    def list(self, key: str) -> list["Fields"]:
        """The maps of the list below `key`."""
        return [Fields(node, self.file, f"an entry of {key}") for node in self.nodes(key)]

    def texts(self, key: str) -> tuple[str, ...]:
        """The scalars of the list below `key`; a lone scalar is a list of one."""
        node = self._values.get(key)
        if node is not None and node.text is not None and not node.is_null:
            return (node.text,)
        found = []
        for entry in self.nodes(key):
            if entry.text is None:
                self.fail(f"{key} must hold text", entry.line)
            found.append(entry.text)
        return tuple(found)
