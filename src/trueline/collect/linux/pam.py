"""Collects PAM's services with their includes resolved, bounded in depth and size."""

import re

from trueline.collect.linux.reader import Reader, cleaned
from trueline.collect.linux.syntax import continued
from trueline.collect.redact import REDACTED, is_secret
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_access import Pam, PamRule, PamStack
from trueline.model.linux_system import Malformed

PAM_DIRECTORIES = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d")
_RULES_LIMIT = 1_000
_SERVICES_LIMIT = 500
_DEPTH_LIMIT = 16
_TYPES = {"auth", "account", "password", "session"}
_INCLUDING = {"include", "substack"}
_WORD = re.compile(r"\[(?:[^\]\\]|\\.)*\]|[^\s]+")


class _Line:
    """A line of a PAM file, before its includes are resolved."""

    __slots__ = ("arguments", "control", "file", "module", "number", "quiet", "type")

    def __init__(self, file: str, number: int, words: list[str]) -> None:
        self.file = file
        self.number = number
        self.quiet = words[0].startswith("-")
        self.type = words[0].lstrip("-").lower()
        self.control = words[1] if words[1].startswith("[") else words[1].lower()
        self.module = words[2].rpartition("/")[2]
        self.arguments = tuple(words[3:])


_Parsed = tuple[list["_Line | str"], list[Malformed]]


def collect_pam(reader: Reader) -> Pam | Absent | Unavailable:
    """All services; a file of /etc comes before one of the vendor."""
    unread: dict[str, Unavailable] = {}
    services: dict[str, str] = {}
    for directory in PAM_DIRECTORIES:
        for name in reader.names(directory, unread):
            services.setdefault(name, f"{directory}/{name}")
    files = _Files(reader, services)
    stacks = {
        name: _Resolution(files).run(path)
        for name, path in list(services.items())[:_SERVICES_LIMIT]
        if not isinstance(files.parsed(path), Absent) and not name.startswith(".")
    }
    if not stacks:
        return next(iter(unread.values())) if unread else Absent()
    if len(services) > _SERVICES_LIMIT:
        unread["/etc/pam.d"] = Unavailable(kind="too-large", reason=f"more than {_SERVICES_LIMIT} services")
    return Pam(services=stacks, unread=unread)


def parse_pam(file: str, lines: tuple[str, ...]) -> _Parsed:
    """The lines of a file, for "@include" the name alone; what PAM would refuse comes second."""
    found: list[_Line | str] = []
    wrong: list[Malformed] = []
    for number, raw in continued(lines):
        words = _WORD.findall(raw.partition("#")[0])
        if not words:
            continue
        if words[0] == "@include" and len(words) == 2:
            found.append(words[1])
        elif len(words) >= 3 and words[0].lstrip("-").lower() in _TYPES:
            found.append(_Line(file, number, words))
        else:
            wrong.append(Malformed(file=file, line=number, reason="not type, control and module"))
    return found, wrong


class _Files:
    """Parsed files by path; services by name."""

    def __init__(self, reader: Reader, services: dict[str, str]) -> None:
        self.reader = reader
        self.services = services
        self._parsed: dict[str, _Parsed | Absent | Unavailable] = {}

    def parsed(self, path: str) -> _Parsed | Absent | Unavailable:
        if path not in self._parsed:
            lines = self.reader.lines(path)
            self._parsed[path] = parse_pam(path, lines) if isinstance(lines, tuple) else lines
        return self._parsed[path]

    def path(self, name: str) -> str:
        return name if name.startswith("/") else self.services.get(name, f"/etc/pam.d/{name}")


class _Resolution:
    """One service while its includes are resolved."""

    def __init__(self, files: _Files) -> None:
        self.files = files
        self.rules: list[PamRule] = []
        self.includes: list[str] = []
        self.unread: dict[str, Unavailable] = {}
        self.malformed: list[Malformed] = []

    def run(self, path: str) -> PamStack:
        self._file(path, "", "", ())
        return PamStack(
            rules=tuple(self.rules),
            includes=tuple(dict.fromkeys(self.includes)),
            unread=self.unread,
            malformed=tuple(dict.fromkeys(self.malformed)),
        )

    def _file(self, path: str, kind: str, substack: str, above: tuple[str, ...]) -> None:
        if path in above or len(above) > _DEPTH_LIMIT:
            self.unread[path] = Unavailable(kind="invalid", reason="includes itself, or too deep")
            return
        parsed = self.files.parsed(path)
        if isinstance(parsed, Absent):
            parsed = Unavailable(kind="not-mounted", reason="it is included, but not there")
        if isinstance(parsed, Unavailable):
            self.unread[path] = parsed
            return
        self.malformed += parsed[1][:20]
        for line in parsed[0]:
            if len(self.rules) >= _RULES_LIMIT or len(self.includes) >= _RULES_LIMIT:
                self.unread[path] = Unavailable(kind="too-large", reason=f"more than {_RULES_LIMIT} rules")
                return
            self._line(line, kind, substack, (*above, path))

    def _line(self, line: "_Line | str", kind: str, substack: str, above: tuple[str, ...]) -> None:
        if isinstance(line, str):
            self._include(line, kind, substack, above)
        elif kind and line.type != kind:
            return
        elif line.control in _INCLUDING:
            target = self.files.path(line.module)
            self._include(line.module, line.type, target if line.control == "substack" else substack, above)
        else:
            self.rules.append(_rule(line, substack))

    def _include(self, name: str, kind: str, substack: str, above: tuple[str, ...]) -> None:
        path = self.files.path(name)
        self.includes.append(path)
        self._file(path, kind, substack, above)


def _rule(line: _Line, substack: str) -> PamRule:
    return PamRule(
        file=line.file,
        line=line.number,
        type=line.type,
        control=cleaned(line.control),
        module=cleaned(line.module),
        arguments=tuple(_argument(word) for word in line.arguments),
        quiet=line.quiet,
        substack=substack,
    )


def _argument(word: str) -> str:
    bare = word[1:-1] if word.startswith("[") and word.endswith("]") else word
    name, equals, _ = bare.partition("=")
    return f"{name}={REDACTED}" if equals and is_secret(name) else cleaned(bare)
