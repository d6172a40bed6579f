"""Writes values as Go programs print them: numbers, quoted strings, JSON and XML."""

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_HTML_CHARACTERS = re.compile("[<>&\u2028\u2029]")
_XML = {
    '"': "&#34;",
    "'": "&#39;",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "\t": "&#x9;",
    "\n": "&#xA;",
    "\r": "&#xD;",
}


def number(value: float) -> str:
    """A number as `%v` prints it: a float in its shortest form, with an exponent from a million on."""
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return _float(value, low=-4, high=6)


def quoted(text: str) -> str:
    """A string literal as `%q` prints it."""
    return '"' + "".join(_quoted_character(character) for character in scalar_text(text)) + '"'


def scalar_text(text: str) -> str:
    """Text that can be written as UTF-8: halves of surrogate pairs are replaced."""
    return _SURROGATE.sub("\ufffd", text)


def to_json(value: Any) -> str:
    """Compact JSON with the keys in their given order, escaped so that it can stand in HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _HTML_CHARACTERS.sub(lambda found: _HTML[found[0]], scalar_text(text))


def plain_json(value: Any) -> str:
    """Compact JSON of a document's part, its keys sorted. Raises ValueError for NaN and infinities."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _json_float(value)
        case str():
            return to_json(value)
        case Mapping():
            pairs = sorted((key, part) for key, part in value.items() if isinstance(key, str))
            return "{" + ",".join(f"{to_json(key)}:{plain_json(part)}" for key, part in pairs) + "}"
        case _:
            return "[" + ",".join(plain_json(part) for part in value) + "]"


def to_xml(text: str) -> str:
    """Text for an XML document, line ends escaped too."""
    return "".join(
        _XML.get(character) or (character if _may_stand_in_xml(character) else "\ufffd") for character in text
    )


def _may_stand_in_xml(character: str) -> bool:
    code = ord(character)
    return code >= 0x20 and not 0xD800 <= code <= 0xDFFF and code not in (0xFFFE, 0xFFFF)


def _quoted_character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character == " " or character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_float(value: float) -> str:
    if math.isnan(value) or math.isinf(value):
        raise ValueError("this number has no JSON")
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    return _float(value, low=-6, high=21).replace("e-0", "e-")


def _float(value: float, *, low: int, high: int) -> str:
    """The shortest digits that give `value` again; an exponent below `low` or from `high` on is written."""
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    digits = repr(abs(value)).partition("e")[0].replace(".", "").strip("0")
    power = Decimal(repr(value)).adjusted()
    sign = "-" if value < 0 else ""
    if power < low or power >= high:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    whole = digits.ljust(power + 1, "0")
    return f"{sign}{whole[: power + 1]}{'.' + whole[power + 1 :] if len(whole) > power + 1 else ''}"
