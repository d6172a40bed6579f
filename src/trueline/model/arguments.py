"""Splits a component's argument vector into flags, as the flag libraries of Go programs do."""

import re
from collections.abc import Collection, Sequence

from trueline.model.base import Model

_FLAG = re.compile(r"--?[A-Za-z]")
_QUOTES = ("'", '"')


class Argument(Model, frozen=True, kw_only=True):
    """One flag as it was given.

    `name` has no dashes in front and "-" for "_". `value` is None for a flag that stands alone, which for a
    boolean means true. `text` is the flag as written, with a blank between flag and value where they are two
    words.
    """

    name: str
    value: str | None
    text: str


def parse_arguments(
    arguments: Sequence[str], boolean_flags: Collection[str] = (), valued_flags: Collection[str] = ()
) -> tuple[Argument, ...]:
    """The flags among `arguments` in their order; repeated ones stay, words that belong to none are left out.

    `boolean_flags` never take the next word as their value, `valued_flags` always do. Any other flag does,
    but for a word that looks like a flag itself: then the flag is a boolean that the caller did not know.
    """
    booleans = {_normalise(name) for name in boolean_flags}
    valued = {_normalise(name) for name in valued_flags}
    found: list[Argument] = []
    position = 0
    while position < len(arguments) and (word := arguments[position]) != "--":
        position += 1
        if not _FLAG.match(word):
            continue
        written, equals, value = word.partition("=")
        name = _normalise(written)
        if equals:
            found.append(Argument(name=name, value=_unquote(value), text=word))
        elif (
            position < len(arguments)
            and name not in booleans
            and (name in valued or not _is_flag(arguments[position]))
        ):
            value = arguments[position]
            found.append(Argument(name=name, value=_unquote(value), text=f"{word} {value}"))
            position += 1
        else:
            found.append(Argument(name=name, value=None, text=word))
    return tuple(found)


def last_value(arguments: Sequence[str], flag: str) -> str | None:
    """The value of the last `flag` that has one, as a later flag overrides an earlier one."""
    name = _normalise(flag)
    values = [
        argument.value
        for argument in parse_arguments(arguments)
        if argument.name == name and argument.value is not None
    ]
    return values[-1] if values else None


def _normalise(flag: str) -> str:
    return flag.lstrip("-").replace("_", "-")


def _is_flag(word: str) -> bool:
    return word == "--" or _FLAG.match(word) is not None


def _unquote(value: str) -> str:
    """Quotes that a manifest or unit file left around the whole value."""
    if len(value) >= 2 and value[0] in _QUOTES and value[-1] == value[0]:
        return value[1:-1]
    return value
