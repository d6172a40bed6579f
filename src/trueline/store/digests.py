"""Turns documents and rows into bytes that are always the same, and those into digests."""

import hashlib
import re
import zlib
from typing import Any, Final

import msgspec

from trueline.errors import HistoryError

LIMIT: Final = 1024 * 1024 * 1024
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def encoded(document: Any) -> bytes:
    """A document as JSON; what UTF-8 can't hold is replaced by U+FFFD."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return msgspec.json.encode(_clean(msgspec.to_builtins(document)))


def storable(text: str) -> str:
    """The text without what a database can't hold."""
    return _UNSTORABLE.sub("\ufffd", text)


def digest_of(data: bytes) -> str:
    """The SHA-256 as it stands in documents."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def seal_of(values: Any) -> str:
    """The digest of a row's values; each type (which JSON would not keep apart) and order gives another."""
    return digest_of(msgspec.msgpack.encode(values))


def packed(data: bytes) -> bytes:
    """The bytes, compressed."""
    return zlib.compress(data, 6)


def unpacked(data: Any, size: Any) -> bytes:
    """What was compressed, `size` bytes of it. Raises HistoryError where it is anything else."""
    if not isinstance(data, bytes) or not isinstance(size, int):
        raise HistoryError("a document is not made of bytes", hint=BROKEN)
    if not 0 <= size <= LIMIT:
        raise HistoryError(f"a document says that it has {size} bytes", hint=BROKEN)
    machine = zlib.decompressobj()
    try:
        found = machine.decompress(data, size + 1)
    except zlib.error as error:
        raise HistoryError(f"a document can't be unpacked: {error}", hint=BROKEN) from None
    if len(found) != size or not machine.eof or machine.unused_data:
        raise HistoryError("a document has not the size that it should have", hint=BROKEN)
    return found


BROKEN: Final = "`trueline history verify` names all that was altered; restore a backup."


def _clean(node: Any) -> Any:
    match node:
        case str():
            return storable(node)
        case dict():
            return {_clean(key): _clean(value) for key, value in node.items()}
        case list() | tuple():
            return [_clean(value) for value in node]
        case _:
            return node
