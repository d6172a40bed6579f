"""What changes the text that programs started here would print: environment, language, who made them."""

import os
import shutil
from functools import lru_cache
from pathlib import Path

# The languages in which programs print their messages as they are written in them, and sort by bytes.
_PLAIN = {"": "''", "C": "''", "POSIX": "''", "C.UTF-8": "‘’", "C.utf8": "‘’"}
_CATEGORIES = ("LC_CTYPE", "LC_MESSAGES", "LC_COLLATE")
_GNU = (b"GNU coreutils", b"GNU findutils", b"GNU grep", b"GNU sed", b"GNU Awk", b"mawk")
_ALIKE = (b"uutils", b"BusyBox", b"toybox", b"Toybox")
_LARGEST = 8 * 1024 * 1024


def quotation_marks() -> str:
    """The opening and the closing mark of messages; "" where messages may be in another language."""
    if os.environ.get("LANGUAGE") or "POSIXLY_CORRECT" in os.environ:
        return ""
    marks = [_PLAIN.get(_language(category)) for category in _CATEGORIES]
    return marks[0] or "" if all(marks) else ""


def _language(category: str) -> str:
    names = ("LC_ALL", category, "LANG")
    return next((value for name in names if (value := os.environ.get(name, ""))), "")


def maker(program: str) -> str:
    """Who made the program that this name starts, "" where there is none.

    "gnu" is GNU's, or an awk that is as good; "alike" prints the same but for messages and orders; "other" is
    not known, such as somebody's script of that name.
    """
    path = shutil.which(program)
    return _maker(os.path.realpath(path)) if path else ""


def says_statx(program: str) -> bool:
    """Whether `stat` names the newer call in its messages."""
    path = shutil.which(program)
    return b"cannot statx %s" in _content(os.path.realpath(path)) if path else False


@lru_cache(maxsize=64)
def _maker(path: str) -> str:
    content = _content(path)
    if any(name in content for name in _ALIKE):
        return "alike"
    return "gnu" if any(name in content for name in _GNU) else "other"


@lru_cache(maxsize=64)
def _content(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""
