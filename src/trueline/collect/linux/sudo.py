"""Collects sudoers with its includes: options, and which rules ask for no password; no commands."""

import re

from trueline.collect.linux.reader import Reader, cleaned
from trueline.collect.linux.syntax import continued
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_access import Sudo, SudoDefault, SudoRule
from trueline.model.linux_system import Malformed

_DEPTH_LIMIT = 16
_FILES_LIMIT = 500
_ENTRIES_LIMIT = 10_000
_PLACES = ("/etc/sudoers", "/usr/etc/sudoers")
_INCLUDE = re.compile(r"[#@](include|includedir)\s+(?:\"([^\"]+)\"|(\S+))\s*$")
_DEFAULTS = re.compile(r"Defaults([@:!>]\s*(?:\"[^\"]*\"|[^\s,]+(?:\s*,\s*[^\s,=]+)*))?\s+(.+)$", re.DOTALL)
_OPTION = re.compile(
    r"\s*(!*)\s*([a-z_0-9]+)\s*(?:(\+=|-=|=)\s*(\"(?:[^\"\\]|\\.)*\"|(?:\\.|[^,\\])*))?\s*(?:,|$)"
)
_TAG = re.compile(r"\b(NO)?(PASSWD|EXEC|SETENV|LOG_INPUT|LOG_OUTPUT|MAIL|FOLLOW|INTERCEPT)\s*:")
_ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\b")
_COMMENT = re.compile(r"(?<!\\)#(?!\d).*$")


def collect_sudo(reader: Reader) -> Sudo | Absent | Unavailable:
    """The sudoers file that sudo reads, and all that it includes."""
    for place in _PLACES:
        lines = reader.lines(place)
        if isinstance(lines, Unavailable):
            return lines
        if isinstance(lines, tuple):
            gathering = _Gathering(reader)
            gathering.file(place, ())
            return gathering.facts()
    return Absent()


def parse_defaults(file: str, line: int, text: str) -> list[SudoDefault] | None:
    """The options of a Defaults line; None where it is none that sudo would take."""
    found = _DEFAULTS.match(text)
    if not found:
        return None
    scope = "".join((found[1] or "").split())
    options = []
    position = 0
    while position < len(found[2]):
        option = _OPTION.match(found[2], position)
        if not option or option.end() == position:
            return None
        value = option[4].strip() if option[4] is not None else None
        options.append(
            SudoDefault(
                file=file,
                line=line,
                option=option[2],
                value=None if value is None else cleaned(value.strip('"')),
                operator=option[3] or "=",
                negated=len(option[1]) % 2 == 1,
                scope=cleaned(scope),
            )
        )
        position = option.end()
    return options


class _Gathering:
    """sudoers while its files are read."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.defaults: list[SudoDefault] = []
        self.rules: list[SudoRule] = []
        self.files: list[str] = []
        self.malformed: list[Malformed] = []
        self.unread: dict[str, Unavailable] = {}

    def facts(self) -> Sudo:
        return Sudo(
            defaults=tuple(self.defaults),
            rules=tuple(self.rules),
            files=tuple(self.files),
            malformed=tuple(self.malformed[:200]),
            unread=self.unread,
        )

    def file(self, path: str, above: tuple[str, ...]) -> None:
        if path in above or len(above) > _DEPTH_LIMIT or len(self.files) >= _FILES_LIMIT:
            self.unread[path] = Unavailable(kind="invalid", reason="includes itself, too deep or too often")
            return
        lines = self.reader.lines(path)
        if isinstance(lines, Unavailable):
            self.unread[path] = lines
        elif isinstance(lines, tuple):
            self.files.append(path)
            for number, raw in continued(lines):
                if len(self.defaults) + len(self.rules) > _ENTRIES_LIMIT:
                    self.unread[path] = Unavailable(kind="too-large", reason="too many entries")
                    return
                self._line(path, number, raw.strip(), (*above, path))

    def _line(self, path: str, number: int, text: str, above: tuple[str, ...]) -> None:
        include = _INCLUDE.match(text)
        if include:
            self._include(include[1], include[2] or include[3], above)
            return
        text = _COMMENT.sub("", text).strip()
        if not text or _ALIAS.match(text):
            return
        if text.startswith("Defaults"):
            options = parse_defaults(path, number, text)
            if options is None:
                self.malformed.append(Malformed(file=path, line=number, reason="not a Defaults line"))
            self.defaults += options or ()
        elif "=" in text:
            self.rules.append(_rule(path, number, text))
        else:
            self.malformed.append(Malformed(file=path, line=number, reason="not a rule"))

    def _include(self, kind: str, target: str, above: tuple[str, ...]) -> None:
        if not target.startswith("/"):
            target = f"{above[-1].rpartition('/')[0]}/{target}"
        if "%h" in target:
            self.unread[target] = Unavailable(kind="not-collected", reason="the name depends on the host")
            return
        if kind == "include":
            self.file(target, above)
            return
        for name in self.reader.names(target, self.unread):
            # sudo leaves out editors' copies and what a package manager put aside.
            if "." not in name and not name.endswith("~"):
                self.file(f"{target}/{name}", above)


def _rule(path: str, number: int, text: str) -> SudoRule:
    who, _, rest = text.partition("=")
    tags = [f"{found[1] or ''}{found[2]}" for found in _TAG.finditer(rest)]
    words = who.split()
    commands = re.sub(r"\([^)]*\)", "", _TAG.sub("", rest))
    return SudoRule(
        file=path,
        line=number,
        who=cleaned(" ".join(words[:-1]) or who.strip()),
        tags=tuple(dict.fromkeys(tags)),
        all_commands="ALL" in re.split(r"[\s,]+", commands.strip()),
    )
