"""The comparison operators of test items."""

import re
from collections.abc import Callable

from trueline.kubebench.regexes import BadPattern, compiled
from trueline.model.base import Model

_DECIMAL = re.compile(r"[+-]?[0-9]+")
_OCTAL = re.compile(r"[+-]?[0-7]+")
_INT64 = range(-(2**63), 2**63)
# What Go's strings.TrimSpace takes away.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class Comparison(Model, frozen=True, kw_only=True):
    """What a comparison gave and what it expected, in words. `readable`: the values were what it compares."""

    passed: bool
    expected: str
    readable: bool = True


def compare(op: str, found: str, wanted: str, name: str) -> Comparison:
    """Compares the value `found` for `name`; an unknown operator never passes."""
    match op:
        case "eq":
            return Comparison(passed=_same(found, wanted), expected=f"'{name}' is equal to '{wanted}'")
        case "noteq":
            return Comparison(
                passed=not _same(found, wanted), expected=f"'{name}' is not equal to '{wanted}'"
            )
        case "has":
            return Comparison(passed=wanted in found, expected=f"'{name}' has '{wanted}'")
        case "nothave":
            return Comparison(passed=wanted not in found, expected=f"'{name}' does not have '{wanted}'")
        case "regex":
            return _regex(found, wanted, name)
        case "valid_elements":
            expected = f"'{name}' contains valid elements from '{wanted}'"
            return Comparison(passed=_valid_elements(_elements(found), _elements(wanted)), expected=expected)
        case "bitmask":
            return _bitmask(found, wanted, name)
        case _ if op in _ORDERS:
            return _order(op, found, wanted, name)
    return Comparison(passed=False, expected="", readable=False)


def integer(text: str) -> int | None:
    """A decimal 64-bit integer with white space around it; None for anything else."""
    return _integer(text.strip(_SPACE), _DECIMAL, 10)


_ORDERS: dict[str, tuple[str, Callable[[int, int], bool]]] = {
    "gt": ("is greater than", lambda found, wanted: found > wanted),
    "gte": ("is greater or equal to", lambda found, wanted: found >= wanted),
    "lt": ("is lower than", lambda found, wanted: found < wanted),
    "lte": ("is lower or equal to", lambda found, wanted: found <= wanted),
}


def _order(op: str, found: str, wanted: str, name: str) -> Comparison:
    left, right = integer(found), integer(wanted)
    if left is None or right is None:
        text = f"Invalid Number(s) used for comparison: '{found}' '{wanted}'"
        return Comparison(passed=False, expected=text, readable=False)
    words, holds = _ORDERS[op]
    return Comparison(passed=holds(left, right), expected=f"'{name}' {words} {wanted}")


def _same(found: str, wanted: str) -> bool:
    lowered = found.lower()
    return wanted == (lowered if lowered in ("true", "false") else found)


def _regex(found: str, wanted: str, name: str) -> Comparison:
    expected = f"'{name}' matched by regex expression '{wanted}'"
    try:
        return Comparison(passed=compiled(wanted).search(found) is not None, expected=expected)
    except BadPattern:
        return Comparison(passed=False, expected=expected, readable=False)


def _elements(text: str) -> list[str]:
    cleaned = text.strip(_SPACE).rstrip(",")
    return [part.strip(_SPACE) for part in cleaned.split(",")] if cleaned else []


def _valid_elements(found: list[str], wanted: list[str]) -> bool:
    if not found or not wanted:
        return not found and not wanted
    return set(found) <= set(wanted)


def _bitmask(found: str, wanted: str, name: str) -> Comparison:
    bits, allowed = _integer(found, _OCTAL, 8), _integer(wanted, _OCTAL, 8)
    if bits is None or allowed is None:
        text = found if bits is None else wanted
        return Comparison(passed=False, expected=f"Not numeric value - flag: {text}", readable=False)
    expected = f"{name} has permissions {found}, expected {wanted} or more restrictive"
    return Comparison(passed=allowed & bits == bits, expected=expected)


def _integer(text: str, pattern: re.Pattern[str], base: int) -> int | None:
    if len(text) > 100 or not pattern.fullmatch(text):
        return None
    value = int(text, base)
    return value if value in _INT64 else None
