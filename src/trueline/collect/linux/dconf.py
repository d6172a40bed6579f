"""Collects dconf's system databases: keys, locks, and whether their compiled form is up to date."""

from trueline.collect.linux.reader import Reader
from trueline.collect.linux.syntax import ini, plain
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_access import Dconf, DconfLock
from trueline.model.linux_system import Entry

_PLACE = "/etc/dconf"
_FILES_LIMIT = 500


def collect_dconf(reader: Reader) -> Dconf | Absent | Unavailable:
    """The system databases of dconf; Absent where there is no dconf."""
    unread: dict[str, Unavailable] = {}
    names = reader.names(f"{_PLACE}/db", unread)
    if not names:
        return next(iter(unread.values())) if unread else Absent()
    keys = list[Entry]()
    locks: list[DconfLock] = []
    stale = []
    for name in (name.removesuffix(".d") for name in names if name.endswith(".d")):
        files = _files(reader, f"{_PLACE}/db/{name}.d", unread)
        for path in files:
            keys += ini(path, _lines(reader, path, unread))
        locked = _files(reader, f"{_PLACE}/db/{name}.d/locks", unread)
        for path in locked:
            locks += _locks(name, path, _lines(reader, path, unread))
        if _is_stale(reader, name, (*files, *locked)):
            stale.append(name)
    return Dconf(
        keys=tuple(keys),
        locks=tuple(locks),
        profile=_profile(reader, "user", unread),
        greeter=_profile(reader, "gdm", unread),
        stale=tuple(stale),
        unread=unread,
    )


def _profile(reader: Reader, name: str, unread: dict[str, Unavailable]) -> tuple[str, ...]:
    """The first profile of that name that exists, as dconf looks for it."""
    for place in (_PLACE, "/usr/local/share/dconf", "/usr/share/dconf"):
        lines = _lines(reader, f"{place}/profile/{name}", unread)
        if lines:
            return tuple(entry.value for entry in plain("", lines))
    return ()


def _files(reader: Reader, directory: str, unread: dict[str, Unavailable]) -> tuple[str, ...]:
    names = reader.names(directory, unread)
    if len(names) > _FILES_LIMIT:
        unread[directory] = Unavailable(kind="too-large", reason=f"more than {_FILES_LIMIT} files")
        names = names[:_FILES_LIMIT]
    paths = (f"{directory}/{name}" for name in names if name != "locks" and not name.startswith("."))
    return tuple(paths)


def _lines(reader: Reader, path: str, unread: dict[str, Unavailable]) -> tuple[str, ...]:
    lines = reader.lines(path)
    if isinstance(lines, Unavailable):
        unread[path] = lines
    return lines if isinstance(lines, tuple) else ()


def _locks(database: str, path: str, lines: tuple[str, ...]) -> list[DconfLock]:
    return [
        DconfLock(database=database, file=path, line=entry.line, key=entry.value)
        for entry in plain(path, lines)
    ]


def _is_stale(reader: Reader, name: str, sources: tuple[str, ...]) -> bool:
    compiled = reader.root.modified(f"{_PLACE}/db/{name}")
    if not isinstance(compiled, float):
        return bool(sources)
    times = (reader.root.modified(path) for path in sources)
    return any(isinstance(time, float) and time > compiled for time in times)
