"""Collects sshd's configuration: what sshd says itself where it may be asked, and its files in its order."""

import os
import re
import shlex

from trueline.collect.linux.reader import Reader, cleaned
from trueline.collect.programs import Programs
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_access import Sshd, SshdMatch
from trueline.model.linux_system import Entry, Malformed, Packages

_PLACES = ("/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config")
_PROGRAMS = ("/usr/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd", "/usr/local/sbin/sshd")
_DEPTH_LIMIT = 16
_ENTRIES_LIMIT = 10_000
_FILES_LIMIT = 500
_WORD = re.compile(r"\s*([^\s=]+)(?:\s*=\s*|\s+|$)(.*)$", re.DOTALL)
_PACKAGES = {"openssh-server", "openssh-sshd", "openssh"}


def collect_sshd(
    reader: Reader, programs: Programs, packages: Packages | Absent | Unavailable
) -> Sshd | Absent | Unavailable:
    """sshd's settings; Absent where neither it nor a configuration of it is there."""
    place = next((path for path in _PLACES if not isinstance(reader.lines(path), Absent)), None)
    if place is None:
        installed = any(reader.root.exists(path) for path in _PROGRAMS)
        return Sshd(version=_version(packages)) if installed else Absent()
    gathering = _Gathering(reader)
    gathering.file(place, ())
    return Sshd(
        effective=_effective(programs),
        entries=tuple(gathering.entries),
        matches=tuple(gathering.all_matches()),
        files=tuple(gathering.files),
        version=_version(packages),
        options=_options(reader),
        malformed=tuple(gathering.malformed[:200]),
        unread=gathering.unread,
    )


def parse_effective(output: str) -> dict[str, tuple[str, ...]]:
    """The answer of `sshd -T`: keywords with all their values."""
    found: dict[str, list[str]] = {}
    for line in output.splitlines():
        keyword, _, value = line.strip().partition(" ")
        if keyword:
            found.setdefault(keyword.lower(), []).append(cleaned(value.strip()))
    return {keyword: tuple(values) for keyword, values in found.items()}


def _effective(programs: Programs) -> dict[str, tuple[str, ...]] | None:
    if os.geteuid() != 0:
        return None  # it could not read its host keys
    output = programs.run("sshd")
    return parse_effective(output) if isinstance(output, str) and output.strip() else None


def _version(packages: Packages | Absent | Unavailable) -> str | None:
    if not isinstance(packages, Packages):
        return None
    found = {package.name: package.version for package in packages.installed if package.name in _PACKAGES}
    return found.get("openssh-server") or next(iter(found.values()), None)


def _options(reader: Reader) -> tuple[Entry, ...]:
    """Options of the command line that the files of its unit's environment hold."""
    found = []
    for path in ("/etc/default/ssh", "/etc/sysconfig/sshd"):
        lines = reader.lines(path)
        for number, line in enumerate(lines if isinstance(lines, tuple) else (), 1):
            name, equals, value = line.strip().partition("=")
            if equals and name in {"SSHD_OPTS", "OPTIONS"}:
                found += [
                    Entry(file=path, line=number, key=keyword, value=text)
                    for keyword, text in _words(value.strip().strip("\"'"))
                ]
    return tuple(found)


def _words(text: str) -> list[tuple[str, str]]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    found = []
    for index, word in enumerate(words):
        if word.startswith("-o"):
            option = word[2:] or (words[index + 1] if index + 1 < len(words) else "")
            parts = _WORD.match(option)
            if parts:
                found.append((parts[1].lower(), cleaned(parts[2].strip())))
        elif word.startswith("-") and len(word) > 1:
            found.append((cleaned(word), ""))
    return found


class _Gathering:
    """sshd's files while they are read; a Match block reaches to the end of its file, as includes end it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.entries: list[Entry] = []
        self.blocks: list[tuple[Entry, list[Entry]]] = []
        self.files: list[str] = []
        self.malformed: list[Malformed] = []
        self.unread: dict[str, Unavailable] = {}
        self.count = 0

    def all_matches(self) -> list[SshdMatch]:
        return [
            SshdMatch(file=head.file, line=head.line, criteria=head.value, entries=tuple(entries))
            for head, entries in self.blocks
        ]

    def file(self, path: str, above: tuple[str, ...], block: list[Entry] | None = None) -> None:
        if path in above or len(above) > _DEPTH_LIMIT or len(self.files) > _FILES_LIMIT:
            self.unread[path] = Unavailable(kind="invalid", reason="includes itself, too deep or too often")
            return
        lines = self.reader.lines(path)
        if isinstance(lines, Unavailable):
            self.unread[path] = lines
        if not isinstance(lines, tuple):
            return
        self.files.append(path)
        inherited = block
        for number, raw in enumerate(lines, 1):
            entry = parse_line(path, number, raw)
            if isinstance(entry, Entry) and entry.key == "match" and entry.value.lower() == "all":
                block = inherited  # holds for every connection that gets here
            elif entry is not None:
                block = self._line(entry, (*above, path), block)

    def _line(
        self, entry: Entry | Malformed, above: tuple[str, ...], block: list[Entry] | None
    ) -> list[Entry] | None:
        """One line; what it returns is the Match block that the next line is in."""
        self.count += 1
        if isinstance(entry, Malformed):
            self.malformed.append(entry)
        elif self.count > _ENTRIES_LIMIT:
            self.unread[above[-1]] = Unavailable(kind="too-large", reason=f"more than {_ENTRIES_LIMIT} lines")
        elif entry.key == "match":
            inner: list[Entry] = []
            self.blocks.append((entry, inner))
            return inner
        elif entry.key == "include":
            self._include(entry, above, block)
        else:
            (self.entries if block is None else block).append(entry)
        return block

    def _include(self, entry: Entry, above: tuple[str, ...], block: list[Entry] | None) -> None:
        try:
            patterns = shlex.split(entry.value)
        except ValueError:
            patterns = entry.value.split()
        for pattern in patterns:
            place = pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"
            for path in self.reader.matches(place, self.unread):
                self.file(path, above, block)


def parse_line(path: str, number: int, raw: str) -> Entry | Malformed | None:
    """A line of sshd_config: None for an empty one or a comment."""
    line = raw.strip()
    if not line or line.startswith("#"):
        return None
    found = _WORD.match(line)
    if not found or not found[2].strip():
        return Malformed(file=path, line=number, reason="a keyword without a value")
    value = re.sub(r"\s+#.*$", "", found[2]).strip()
    if value.startswith('"') and value.endswith('"') and value.count('"') == 2:
        value = value[1:-1]
    return Entry(file=path, line=number, key=found[1].lower(), value=cleaned(value))
