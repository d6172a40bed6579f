"""Collects the stacks of the authselect profile that is selected, as the profile has them."""

import re

from trueline.collect.linux.reader import Reader
from trueline.collect.linux.syntax import plain
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Config

STACKS = ("system-auth", "password-auth")
_SELECTED = "/etc/authselect/authselect.conf"
_CUSTOM = "/etc/authselect"
_SHIPPED = ("/usr/share/authselect/vendor", "/usr/share/authselect/default")
_LINES_LIMIT = 2_000
_NAME = re.compile(r"(?!.*\.\.)(?:custom/)?[\w.+-]+", re.ASCII)


def collect_profile(reader: Reader, selected: Config) -> dict[str, Config]:
    """Configurations "authselect-system-auth" and "authselect-password-auth"; no files without a profile."""
    return {f"authselect-{stack}": _stack(reader, selected, stack) for stack in STACKS}


def _stack(reader: Reader, selected: Config, stack: str) -> Config:
    if selected.unread or not selected.entries:
        return Config(unread=selected.unread)
    name = selected.entries[0].value
    if not _NAME.fullmatch(name):
        wrong = Unavailable(kind="invalid", reason="its first line is no name of a profile")
        return Config(unread={_SELECTED: wrong})
    return _first(reader, tuple(f"{place}/{name}/{stack}" for place in _places(name)))


def _places(name: str) -> tuple[str, ...]:
    return (_CUSTOM,) if name.startswith("custom/") else _SHIPPED


def _first(reader: Reader, paths: tuple[str, ...]) -> Config:
    for path in paths:
        lines = reader.lines(path)
        if isinstance(lines, tuple) and len(lines) > _LINES_LIMIT:
            lines = Unavailable(kind="too-large", reason=f"more than {_LINES_LIMIT} lines")
        if isinstance(lines, Unavailable):
            return Config(unread={path: lines})
        if not isinstance(lines, Absent):
            return Config(entries=tuple(plain(path, lines)), files=(path,))
    return Config()
