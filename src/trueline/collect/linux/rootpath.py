"""Collects where root's shell looks for commands, by the files that set it."""

import re
from collections.abc import Iterator

from trueline.collect.linux.reader import Reader, cleaned
from trueline.collect.linux.syntax import variables, words
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_access import RootPath

_WORDS_LIMIT = 100
# What login and sshd of RHEL and its rebuilds are built with; their start files add to it.
_BUILT_IN = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
_PROFILE = "/etc/profile"
_START_FILES = (
    _PROFILE,
    "/etc/profile.d/*.sh",
    "/etc/bashrc",
    "/root/.bash_profile",
    "/root/.bash_login",
    "/root/.profile",
    "/root/.bashrc",
)
_ADDS = re.compile(
    r"(?:^|[\s;&|({])(?:(?P<name>PATH)(?P<plus>\+?)=|pathmunge\s+)(?P<text>\"[^\"]*\"|'[^']*'|[^\s;&|)]*)"
)
_HOME = re.compile(r"\$\{?HOME\}?|^~(?=/|$)")
_SAME = {"$PATH", "${PATH}", "$1", "${PATH:+:${PATH}}", "${PATH:+:$PATH}"}


def collect_root_path(reader: Reader) -> RootPath | Absent | Unavailable:
    """What login.defs or /etc/environment says; on RHEL's family what start files make of the default."""
    text, source = "", ""
    for file, key in (("/etc/login.defs", "ENV_SUPATH"), ("/etc/environment", "PATH")):
        lines = reader.lines(file)
        if isinstance(lines, Unavailable):
            return lines
        parse = words if key == "ENV_SUPATH" else variables
        for entry in parse(file, lines if isinstance(lines, tuple) else ()):
            if entry.key == key:
                text, source = entry.value.removeprefix("PATH="), file
    return _path(reader, text, source) if source else _by_start_files(reader)


def _by_start_files(reader: Reader) -> RootPath | Absent | Unavailable:
    profile = reader.lines(_PROFILE)
    if isinstance(profile, Unavailable):
        return profile
    if isinstance(profile, Absent) or not any("pathmunge" in line for line in profile):
        return Absent()
    found = list(_BUILT_IN)
    unread: dict[str, Unavailable] = {}
    files = [path for pattern in _START_FILES for path in _matches(reader, pattern, unread)]
    for file in files:
        lines = reader.lines(file)
        if isinstance(lines, Unavailable):
            unread[file] = lines
        for number, line in enumerate(lines if isinstance(lines, tuple) else (), 1):
            for word in added(line):
                if "$" in word or "`" in word:
                    reason = f"{file}:{number} adds what is only known when it runs"
                    return Unavailable(kind="invalid", reason=reason)
                found.append(word)
    if unread:
        return next(iter(unread.values()))
    return _path(reader, ":".join(dict.fromkeys(found)), "the default and the shell's start files")


def _matches(reader: Reader, pattern: str, unread: dict[str, Unavailable]) -> tuple[str, ...]:
    return reader.matches(pattern, unread) if "*" in pattern else (pattern,)


def added(line: str) -> Iterator[str]:
    """The words that a line of a start file adds to PATH, root's home filled in."""
    if line.lstrip().startswith("#") or ("PATH" not in line and "pathmunge" not in line):
        return
    for found in _ADDS.finditer(re.split(r"\s#", line, maxsplit=1)[0]):
        text = found["text"].strip("\"'")
        if not found["name"] and text in {"()", "("}:
            continue  # where the function is made
        parts = text.split(":")
        if found["plus"] and parts.pop(0):
            parts = ["$"]  # it lengthens a word that is not known here
        for word in parts:
            if word not in _SAME:
                yield _HOME.sub("/root", word)


def _path(reader: Reader, text: str, source: str) -> RootPath:
    places = [word for word in text.split(":") if word.startswith("/")][:_WORDS_LIMIT]
    return RootPath(
        text=cleaned(text),
        source=source,
        directories={place: reader.root.meta(place, entries=False) for place in places},
    )
