"""XML from text of unknown origin: nothing that XML can't hold gets in, identifiers are well-formed."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from trueline.report.safe import visible, visible_lines

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]")
_NO_TIME = "1970-01-01T00:00:00Z"


def child(parent: ET.Element, tag: str, content: str = "", **attributes: str) -> ET.Element:
    """A new last child with one line of text; an underscore in an attribute's name stands for a hyphen."""
    element = element_of(tag, **attributes)
    element.text = visible(content) or None
    parent.append(element)
    return element


def element_of(tag: str, **attributes: str) -> ET.Element:
    """An element on its own; see `child`."""
    return ET.Element(tag, {name.replace("_", "-"): visible(value) for name, value in attributes.items()})


def lines(content: str) -> str:
    """Text whose lines are kept."""
    return "\n".join(visible_lines(content.strip("\r\n")))


def document(root: ET.Element) -> str:
    """The whole file, indented."""
    ET.indent(root, "  ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def name_of(text: str) -> str:
    """The text as a part of an XML name: letters, digits, dots and hyphens; all else is an underscore."""
    return _NOT_IN_NAMES.sub("_", text) or "_"


def names_of(texts: Iterable[str]) -> list[str]:
    """A different name for each text, in order: one that was taken before gets a number behind it."""
    taken: set[str] = set()
    again: Counter[str] = Counter()
    found: list[str] = []
    for text in texts:
        base = name = name_of(text)
        while name in taken:
            again[base] += 1
            name = f"{base}_{again[base] + 1}"
        taken.add(name)
        found.append(name)
    return found


def moment(*candidates: str) -> str:
    """The first of them that is a date or a time, as xsd:dateTime; the start of 1970 where none is."""
    for text in candidates:
        try:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:
                return found.isoformat(timespec="seconds")
            return found.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
        except (ValueError, OverflowError):
            continue
    return _NO_TIME
