"""Parses a configuration file's text into values, by the rules of Go's JSON and YAML 1.1 readers."""

import json
import re
from typing import Any

from trueline.kubebench.nodes import FALSE_WORDS, TRUE_WORDS, BadYaml, Node, compose, entries

_INTEGER = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = {
    ".nan": float("nan"),
    ".inf": float("inf"),
    "+.inf": float("inf"),
    "-.inf": float("-inf"),
}
_INTEGERS = range(-(2**63), 2**64)
_DIGITS_LIMIT = 400


class BadDocument(ValueError):
    """The text is neither JSON nor YAML; the message quotes nothing of it."""


class YamlMap(dict[Any, Any]):
    """A map of a YAML document. Keys that are no strings are kept as pairs, so that no name finds them."""


def parse(text: str, *, strict_compat: bool) -> Any:
    """The value of the text: of JSON where it is that, else of YAML's first document. Raises BadDocument.

    With `strict_compat` every number of a JSON document is a float.
    """
    try:
        return _parse_json(text, strict_compat)
    except (ValueError, RecursionError):
        pass
    try:
        root = compose(text)
    except BadYaml as error:
        place = f" (line {error.line})" if error.line else ""
        raise BadDocument(f"not JSON and not YAML: {error.message}{place}") from None
    return None if root is None else _value(root)


def _parse_json(text: str, strict_compat: bool) -> Any:
    return json.loads(
        text,
        parse_int=float if strict_compat else _json_integer,
        parse_float=_json_float,
        parse_constant=_no_constant,
    )


def _json_integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else _json_float(digits)


def _json_float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError("out of range")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _value(node: Node) -> Any:
    if node.items is not None:
        return [_value(item) for item in node.items]
    if node.pairs is not None:
        return YamlMap((_key(key), _value(value)) for key, value in entries(node))
    assert node.text is not None
    return _plain_value(node.text) if node.plain and node.tag is None else node.text


def _key(node: Node) -> Any:
    value = _value(node)
    if isinstance(value, str):
        return value
    return (type(value).__name__, repr(value))


def _plain_value(text: str) -> Any:
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in TRUE_WORDS:
        return True
    if text in FALSE_WORDS:
        return False
    if text[0] in "+-.0123456789":
        return _number(text)
    return text


def _number(text: str) -> Any:
    plain = text.replace("_", "")
    if len(plain) > _DIGITS_LIMIT:
        return text
    if found := _INTEGER.fullmatch(plain):
        value = _integer(found[1], found[2])
        if value in _INTEGERS:
            return value
    if _FLOAT.fullmatch(plain):
        real = float(plain)
        return text if real in (float("inf"), float("-inf")) else real
    return _SPECIAL.get(text.lower(), text)


def _integer(sign: str, digits: str) -> int:
    if digits[0] == "0" and len(digits) > 1 and digits[1] in "01234567":
        digits = "0o" + digits[1:]
    return int(sign + digits, 0)
