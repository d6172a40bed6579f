"""Carries out the JSONPath templates of Kubernetes tools on a parsed document, missing keys allowed."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from trueline.kubebench import jsonpath_parse as syntax
from trueline.kubebench.documents import YamlMap
from trueline.kubebench.gotext import number, plain_json, scalar_text
from trueline.kubebench.jsonpath_parse import BadTemplate

STEP_LIMIT = 500_000
_parsed = lru_cache(maxsize=1024)(syntax.parse)


def render(template: str, document: Any, *, strict_compat: bool) -> str:
    """What the template prints for the document; "" where nothing is found. Raises BadTemplate.

    With `strict_compat` a map that comes from YAML can't be printed, and numbers of different kinds can't be
    compared.
    """
    try:
        groups = _Execution(_parsed(template), strict_compat).results(0, document)[0]
        return "".join(" ".join(_print(value, strict_compat) for value in group) for group in groups)
    except RecursionError:
        raise BadTemplate("nested too deep") from None


class _Execution:
    def __init__(self, pieces: Sequence[syntax.Text | syntax.Path], strict_compat: bool) -> None:
        self.pieces = pieces
        self.strict = strict_compat
        self.begun = 0
        self.inside = 0
        self.ended = 0
        self.last_end = -1
        self.steps = 0

    def results(self, start: int, document: Any) -> tuple[list[list[Any]], int]:
        """One list of results for each piece from `start` on, up to the end of a range."""
        groups: list[list[Any]] = []
        position = start
        while position < len(self.pieces):
            found = self.walk([document], self.pieces[position])
            if 0 < self.ended <= self.inside:
                self.ended -= 1
                self.last_end = position
                break
            if self.begun:
                groups += self.loop(position, found)
                position = max(position, self.last_end)
            else:
                groups.append(found)
            position += 1
        return groups, position

    def loop(self, position: int, values: list[Any]) -> list[list[Any]]:
        self.begun -= 1
        self.inside += 1
        groups: list[list[Any]] = []
        for value in values:
            groups += self.results(position + 1, value)[0]
        if not values:
            self.results(position + 1, None)
        self.inside -= 1
        return groups

    def count(self, values: Sequence[Any]) -> None:
        """A short template can ask for exponentially many results."""
        self.steps += 1 + len(values)
        if self.steps > STEP_LIMIT:
            raise BadTemplate("too many results")

    def walk(self, values: list[Any], node: syntax.Node) -> list[Any]:
        self.count(values)
        match node:
            case syntax.Path(nodes=nodes):
                for part in nodes:
                    values = self.walk(values, part)
                return values
            case syntax.Text(value=value):
                return [value]
            case syntax.Literal(value=value):
                return [value for _ in values]
            case syntax.Field(name=name):
                return [value[name] for value in values if isinstance(value, Mapping) and name in value]
            case syntax.Wildcard():
                return [child for value in values for child in _children(value)]
            case syntax.Recursive():
                return self.descend(values)
            case syntax.Slice():
                return [child for value in values if value is not None for child in _cut(value, node)]
            case syntax.Union(paths=paths):
                return [value for path in paths for value in self.walk(values, path)]
            case syntax.Filter():
                return [child for value in values for child in self.chosen(value, node)]
            case syntax.Identifier(name=name):
                return self.word(name, values)

    def word(self, name: str, values: list[Any]) -> list[Any]:
        if name == "range":
            self.begun += 1
            return values
        if name != "end":
            raise BadTemplate(f"unrecognized identifier {name}")
        if not self.inside:
            raise BadTemplate("not in range, nothing to end")
        self.ended += 1
        return []

    def descend(self, values: Sequence[Any]) -> list[Any]:
        self.count(values)
        found: list[Any] = []
        for value in values:
            if children := _children(value):
                found.append(value)
                found += self.descend(children)
        return found

    def chosen(self, value: Any, node: syntax.Filter) -> list[Any]:
        if not isinstance(value, list):
            raise BadTemplate("what is not a list cannot be filtered")
        return [member for member in value if self.holds(member, node)]

    def holds(self, member: Any, node: syntax.Filter) -> bool:
        if node.operator == "exists":
            try:
                return bool(self.walk([member], node.left))
            except BadTemplate:
                return False
        left = self.walk([member], node.left)
        right = self.walk([member], node.right) if left else []
        if len(left) > 1 or len(right) > 1:
            raise BadTemplate("can only compare one element at a time")
        return bool(left and right) and self.compare(left[0], node.operator, right[0])

    def compare(self, left: Any, operator: str, right: Any) -> bool:
        kinds = {_kind(left, self.strict), _kind(right, self.strict)}
        if None in kinds or len(kinds) > 1:
            raise BadTemplate("incompatible types for comparison")
        if operator in ("==", "!="):
            return bool((left == right) is (operator == "=="))
        if "bool" in kinds:
            raise BadTemplate("invalid type for comparison")
        match operator:
            case "<":
                return bool(left < right)
            case "<=":
                return bool(left <= right)
            case ">":
                return bool(left > right)
            case ">=":
                return bool(left >= right)
        raise BadTemplate(f"unrecognized filter operator {operator}")


def _kind(value: Any, strict: bool) -> str | None:
    match value:
        case bool():
            return "bool"
        case int():
            return "int" if strict else "number"
        case float():
            return "float" if strict else "number"
        case str():
            return "str"
    return None


def _children(value: Any) -> list[Any]:
    match value:
        case Mapping():
            return list(value.values())
        case list():
            return value
        case str():
            return list(value.encode("utf-8", "replace"))
    return []


def _cut(value: Any, node: syntax.Slice) -> list[Any]:
    if not isinstance(value, list):
        raise BadTemplate("what is not a list has no members")
    size = len(value)
    start = node.start or 0
    start += size if start < 0 else 0
    end = size if node.end is None else node.end
    end += size if end < 0 or (end == 0 and node.derived) else 0
    if start == end:
        return []
    if not 0 <= start < size or not 0 <= end <= size:
        raise BadTemplate(f"array index out of bounds: {start}:{end}, length {size}")
    if start > end:
        raise BadTemplate(f"starting index {start} is greater than ending index {end}")
    if node.step is not None and node.step <= 0:
        raise BadTemplate("step must be > 0")
    return value[start : end : node.step or 1]


def _print(value: Any, strict: bool) -> str:
    match value:
        case str():
            return scalar_text(value)
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case int() | float():
            return number(value)
    if strict and _holds_yaml_map(value):
        raise BadTemplate("a map that comes from YAML can't be printed")
    try:
        return plain_json(value)
    except ValueError as error:
        raise BadTemplate(str(error)) from None


def _holds_yaml_map(value: Any) -> bool:
    if isinstance(value, YamlMap):
        return True
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_holds_yaml_map(child) for child in children)
