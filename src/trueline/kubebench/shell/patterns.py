"""Regular expressions of grep and sed and file name patterns, as far as all programs read them alike."""

import re
from functools import lru_cache
from typing import Any

from trueline.kubebench.regexes import BadPattern, compiled
from trueline.kubebench.shell.syntax import Unsure

_BRACKET = re.compile(r"\[(\^?)(\]?[^\]\\\[]*)\]")
_TOKEN = re.compile(r"\\.|\[\^?\]?[^\]\\\[]*\]|[^\\\[]")
_RANGE = re.compile(r"(.)-(.)")
_SPECIAL = frozenset(r"\.[]*^$")
# Of an extended expression only. Behind a backslash all of these are themselves there.
_OPERATORS = frozenset(".*+?|()^$")
# What GNU's programs know besides.
_CLASSES = {
    r"\s": r"[\t\n\v\f\r ]",
    r"\S": r"[^\t\n\v\f\r ]",
    r"\w": "[0-9A-Za-z_]",
    r"\W": "[^0-9A-Za-z_]",
}
_LONGEST = 500


def is_gnu(pattern: str) -> bool:
    """Whether only GNU's programs know all of it."""
    return any(token in pattern for token in _CLASSES)


class Expression:
    """A regular expression for one line; `literal` is its text where it has no operators."""

    def __init__(self, pattern: str, *, extended: bool, any_case: bool) -> None:
        source, self.groups, literal = _extended(pattern) if extended else _translated(pattern)
        self.source = f"(?i){source}" if any_case else source
        self.literal = None if any_case else literal
        self.anchored = source[:1] == "^"

    def search(self, line: str) -> Any:
        """The leftmost and longest match. Raises Unsure where it differs from what was matched first."""
        found, longest = _compiled(self.source).search(line), _longest(self.source).search(line)
        if found and found.span() != longest.span():
            raise Unsure
        return found

    def all(self, line: str) -> list[str]:
        """All matches behind each other that are not empty."""
        if self.anchored:
            raise Unsure
        return [found[0] for found in _longest(self.source).finditer(line) if found[0]]


@lru_cache(maxsize=512)
def expression(pattern: str, *, extended: bool = False, any_case: bool = False) -> Expression:
    """The basic or extended expression. Raises Unsure for what implementations read differently."""
    if not pattern or len(pattern) > _LONGEST or not pattern.isascii() or not pattern.isprintable():
        raise Unsure
    return Expression(pattern, extended=extended, any_case=any_case)


@lru_cache(maxsize=512)
def name_pattern(pattern: str) -> re.Pattern[str]:
    """A file name pattern with stars and question marks. Raises Unsure."""
    if re.search(r"[\[\]\\/]|\*\*", pattern) or not pattern.isprintable() or pattern.count("*") > 4:
        raise Unsure
    parts = {"*": r".*", "?": r"."}
    return re.compile("".join(parts.get(letter) or re.escape(letter) for letter in pattern), re.DOTALL)


def _compiled(source: str) -> Any:
    try:
        return compiled(source)
    except BadPattern:
        raise Unsure from None


@lru_cache(maxsize=512)
def _longest(source: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors, options.longest_match = False, True
    return re2.compile(source, options)


def _translated(pattern: str) -> tuple[str, int, str | None]:
    """The expression in RE2's syntax, how many groups it has, and its text if it is literal."""
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern:
        raise Unsure
    source: list[str] = []
    for number, token in enumerate(tokens):
        before = tokens[number - 1] if number else ""
        if token in ("^", "$") and number != (0 if token == "^" else len(tokens) - 1):
            raise Unsure
        # A star repeats one character; behind anything else its meaning varies.
        if token == "*" and before in ("", "*", "^", r"\(", r"\)"):
            raise Unsure
        source.append(_token(token))
    opened, closed = tokens.count(r"\("), tokens.count(r"\)")
    if opened != closed or opened > 1 or (opened and tokens.index(r"\(") > tokens.index(r"\)")):
        raise Unsure
    plain = all(len(token) == 1 and token not in (".", "*", "^", "$") for token in tokens)
    return "".join(source), opened, pattern if plain else None


def _extended(pattern: str) -> tuple[str, int, str | None]:
    """The same for an extended expression, whose groups are not told apart."""
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern or {"{", "}"} & set(tokens):
        raise Unsure
    source: list[str] = []
    depth = 0
    for before, token, behind in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        depth += (token == "(") - (token == ")")
        begins, ends = before in ("", "(", "|"), behind in ("", ")", "|")
        odd = (token in ("*", "+", "?", "|", ")") and (begins or before in ("^", "$"))) or (
            token in ("*", "+", "?") and before in ("*", "+", "?")
        )
        odd = odd or (token in ("|", "(") and behind in ("", ")", "|")) or depth < 0
        if odd or (token == "^" and not begins) or (token == "$" and not ends):
            raise Unsure
        literal = token in _OPERATORS or token in (r"\(", r"\)")
        source.append(token if literal else _token(token))
    if depth:
        raise Unsure
    plain = all(len(token) == 1 and token not in _OPERATORS for token in tokens)
    return "".join(source), 0, pattern if plain else None


def _token(token: str) -> str:
    if token in (r"\(", r"\)"):
        return token[1]
    if token in _CLASSES:
        return _CLASSES[token]
    if token in (".", "*", "^", "$"):
        return token
    if found := _BRACKET.fullmatch(token):
        return _bracket(found[1], found[2])
    letter = token[-1]
    if token[0] == "\\" and letter not in _SPECIAL:
        raise Unsure
    return re.escape(letter)


def _bracket(negated: str, content: str) -> str:
    """A class of characters; of letters only all of them, since languages order them differently."""
    if not content or content[:1] == "-" or content[-1:] == "-":
        raise Unsure
    ranges = {f"{low}-{high}" for low, high in _RANGE.findall(content)}
    letters = ranges - {"0-9"}
    if letters and letters != {"A-Z", "a-z"}:
        raise Unsure
    rest = _RANGE.sub("", content)
    return f"[{negated}{''.join(sorted(ranges))}{''.join(re.escape(letter) for letter in rest)}]"
