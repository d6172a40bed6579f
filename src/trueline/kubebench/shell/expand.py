"""Turns words into arguments: variables, substitutions, splitting at blanks, file name patterns."""

import re
from collections.abc import Callable

from trueline.kubebench.shell.machine import Readable
from trueline.kubebench.shell.patterns import name_pattern
from trueline.kubebench.shell.rows import Budget
from trueline.kubebench.shell.syntax import Part, Text, Unsure, Word

_LONGEST = 200_000
_PATTERN = re.compile(r"[*?\[]")
_BLANKS = " \t\n"
# A field is made of characters, each with whether it may be part of a pattern.
_Field = list[tuple[str, bool]]
Value = Callable[[Part], str]


def fields(word: Word, value: Value, machine: Readable, budget: Budget) -> list[str]:
    """The arguments that a word becomes. Raises Unsure."""
    found: list[_Field] = []
    current: _Field | None = None
    for part in word:
        if isinstance(part, Text) or part.quoted:
            text = part.value if isinstance(part, Text) else value(part)
            current = [*(current or []), (text, not part.quoted)]
            continue
        text = value(part)
        if re.search(r"[*?\[\\]", text):
            raise Unsure
        for number, piece in enumerate(re.split(f"[{_BLANKS}]+", text)):
            if number and current is not None:
                found.append(current)
                current = None
            if piece:
                current = [*(current or []), (piece, False)]
    found += [current] if current is not None else []
    budget.spend(len(found))
    return [argument for field in found for argument in _names(field, machine)]


def joined(word: Word, value: Value) -> str:
    """The value of an assignment, which is neither split nor a pattern."""
    text = "".join(part.value if isinstance(part, Text) else value(part) for part in word)
    if len(text) > _LONGEST:
        raise Unsure
    return text


def _names(field: _Field, machine: Readable) -> list[str]:
    """The names that fit the pattern in a field, sorted; the field itself where none does or it has none."""
    text = "".join(part for part, _ in field)
    if len(text) > _LONGEST:
        raise Unsure
    if text == "[" or not any(active and _PATTERN.search(part) for part, active in field):
        return [text]
    letters = [(letter, active) for part, active in field for letter in part]
    last = max((number for number, (letter, _) in enumerate(letters) if letter == "/"), default=-1)
    folder, base = letters[: last + 1], letters[last + 1 :]
    first = letters[: next((n for n, (letter, _) in enumerate(letters) if letter == "/"), len(letters))]
    here = machine.working_names
    if first and last >= 0 and not _is_pattern(first):
        if here is None or "".join(letter for letter, _ in first) in (*here, ".", ".."):
            raise Unsure
        return [text]  # it would begin in a directory that is not there
    if _is_pattern(folder) or any(not active and _PATTERN.search(letter) for letter, active in base):
        raise Unsure
    place = "".join(letter for letter, _ in folder)
    names = _listed(place, machine) if place else here
    if names is None:
        raise Unsure
    wanted = name_pattern("".join(letter for letter, _ in base))
    if base[0][0] == ".":
        raise Unsure  # only some shells find "." and ".."
    found = [name for name in names if wanted.fullmatch(name) and not name.startswith(".")]
    if len(found) > 1 and not machine.quotes:
        raise Unsure  # other languages sort otherwise
    return [place + name for name in sorted(found)] or [text]


def _listed(place: str, machine: Readable) -> list[str] | None:
    at = machine.entry(place, follow=True)
    if at is None or at.kind not in ("directory", "missing"):
        raise Unsure
    names = machine.names(place) if at.kind == "directory" else ()
    return None if names is None else list(names)


def _is_pattern(letters: list[tuple[str, bool]]) -> bool:
    return any(active and _PATTERN.search(letter) for letter, active in letters)
