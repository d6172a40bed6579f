"""Builds trees that look like a machine's root, from a table of paths and texts."""

import os
from pathlib import Path

from trueline.collect.access import Root
from trueline.collect.linux.reader import Reader
from trueline.collect.programs import Programs

NO_PROGRAMS = Programs(allowed=False)
EVERY_NODE = ("etc", "usr", "var")


def build(top: Path, files: dict[str, str | bytes]) -> Path:
    """Files by absolute path; a text that begins with "-> " is a link, one that is "/" a directory."""
    for name in EVERY_NODE:
        (top / name).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        place = top / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str) and text.startswith("-> "):
            place.symlink_to(text[3:])
        elif text == "/":
            place.mkdir(exist_ok=True)
        elif text == "|":
            os.mkfifo(place)
        else:
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return top


def reader(top: Path, files: dict[str, str | bytes]) -> Reader:
    """A reader of such a tree."""
    return Reader(Root(str(build(top, files))))
