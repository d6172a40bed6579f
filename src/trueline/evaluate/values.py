"""Setting values: read by their type, compared with predicates, shown to people."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from trueline.model.predicate import Predicate
from trueline.model.setting import SettingType

Value = bool | int | float | str | tuple[str, ...]

# What strconv.ParseBool takes.
_BOOLS = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)
_INTEGER = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|([0-9]+))", re.ASCII)
_MAX_DIGITS = 64


def parse(kind: SettingType, raw: object) -> Value:
    """The value that a flag's text or a config document's JSON value stands for.

    Durations are float seconds, lists and maps tuples (of "key=value", sorted). Raises ValueError where the
    component itself would refuse `raw`.
    """
    return _PARSERS[kind](raw)


def show(kind: SettingType, value: Value) -> str:
    """The value as a person reads it; "" for an empty one."""
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _show_duration(float(value)) if kind == "duration" else str(value)


def satisfies(predicate: Predicate, value: Value, kind: SettingType) -> bool:
    """Whether `value` is as `predicate` asks; ValueError when the predicate does not fit the type."""
    if predicate.operator not in _CHECKS:
        raise ValueError(f"{predicate.operator} needs more than one value")
    return _CHECKS[predicate.operator](predicate.operand, value, kind)


def describe(predicate: Predicate) -> str:
    """What is expected, in words."""
    operator, operand = predicate.operator, predicate.operand
    if operator == "present":
        return "set" if operand else "not set"
    if operator in ("equals", "not_equals") and operand == "":
        return "not set" if operator == "equals" else "set"
    text = operand if isinstance(operand, str) else ", ".join(operand)
    return _WORDS[operator].format(text)


_WORDS = {
    "equals": "{}",
    "not_equals": "not {}",
    "one_of": "one of {}",
    "has": "includes {}",
    "lacks": "does not include {}",
    "subset_of": "only members of {}",
    "at_least": "at least {}",
    "at_most": "at most {}",
    "matches": "matches {}",
    "not_matches": "nothing that matches {}",
    "differs_from": "not the same as {}",
}


def _bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw in _BOOLS:
        return _BOOLS[raw]
    raise ValueError(f"{_quote(raw)} is neither true nor false")


def _int(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and len(raw) <= _MAX_DIGITS and (match := _INTEGER.fullmatch(raw)):
        sign, *digits = match.groups()
        number = next(int(text, base) for text, base in zip(digits, (16, 8, 2, 10), strict=True) if text)
        return -number if sign == "-" else number
    raise ValueError(f"{_quote(raw)} is not a whole number")


def _string(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    raise ValueError(f"{_quote(raw)} is not text")


def _list(raw: object) -> tuple[str, ...]:
    if isinstance(raw, str):
        return tuple(part.strip() for part in raw.split(",")) if raw.strip() else ()
    if isinstance(raw, list | tuple) and all(isinstance(part, str) for part in raw):
        return tuple(raw)
    raise ValueError(f"{_quote(raw)} is not a list of texts")


def _duration(raw: object) -> float:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _finite(raw)
    if not isinstance(raw, str) or len(raw) > _MAX_DIGITS:
        raise ValueError(f"{_quote(raw)} is not a duration")
    if _SECONDS.fullmatch(raw):
        return float(raw)
    sign, rest = (-1.0, raw[1:]) if raw.startswith("-") else (1.0, raw.removeprefix("+"))
    parts = _DURATION_PART.findall(rest)
    if not parts or "".join(number + unit for number, unit in parts) != rest:
        raise ValueError(f"{_quote(raw)} is not a duration")
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)


def _finite(number: float) -> float:
    try:
        seconds = float(number)
    except OverflowError:
        raise ValueError("the number is too large for a duration") from None
    if not math.isfinite(seconds):
        raise ValueError("not a finite number of seconds")
    return seconds


def _map(raw: object) -> tuple[str, ...]:
    pairs = _pairs_of_text(raw) if isinstance(raw, str) else _pairs_of_mapping(raw)
    return tuple(f"{key}={value}" for key, value in sorted(pairs.items()))


def _pairs_of_text(text: str) -> dict[str, str]:
    pairs = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ValueError(f"{_quote(part)} is not key=value")
        pairs[key.strip()] = value.strip()
    return pairs


def _pairs_of_mapping(raw: object) -> dict[str, str]:
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise ValueError(f"{_quote(raw)} is not a map")
    return {key: _scalar(value) for key, value in raw.items()}


def _scalar(raw: object) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, str | int | float):
        return str(raw)
    raise ValueError(f"{_quote(raw)} is not a plain value")


_PARSERS: dict[SettingType, Callable[[object], Value]] = {
    "bool": _bool,
    "int": _int,
    "string": _string,
    "list": _list,
    "duration": _duration,
    "map": _map,
}


def _equals(operand: str, value: Value, kind: SettingType) -> bool:
    return parse(kind, operand) == value


def _members(operand: Iterable[str], value: Value, kind: SettingType) -> tuple[set[str], set[str]]:
    if kind not in ("list", "map") or not isinstance(value, tuple):
        raise ValueError(f"needs a list, not a {kind}")
    return set(operand), set(value)


def _has(operand: tuple[str, ...], value: Value, kind: SettingType) -> bool:
    wanted, present = _members(operand, value, kind)
    return wanted <= present


def _lacks(operand: tuple[str, ...], value: Value, kind: SettingType) -> bool:
    unwanted, present = _members(operand, value, kind)
    return not unwanted & present


def _subset_of(operand: tuple[str, ...], value: Value, kind: SettingType) -> bool:
    allowed, present = _members(operand, value, kind)
    return bool(present) and present <= allowed


def _numbers(operand: str, value: Value, kind: SettingType) -> tuple[float, float]:
    bound = parse(kind, operand) if kind in ("int", "duration") else None
    if not isinstance(bound, int | float) or not isinstance(value, int | float):
        raise ValueError(f"needs a number or a duration, not a {kind}")
    return bound, value


def _at_least(operand: str, value: Value, kind: SettingType) -> bool:
    bound, number = _numbers(operand, value, kind)
    return number >= bound


def _at_most(operand: str, value: Value, kind: SettingType) -> bool:
    bound, number = _numbers(operand, value, kind)
    return number <= bound


def _present(operand: bool, value: Value, kind: SettingType) -> bool:
    if not isinstance(value, str | tuple):
        raise ValueError(f"a {kind} always has a value")
    return bool(value) is operand


def _matches(operand: str, value: Value, kind: SettingType) -> bool:
    try:
        pattern = re.compile(operand)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if kind not in ("string", "list") or not isinstance(value, str | tuple):
        raise ValueError(f"needs text, not a {kind}")
    return any(pattern.search(text) for text in ((value,) if isinstance(value, str) else value))


_CHECKS: dict[str, Callable[[Any, Value, SettingType], bool]] = {
    "equals": _equals,
    "not_equals": lambda operand, value, kind: not _equals(operand, value, kind),
    "one_of": lambda operand, value, kind: value in [parse(kind, each) for each in operand],
    "has": _has,
    "lacks": _lacks,
    "subset_of": _subset_of,
    "at_least": _at_least,
    "at_most": _at_most,
    "present": _present,
    "matches": _matches,
    "not_matches": lambda operand, value, kind: not _matches(operand, value, kind),
}


def _quote(raw: object) -> str:
    text = repr(raw) if isinstance(raw, str | int | float | None) else f"a {type(raw).__name__}"
    return text if len(text) <= _MAX_DIGITS else text[: _MAX_DIGITS - 1] + "…"


def _show_duration(seconds: float) -> str:
    """As Go prints durations: 4h0m0s, 1m30s, 0s."""
    if seconds % 1:
        return f"{seconds:g}s"
    total = int(abs(seconds))
    hours, minutes, rest = total // 3600, total % 3600 // 60, total % 60
    text = (f"{hours}h" if hours else "") + (f"{minutes}m" if total >= 60 else "") + f"{rest}s"
    return f"-{text}" if seconds < 0 else text
