"""Searches among home directories, the files in them, and the places of root's commands."""

from collections.abc import Callable, Iterator

from trueline.evaluate.linux.tables import Finding, Tables
from trueline.model.facts import Absent, FileMeta, Unavailable
from trueline.model.linux_access import Home, RootPath

Search = Callable[[Tables], Iterator[Finding]]


def _metas(tables: Tables) -> Iterator[tuple[Home, FileMeta]]:
    for home in tables.homes:
        if isinstance(home.meta, Unavailable):
            tables.note({home.path: home.meta})
        elif isinstance(home.meta, FileMeta):
            yield home, home.meta


def _missing(tables: Tables) -> Iterator[Finding]:
    for home in tables.homes:
        if isinstance(home.meta, Absent):
            yield Finding(home.user, home.path or "no home in passwd", "the home directory is missing")
    for home, meta in _metas(tables):
        if meta.kind != "directory":
            yield Finding(home.user, home.path, f"the home is a {meta.kind}")


def _modes(tables: Tables) -> Iterator[Finding]:
    for home, meta in _metas(tables):
        if meta.bits & 0o027:
            yield Finding(home.path, f"home of {home.user}", f"mode {meta.mode}")


def _owners(tables: Tables) -> Iterator[Finding]:
    for home, meta in _metas(tables):
        if meta.uid != home.uid:
            yield Finding(home.path, f"home of {home.user}", f"owned by {meta.owner or meta.uid}")


def _dots(tables: Tables) -> Iterator[tuple[Home, str, FileMeta]]:
    for home in tables.homes:
        if isinstance(home.dot_files, Unavailable):
            if not isinstance(home.meta, Absent):
                tables.note({home.path: home.dot_files})
            continue
        if not home.dot_files.complete:
            tables.gaps.append(f"{home.path} has more dot files than were read.")
        for name, meta in home.dot_files.files.items():
            if isinstance(meta, Unavailable):
                tables.note({f"{home.path}/{name}": meta})
            else:
                yield home, name, meta


def _writable_dots(tables: Tables) -> Iterator[Finding]:
    for home, name, meta in _dots(tables):
        if meta.kind not in {"link", "directory"} and meta.bits & 0o022:
            yield Finding(f"{home.path}/{name}", f"home of {home.user}", f"mode {meta.mode}")


def _foreign_dots(tables: Tables) -> Iterator[Finding]:
    for home, name, meta in _dots(tables):
        if meta.kind in {"directory", "link"}:  # a link has no owner of its own here
            continue
        if meta.uid != home.uid:
            yield Finding(f"{home.path}/{name}", f"home of {home.user}", f"owned by {meta.owner or meta.uid}")
        elif meta.gid != home.gid:
            yield Finding(f"{home.path}/{name}", f"home of {home.user}", f"group {meta.group or meta.gid}")


def _open_history(tables: Tables) -> Iterator[Finding]:
    for home, name, meta in _dots(tables):
        if name == ".bash_history" and meta.kind == "file" and meta.bits & 0o077:
            yield Finding(f"{home.path}/{name}", f"home of {home.user}", f"mode {meta.mode}")


def _named(wanted: str) -> Search:
    def find(tables: Tables) -> Iterator[Finding]:
        for home, name, meta in _dots(tables):
            if name == wanted:
                yield Finding(f"{home.path}/{name}", f"home of {home.user}", f"{meta.kind}, mode {meta.mode}")

    return find


def _open_netrc(tables: Tables) -> Iterator[Finding]:
    for home, name, meta in _dots(tables):
        if name != ".netrc":
            continue
        if meta.kind == "link":
            tables.gaps.append(f"{home.path}/.netrc is a link, whose target's mode was not read.")
        elif meta.bits & 0o077:
            yield Finding(f"{home.path}/{name}", f"home of {home.user}", f"mode {meta.mode}")


def _root_path(tables: Tables) -> Iterator[Finding]:
    path = tables.accounts.root_path
    assert isinstance(path, RootPath)  # the search needs it
    for word in path.text.split(":"):
        if not word.startswith("/"):
            yield Finding(word or "an empty word", path.source, "is no absolute directory")
    for name, meta in path.directories.items():
        if isinstance(meta, Unavailable):
            tables.note({name: meta})
        elif isinstance(meta, FileMeta):
            yield from _path_directory(name, meta, path.source)


def _path_directory(name: str, meta: FileMeta, source: str) -> Iterator[Finding]:
    if meta.kind != "directory":
        yield Finding(name, source, f"is a {meta.kind}")
    elif meta.uid != 0:
        yield Finding(name, source, f"owned by {meta.owner or meta.uid}")
    elif meta.bits & 0o022:
        yield Finding(name, source, f"mode {meta.mode}")


_HOMES = ("passwd", "homes")
HOMES: dict[str, tuple[Search, tuple[str, ...], str]] = {
    "missing-homes": (_missing, _HOMES, "accounts without a home directory"),
    "open-homes": (_modes, _HOMES, "home directories that others may enter or the group write to"),
    "foreign-homes": (_owners, _HOMES, "home directories of another owner"),
    "writable-dot-files": (_writable_dots, _HOMES, "dot files that the group or others may write to"),
    "foreign-dot-files": (_foreign_dots, _HOMES, "dot files of another owner or group"),
    "open-history-files": (_open_history, _HOMES, "histories of shells that others may read"),
    "forward-files": (_named(".forward"), _HOMES, ".forward files"),
    "netrc-files": (_named(".netrc"), _HOMES, ".netrc files"),
    "rhosts-files": (_named(".rhosts"), _HOMES, ".rhosts files"),
    "open-netrc-files": (_open_netrc, _HOMES, ".netrc files that others may read"),
    "root-path": (_root_path, ("root-path",), "unsafe places where root's shell looks for commands"),
}
