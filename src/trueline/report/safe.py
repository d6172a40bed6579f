"""Text of unknown origin, made harmless: what nobody would see, or what would move text, becomes visible."""

import re
import textwrap

# Control characters, invisible and direction-changing ones, line separators, surrogates, noncharacters, tags.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """One line: each character that can't be seen is written as its escape (`\\n`, `\\x1b`, `\\u202e`)."""
    return _UNSEEN.sub(_escape, text)


def visible_lines(text: str) -> list[str]:
    """The lines of a text, each of them visible; tabs become spaces, a line's end loses its blanks."""
    lines = text.replace("\r\n", "\n").replace("\t", "    ").split("\n")
    return [visible(line).rstrip() for line in lines]


def prose(text: str) -> str:
    """One line of running text: line ends are blanks, all else is visible."""
    return " ".join(line.strip() for line in visible_lines(text) if line.strip())


def broken(line: str, width: int, *, opening: str = "", lead: str = "") -> list[str]:
    """A visible line behind `opening`, broken at blanks to `width`, what follows behind `lead`.

    Indented lines are commands and stay whole, as do long words; a blank line gives nothing.
    """
    if line.startswith(" "):
        return [opening + line]
    return textwrap.wrap(
        line,
        width,
        initial_indent=opening,
        subsequent_indent=lead,
        break_long_words=False,
        break_on_hyphens=False,
    )


def wrapped(text: str, width: int) -> list[str]:
    """The visible lines of a text, each broken to `width`."""
    return [piece for line in visible_lines(text.strip("\r\n")) for piece in broken(line, width) or [""]]


def without_surrogates(text: str) -> str:
    """The text with halves of surrogate pairs, which UTF-8 can't hold, replaced by U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
