"""Cuts a parsed document down to the parts that a shape names; whatever it doesn't name is gone."""

from typing import Any, Final

from trueline.collect.plain import NotPlain
from trueline.collect.redact import REDACTED

KEEP: Final = "keep"
HIDE: Final = "hide"  # that it is there, not what it is
ARGUMENTS: Final = "arguments"

Shape = str | dict[str, Any] | list[Any]


def cut(shape: Shape, value: Any, place: str = "it") -> Any:
    """The parts of `value` that `shape` names, in the shape of the original.

    A dict names keys, a list of one shape every member, KEEP all of it, HIDE only its presence. Raises
    NotPlain where a mapping or list is something else; the reason names a place of the shape, nothing else.
    """
    match shape:
        case str():
            return REDACTED if shape == HIDE and value else value
        case dict():
            if not isinstance(value, dict):
                raise NotPlain(f"{place} is not a mapping")
            return {
                key: cut(part, value[key], key) for key, part in shape.items() if value.get(key) is not None
            }
        case _:
            if not isinstance(value, list):
                raise NotPlain(f"{place} is not a list")
            return [cut(shape[0], entry, f"a member of {place}") for entry in value]
