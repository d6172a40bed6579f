"""Reads rpm's Berkeley DB of older systems without rpm: the pages of a hash, and nothing next to it."""

import os
import struct
from collections.abc import Iterator

from trueline.collect.access import Root
from trueline.collect.linux.rpmdb import PACKAGES_LIMIT, parse_header
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Package

_MAGIC, _META = 0x061561, 8
_UNUSED, _HASH_PAGES, _OVERFLOW = 0, {2, 13}, 7
_INLINE, _OFF_PAGE = 1, 3
_HEADER = 26
_PAGES_LIMIT = 1 << 20
_SIZE_LIMIT = 1 << 30
_VALUE_LIMIT = 64 * 1024 * 1024
_PAGE_SIZES = {1 << power for power in range(9, 17)}


def read_rpmbdb(root: Root, path: str) -> list[Package] | Unavailable:
    """The packages of a file `Packages`; gpg-pubkey, which is no package, is left out."""
    fd = root.open_file(path)
    if isinstance(fd, Absent):
        return Unavailable(kind="vanished", reason="went away while it was read")
    if isinstance(fd, Unavailable):
        return fd
    try:
        before = os.fstat(fd)
        if before.st_size > _SIZE_LIMIT:
            return Unavailable(kind="too-large", reason=f"more than {_SIZE_LIMIT} bytes")
        found = [parse_header(value) for value in _values(_Pages(fd))]
        if _changed(before, os.fstat(fd)):
            return Unavailable(kind="vanished", reason="was changed while it was read")
    except (OSError, ValueError, struct.error, IndexError) as error:
        return Unavailable(kind="invalid", reason=f"not a database of rpm ({type(error).__name__})")
    finally:
        os.close(fd)
    return [package for package in found if package.name != "gpg-pubkey"]


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


class _Pages:
    """The pages of a hash database; raises ValueError for anything else."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        meta = os.pread(fd, 512, 0)
        self.order = next((mark for mark in "<>" if self._magic(meta, mark) == _MAGIC), "")
        if not self.order or meta[25] != _META:
            raise ValueError("no hash of Berkeley DB")
        (self.size,) = struct.unpack_from(f"{self.order}I", meta, 20)
        (self.last,) = struct.unpack_from(f"{self.order}I", meta, 32)
        (self.pairs,) = struct.unpack_from(f"{self.order}I", meta, 88)
        if self.size not in _PAGE_SIZES or not 0 < self.last < _PAGES_LIMIT:
            raise ValueError("pages of no possible size or number")
        if os.fstat(fd).st_size < (self.last + 1) * self.size:
            raise ValueError("a database that is cut off")

    @staticmethod
    def _magic(meta: bytes, order: str) -> int:
        return int(struct.unpack_from(f"{order}I", meta, 12)[0])

    def page(self, number: int) -> bytes:
        """One page, whole."""
        if not 0 < number <= self.last:
            raise ValueError("a page that is not there")
        found = os.pread(self.fd, self.size, number * self.size)
        if len(found) != self.size:
            raise ValueError("a page that is cut off")
        (own,) = struct.unpack_from(f"{self.order}I", found, 8)
        if own != number and found[25]:  # a page that was never used is empty
            raise ValueError("another page than it says")
        return found


def _values(pages: _Pages) -> Iterator[bytes]:
    """The header of each package; the entry with key 0 counts them."""
    count = 0
    for number in range(1, pages.last + 1):
        page = pages.page(number)
        if page[25] not in _HASH_PAGES:
            if page[25] not in {_UNUSED, _OVERFLOW}:
                raise ValueError("a page of another kind")
            continue
        for key, place, end in _pairs(pages, page):
            if key.strip(b"\0"):
                count += 1
                if count > PACKAGES_LIMIT:
                    raise ValueError("more packages than can be")
                yield _value(pages, page, place, end)
    if count + 1 < pages.pairs:
        raise ValueError("fewer packages than it says")


def _pairs(pages: _Pages, page: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Keys, and where on the page their values begin and end; items are packed from the end."""
    (entries,) = struct.unpack_from(f"{pages.order}H", page, 20)
    places = struct.unpack_from(f"{pages.order}{entries}H", page, _HEADER)
    ends = (pages.size, *places)
    if any(not _HEADER <= place < end for place, end in zip(places, ends, strict=False)) or entries % 2:
        raise ValueError("items outside of their page")
    for index in range(0, entries, 2):
        if page[places[index]] != _INLINE:
            raise ValueError("a key of another kind")
        yield page[places[index] + 1 : ends[index]], places[index + 1], ends[index + 1]


def _value(pages: _Pages, page: bytes, place: int, end: int) -> bytes:
    if page[place] == _INLINE:
        return page[place + 1 : end]
    if page[place] != _OFF_PAGE:
        raise ValueError("a value of another kind")
    number, length = struct.unpack_from(f"{pages.order}II", page, place + 4)
    return _chain(pages, number, length)


def _chain(pages: _Pages, number: int, length: int) -> bytes:
    """A value that goes over several pages."""
    if length > _VALUE_LIMIT:
        raise ValueError("a value that is too long")
    parts: list[bytes] = []
    have = 0
    while number and have < length:
        page = pages.page(number)
        (size,) = struct.unpack_from(f"{pages.order}H", page, 22)
        if page[25] != _OVERFLOW or not 0 < size <= pages.size - _HEADER:
            raise ValueError("a chain that is broken")
        parts.append(page[_HEADER : _HEADER + size])
        have += size
        (number,) = struct.unpack_from(f"{pages.order}I", page, 16)
    if have != length:
        raise ValueError("a value that is cut off")
    return b"".join(parts)
