"""Parses the JSONPath templates of Kubernetes tools into nodes."""

import re
from dataclasses import dataclass

_DICT_KEY = re.compile(r"'([^']*)'\Z")
_SLICE = re.compile(r"(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?\Z")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)([^\n]+?)\Z")
_ATOI = re.compile(r"[-+]?[0-9]+\Z")
_TERMINATORS = " \t\r\n.,[]$@{}"
_SIMPLE_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_NUMERIC_ESCAPE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")
DEPTH_LIMIT = 20


class BadTemplate(ValueError):
    """The template can't be parsed, or it can't be carried out on this document."""


@dataclass(frozen=True)
class Text:
    """Text that is copied, or a quoted string."""

    value: str


@dataclass(frozen=True)
class Literal:
    """A number or a boolean."""

    value: int | float | bool


@dataclass(frozen=True)
class Field:
    """A key of a map."""

    name: str


@dataclass(frozen=True)
class Wildcard:
    """All values of a map or list."""


@dataclass(frozen=True)
class Recursive:
    """The value and all below it that hold others."""


@dataclass(frozen=True)
class Identifier:
    """A bare word: range or end, all others are errors."""

    name: str


@dataclass(frozen=True)
class Slice:
    """Part of a list. `derived`: it was a single index."""

    start: int | None
    end: int | None
    step: int | None
    derived: bool


@dataclass(frozen=True)
class Union:
    """The results of several paths, one after the other."""

    paths: "tuple[Path, ...]"


@dataclass(frozen=True)
class Filter:
    """Members of a list for which the comparison holds."""

    left: "Path"
    operator: str
    right: "Path"


@dataclass(frozen=True)
class Path:
    """What stands between two braces."""

    nodes: "tuple[Node, ...]"


Node = Text | Literal | Field | Wildcard | Recursive | Identifier | Slice | Union | Filter | Path


def parse(template: str) -> tuple[Text | Path, ...]:
    """The template's pieces: text outside braces, paths inside. Raises BadTemplate."""
    return _parse(template, 0)


def _parse(template: str, depth: int) -> tuple[Text | Path, ...]:
    if depth > DEPTH_LIMIT:
        raise BadTemplate("nested too deep")
    pieces: list[Text | Path] = []
    position = 0
    while position < len(template):
        brace = template.find("{", position)
        if brace < 0:
            pieces.append(Text(template[position:]))
            break
        if brace > position:
            pieces.append(Text(template[position:brace]))
        action = _Action(template, brace + 1, depth)
        pieces.append(Path(tuple(action.nodes())))
        position = action.position
    return tuple(pieces)


def _path(text: str, depth: int) -> Path:
    """The path that `text` is; what follows a brace in it is not looked at further."""
    first = _parse("{" + text + "}", depth + 1)[0]
    assert isinstance(first, Path)
    return first


class _Action:
    """Reads one pair of braces from `position` on, which ends up behind the closing one."""

    def __init__(self, text: str, position: int, depth: int) -> None:
        self.text = text
        self.position = position
        self.depth = depth
        self.found: list[Node] = []

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def nodes(self) -> list[Node]:
        while not self.text.startswith("}", self.position):
            self.step()
        self.position += 1
        return self.found

    def step(self) -> None:
        first = self.peek()
        if first in ("", "\r", "\n"):
            raise BadTemplate("unclosed action")
        if self.text.startswith("[?(", self.position):
            self.filter()
        elif self.text.startswith("..", self.position):
            self.recursive()
        elif first in " @$":
            self.position += 1
        elif first == "[":
            self.array()
        elif first in "\"'":
            self.quoted(first)
        elif first == ".":
            self.position += 1
            self.field()
        elif first in "+-" or first.isdecimal():
            self.number()
        elif first == "_" or first.isalpha():
            self.identifier()
        else:
            raise BadTemplate(f"unrecognized character in action: {first!r}")

    def identifier(self) -> None:
        start = self.position
        while (character := self.peek()) and character not in _TERMINATORS:
            self.position += 1
        word = self.text[start : self.position]
        self.found.append(Literal(word == "true") if word in ("true", "false") else Identifier(word))

    def recursive(self) -> None:
        if self.found and isinstance(self.found[-1], Recursive):
            raise BadTemplate("invalid multiple recursive descent")
        self.position += 2
        self.found.append(Recursive())
        following = self.peek()
        if following == "_" or following.isalnum():
            self.field()

    def number(self) -> None:
        start = self.position
        self.position += self.peek() in "+-"
        while (character := self.peek()) and (character == "." or character.isdecimal()):
            self.position += 1
        word = self.text[start : self.position]
        try:
            self.found.append(Literal(_atoi(word) if _ATOI.match(word) else float(word)))
        except ValueError:
            raise BadTemplate(f"cannot parse number {word}") from None

    def field(self) -> None:
        start = self.position
        while (character := self.peek()) and character not in _TERMINATORS:
            self.position += 2 if character == "\\" else 1
        name = self.text[start : self.position]
        self.position = min(self.position, len(self.text))
        self.found.append(Wildcard() if name == "*" else Field(name.replace("\\", "")))

    def quoted(self, quote: str) -> None:
        start = self.position
        self.position += 1
        while (character := self.peek()) != quote or self.text[self.position - 1] == "\\":
            if character in ("", "\n"):
                raise BadTemplate("unterminated quoted string")
            self.position += 1
        self.position += 1
        self.found.append(Text(_unquote(self.text[start + 1 : self.position - 1], quote)))

    def array(self) -> None:
        end = self.text.find("]", self.position)
        if end < 0 or "\n" in self.text[self.position : end]:
            raise BadTemplate("unterminated array")
        inside = self.text[self.position + 1 : end]
        self.position = end + 1
        inside = ":" if inside == "*" else inside
        if "," in inside:
            paths = [_path(f"[{part.strip(' ')}]", self.depth) for part in inside.split(",")]
            self.found.append(Union(tuple(paths)))
        elif key := _DICT_KEY.match(inside):
            self.found.extend(_path(f".{key[1]}", self.depth).nodes)
        elif bounds := _SLICE.match(inside):
            self.found.append(_slice(bounds[1], bounds[2], bounds[3]))
        else:
            raise BadTemplate(f"invalid array index {inside}")

    def filter(self) -> None:
        start = self.position + 3
        self.position = _filter_end(self.text, start)
        if self.text[self.position : self.position + 1] != "]":
            raise BadTemplate("unclosed array expect ]")
        inside = self.text[start : self.position - 1]
        self.position += 1
        if comparison := _COMPARISON.match(inside):
            left, operator, right = comparison.groups()
            node = Filter(_path(left, self.depth), operator, _path(right, self.depth))
        else:
            node = Filter(_path(inside, self.depth), "exists", Path(()))
        self.found.append(node)


def _filter_end(text: str, position: int) -> int:
    """The position behind the parenthesis that closes a filter; only its first quoted word is seen as one."""
    pair, closed = "", False
    while position < len(text) and text[position] != "\n":
        character = text[position]
        position += 1
        if character in "\"'":
            if not pair:
                pair = character
            elif character == pair and text[position - 2] != "\\":
                closed = True
        elif character == ")" and bool(pair) == closed:
            return position
    raise BadTemplate("unterminated filter")


def _slice(start: str | None, end: str | None, step: str | None) -> Slice:
    first = _index(start or "")
    if end is None:
        return Slice(first, (first or 0) + 1, _index((step or "")[1:]), derived=True)
    return Slice(first, _index(end[1:]), _index((step or "")[1:]), derived=False)


def _index(text: str) -> int | None:
    if not text:
        return None
    try:
        return _atoi(text)
    except ValueError:
        raise BadTemplate(f"array index {text} is not a number") from None


def _atoi(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= (value := int(text)) < 2**63:
        raise ValueError("out of range")
    return value


def _unquote(text: str, quote: str) -> str:
    pieces, position = [], 0
    while position < len(text):
        character = text[position]
        if character == quote:
            raise BadTemplate("invalid syntax")
        if character != "\\":
            pieces.append(character)
            position += 1
            continue
        value, position = _escape(text, position + 1, quote)
        pieces.append(value)
    return "".join(pieces)


def _escape(text: str, position: int, quote: str) -> tuple[str, int]:
    character = text[position : position + 1]
    if character in _SIMPLE_ESCAPES:
        return _SIMPLE_ESCAPES[character], position + 1
    if character and character == quote:
        return quote, position + 1
    if found := _NUMERIC_ESCAPE.match(text, position):
        code = int(found[4], 8) if found[4] else int(found[1] or found[2] or found[3], 16)
        if code <= (0xFF if found[4] else 0x10FFFF) and not 0xD800 <= code < 0xE000:
            return chr(code), found.end()
    raise BadTemplate("invalid syntax")
