"""What is asserted of a value, whatever the value is of."""

from typing import Any

from trueline.model.base import Strict


class Predicate(Strict, frozen=True, kw_only=True):
    """What is asserted of a value; exactly one key. Values are text, read as the setting's type.

    equals, one_of: the value is it, or one of them. has, lacks: a list holds, or doesn't hold, each of them.
    subset_of: every member of a list is among them, and the list isn't empty. at_least, at_most: numbers and
    durations. present: true means set and not empty. matches: a regular expression finds something;
    not_matches: it finds nothing, in no member of a list.
    differs_from: the effective value of another setting ("etcd/trusted-ca-file") is not the same.
    """

    equals: str | None = None
    not_equals: str | None = None
    one_of: tuple[str, ...] | None = None
    has: tuple[str, ...] | None = None
    lacks: tuple[str, ...] | None = None
    subset_of: tuple[str, ...] | None = None
    at_least: str | None = None
    at_most: str | None = None
    present: bool | None = None
    matches: str | None = None
    not_matches: str | None = None
    differs_from: str | None = None

    def __post_init__(self) -> None:
        if len(self.operators()) != 1:
            raise ValueError(f"needs exactly one of {', '.join(_PREDICATES)}")

    def operators(self) -> list[tuple[str, Any]]:
        """The predicates that are set, with their operands."""
        return [(name, value) for name in _PREDICATES if (value := getattr(self, name)) is not None]

    @property
    def operator(self) -> str:
        """Name of the one predicate."""
        return self.operators()[0][0]

    @property
    def operand(self) -> Any:
        """What it is compared with."""
        return self.operators()[0][1]


_PREDICATES = (
    "equals",
    "not_equals",
    "one_of",
    "has",
    "lacks",
    "subset_of",
    "at_least",
    "at_most",
    "present",
    "matches",
    "not_matches",
    "differs_from",
)
