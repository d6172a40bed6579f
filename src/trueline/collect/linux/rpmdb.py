"""Reads rpm's SQLite database without rpm, and without writing next to it."""

import os
import struct

from trueline.collect.access import Root
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Package

_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH = 1000, 1001, 1002, 1003, 1022
_WANTED = {_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH}
_INT32, _STRING, _ENTRIES_LIMIT = 4, 6, 65_536
PACKAGES_LIMIT = 100_000
_HEADER_LIMIT = 256 * 1024 * 1024


def read_rpmdb(root: Root, path: str) -> list[Package] | Unavailable:
    """The packages of an rpmdb.sqlite; gpg-pubkey, which is no package, is left out."""
    import sqlite3  # takes a while to load, and few systems need it

    log = root.meta(f"{path}-wal")
    if not isinstance(log, Absent | Unavailable) and log.size:
        return Unavailable(kind="invalid", reason="a change of the database is not finished (-wal)")
    fd = root.open_file(path)
    if isinstance(fd, Absent):
        return Unavailable(kind="vanished", reason="went away while it was read")
    if isinstance(fd, Unavailable):
        return fd
    try:
        with sqlite3.connect(f"file:/proc/self/fd/{fd}?mode=ro&immutable=1", uri=True) as database:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _HEADER_LIMIT)
            (kind,) = database.execute(
                "SELECT sql FROM sqlite_master WHERE name = 'Packages'"
            ).fetchone() or ("",)
            if not str(kind).upper().startswith("CREATE TABLE"):
                raise ValueError("no table of packages")  # a view could be anything, without an end
            rows = database.execute("SELECT blob FROM Packages LIMIT ?", (PACKAGES_LIMIT + 1,))
            found = [_header(blob) for (blob,) in rows]
        database.close()
    except (sqlite3.Error, ValueError, struct.error) as error:
        return Unavailable(kind="invalid", reason=f"not a database of rpm ({type(error).__name__})")
    finally:
        os.close(fd)
    if len(found) > PACKAGES_LIMIT:
        return Unavailable(kind="too-large", reason=f"more than {PACKAGES_LIMIT} packages")
    return [package for package in found if package.name != "gpg-pubkey"]


def _header(blob: object) -> Package:
    if not isinstance(blob, bytes):
        raise ValueError("a row without a header")
    return parse_header(blob)


def parse_header(blob: bytes) -> Package:
    """Name, version and architecture out of a package's header. Raises ValueError and struct.error."""
    count, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * count
    if count > _ENTRIES_LIMIT or start + size > len(blob):
        raise ValueError("a header that is cut off")
    tags: dict[int, str] = {}
    for index in range(count):
        tag, kind, offset, _ = struct.unpack_from(">IIiI", blob, 8 + 16 * index)
        if tag in _WANTED and 0 <= offset < size:
            tags[tag] = _value(blob, kind, start + offset)
    if not tags.get(_NAME):
        raise ValueError("a header without a name")
    epoch = f"{tags[_EPOCH]}:" if tags.get(_EPOCH, "0") != "0" else ""
    version = f"{epoch}{tags.get(_VERSION, '')}-{tags.get(_RELEASE, '')}"
    return Package(name=tags[_NAME], version=version, architecture=tags.get(_ARCH, ""))


def _value(blob: bytes, kind: int, start: int) -> str:
    if kind == _INT32:
        return str(struct.unpack_from(">I", blob, start)[0])
    if kind == _STRING:
        return blob[start : blob.index(b"\0", start)].decode("utf-8", "replace")
    return ""
