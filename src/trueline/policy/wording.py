"""Flags words in an exception's record that say nothing."""

import re
from collections.abc import Iterator

_EMPTY = (
    "someday",
    "some day",
    "eventually",
    "at some point",
    "internal network",
    "internal only",
    "cannot check",
    "can't check",
    "can not check",
    "not possible",
    "not needed",
    "not applicable",
    "no risk",
    "low risk",
    "false positive",
    "legacy",
    "as discussed",
    "temporary",
    "later",
    "tbd",
    "todo",
    "n/a",
    "none",
    "unknown",
    "same as above",
    "see ticket",
    "won't fix",
    "wontfix",
    "accepted",
    "approved",
    "ignore",
)
_SHORT = 15  # characters: fewer are no sentence
_EMPTY_WORDS = re.compile(
    r"(?<!\w)(" + "|".join(re.escape(word) for word in _EMPTY) + r")(?!\w)", re.IGNORECASE
)
_FILLERS = frozenset(
    [
        "a",
        "an",
        "the",
        "it",
        "is",
        "are",
        "be",
        "this",
        "that",
        "for",
        "of",
        "on",
        "in",
        "to",
        "we",
        "so",
        "ok",
        "and",
        "or",
        "will",
    ]
)


def weak(field: str, text: str) -> Iterator[str]:
    """A sentence per weakness of a reason or compensating control."""
    stripped = text.strip()
    if len(stripped) < _SHORT:
        yield f"{field} is too short to tell anything: {stripped!r}."
        return
    said = [match[1].lower() for match in _EMPTY_WORDS.finditer(stripped)]
    rest = [
        word
        for word in re.findall(r"[\w/.-]+", _EMPTY_WORDS.sub(" ", stripped))
        if word.lower() not in _FILLERS
    ]
    if said and len(rest) < 6:
        yield f"{field} says little beyond {said[0]!r}."
