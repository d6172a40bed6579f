"""Reads configuration files as lines, bounded and cached, and finds drop-ins in systemd's order."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

from trueline.collect.access import Root
from trueline.collect.redact import REDACTED, clean_text, is_secret
from trueline.model.known import Absent, Unavailable

LINES_LIMIT = 50_000
NAMES_LIMIT = 20_000
LINE_LENGTH = 16_384
_PATHS_LIMIT = 5_000
_DIRECTORIES_LIMIT = 2_000
_DEPTH_LIMIT = 12
_ASSIGNED_SECRET = re.compile(
    r"(?i)([\w.-]*(?:password|passwd|passphrase|secret|token|api_?key|access_?key)[\w.-]*[\"']?\s*[=:]\s*)"
    r"(\"[^\"]*\"|'[^']*'|[^\s\"',;&]+)"
)
# Most text has nothing of what the others look for: one search tells.
_SUSPICIOUS = re.compile(
    r"(?i)pass|secret|token|key|://|-----BEGIN|LS0t|eyJ|\s-u|--user|proxy-user|^[a-z0-9]{6}\.[a-z0-9]{16}$"
)
_CURL_LOGIN = re.compile(r"(\s(?:-u|--user|--proxy-user)[ =]?)([^\s:]+:\S+)")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Paths that a pattern or a set of directories led to."""

    paths: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    unread: dict[str, Unavailable] = {}
    complete: bool = True


class Reader:
    """A root's files as lines; the same path is read once."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self._lines: dict[str, tuple[str, ...] | Absent | Unavailable] = {}

    def lines(self, path: str) -> tuple[str, ...] | Absent | Unavailable:
        """The lines of a text file without their ends; bytes that are no UTF-8 replaced."""
        if path not in self._lines:
            self._lines[path] = _lines(self.root.read(path))
        return self._lines[path]

    def first_line(self, path: str) -> str | Absent | Unavailable:
        """The first line of a file of the kernel, stripped."""
        found = self.lines(path)
        return (found[0].strip() if found else "") if isinstance(found, tuple) else found

    def names(self, path: str, unread: dict[str, Unavailable]) -> tuple[str, ...]:
        """The names in a directory, none where it is missing; what forbids to list it goes to `unread`."""
        found = self.root.listdir(path, NAMES_LIMIT)
        if isinstance(found, Unavailable):
            unread[path] = found
        return found if isinstance(found, tuple) else ()

    def matches(self, pattern: str, unread: dict[str, Unavailable]) -> tuple[str, ...]:
        """The paths of `glob`; why these may not be all goes to `unread`."""
        found = self.glob(pattern)
        unread |= found.unread
        if not found.complete:
            unread.setdefault(pattern, Unavailable(kind="too-large", reason="too many files"))
        return found.paths

    def glob(self, pattern: str) -> Found:
        """Sorted paths that match a shell pattern, "**" for all below; bounded, links stay in the root."""
        return _Glob(self).run(pattern)

    def drop_ins(self, directories: Iterable[str], suffix: str = ".conf") -> Found:
        """Files by name over several directories: of one name the first directory's; a link to null masks."""
        chosen: dict[str, str] = {}
        masked: list[str] = []
        unread: dict[str, Unavailable] = {}
        for directory in directories:
            for name in self.names(directory, unread):
                path = f"{directory}/{name}"
                if not name.endswith(suffix):
                    continue
                if name in chosen:
                    if self.root.identity(path) != self.root.identity(chosen[name]):
                        masked.append(path)
                    continue
                chosen[name] = path
        live: list[str] = []
        for _, path in sorted(chosen.items()):
            (masked if self.is_null(path) else live).append(path)
        if len(live) > _PATHS_LIMIT:
            unread[live[-1]] = Unavailable(kind="too-large", reason=f"more than {_PATHS_LIMIT} files")
        return Found(paths=tuple(live[:_PATHS_LIMIT]), masked=tuple(masked), unread=unread)

    def is_null(self, path: str) -> bool:
        """Whether a link leads to /dev/null, which takes a file of the same name out."""
        return self.root.readlink(path) in {"/dev/null", "../../../dev/null", "../../dev/null"}


class _Glob:
    """One expansion of a pattern, counting what it looks at."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.found: list[str] = []
        self.unread: dict[str, Unavailable] = {}
        self.complete = True
        self.listed = 0

    def run(self, pattern: str) -> Found:
        self._expand("", pattern.strip("/").split("/"), 0)
        return Found(
            paths=tuple(sorted(dict.fromkeys(self.found))), unread=self.unread, complete=self.complete
        )

    def _expand(self, base: str, parts: list[str], depth: int) -> None:
        if not parts:
            self._add(base)
            return
        first, rest = parts[0], parts[1:]
        if first == "**":
            self._below(base, depth)
        elif not any(mark in first for mark in "*?["):
            path = f"{base}/{first}"
            if rest or self.reader.root.exists(path):
                self._expand(path, rest, depth)
        else:
            for name in self._names(base):
                if fnmatchcase(name, first) and (first.startswith(".") or not name.startswith(".")):
                    self._expand(f"{base}/{name}", rest, depth)

    def _below(self, base: str, depth: int) -> None:
        if depth > _DEPTH_LIMIT:
            self.complete = False
            return
        for name in self._names(base):
            path = f"{base}/{name}"
            if not isinstance(self.reader.root.readlink(path), str):
                self._add(path)
                if self.complete:
                    self._below(path, depth + 1)

    def _names(self, base: str) -> tuple[str, ...]:
        self.listed += 1
        if self.listed > _DIRECTORIES_LIMIT:
            self.complete = False
            return ()
        found = self.reader.root.listdir(base or "/", NAMES_LIMIT)
        if isinstance(found, Unavailable) and found.kind != "special-file":
            self.unread[base or "/"] = found
            self.complete = False
        return found if isinstance(found, tuple) else ()

    def _add(self, path: str) -> None:
        if len(self.found) < _PATHS_LIMIT:
            self.found.append(path)
        else:
            self.complete = False


def _lines(content: bytes | Absent | Unavailable) -> tuple[str, ...] | Absent | Unavailable:
    if not isinstance(content, bytes):
        return content
    if b"\0" in content:
        return Unavailable(kind="invalid", reason="binary, not text")
    lines = content.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    if len(lines) > LINES_LIMIT:
        return Unavailable(kind="too-large", reason=f"more than {LINES_LIMIT} lines")
    if any(len(line) > LINE_LENGTH for line in lines):
        return Unavailable(kind="too-large", reason=f"a line of more than {LINE_LENGTH} characters")
    if lines and not lines[-1]:
        lines.pop()
    return tuple(line.removesuffix("\r") for line in lines)


def cleaned(text: str) -> str:
    """Text of a configuration without what looks like a secret or is assigned to the name of one."""
    if not _SUSPICIOUS.search(text):
        return text
    return _CURL_LOGIN.sub(rf"\1{REDACTED}", _ASSIGNED_SECRET.sub(rf"\1{REDACTED}", clean_text(text)))


def cleaned_value(key: str, value: str) -> str:
    """A value without secrets, by the name of its key and by its look."""
    return REDACTED if value and is_secret(key) else cleaned(value)
