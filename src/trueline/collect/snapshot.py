"""Writes snapshots to files, and reads them back without trusting them."""

import gzip
import io
import os
import stat
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from trueline.errors import ContentError, UsageError
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot

SIZE_LIMIT = 512 * 1024 * 1024
_CHUNK = 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_MODE = 0o600
_AGAIN = "Take the snapshot again, or copy it once more from where it was taken."


class _Head(msgspec.Struct):
    schema: Any = None


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON, the same bytes for the same facts."""
    return msgspec.json.encode(snapshot, order="deterministic") + b"\n"


def write_snapshot(path: str, snapshot: Snapshot) -> None:
    """Write to `path` (compressed where it ends in .gz), whole or not at all, for this user only.

    A device, FIFO or link there is written to and stays what it is, unless another user than root left it.
    Raises UsageError where that fails.
    """
    data = encode_snapshot(snapshot)
    if path.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    if _is_stream(path):
        return _write_stream(path, data)
    target = Path(path)
    try:
        fd, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, _MODE)
            file.write(data)
            file.flush()
            os.fsync(fd)
        Path(name).replace(target)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _is_stream(path: str) -> bool:
    try:
        found = Path(path).lstat()
    except (OSError, ValueError):
        return False
    ours = found.st_uid in (0, os.geteuid())
    return ours and not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode)


def _write_stream(path: str, data: bytes) -> None:
    # O_CREAT lets the kernel refuse links and FIFOs that others left in a shared directory (protected_*).
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOCTTY | os.O_CLOEXEC, _MODE)
        with os.fdopen(fd, "wb") as stream:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                os.fchmod(fd, _MODE)
            stream.write(data)
    except OSError as error:
        raise _unwritable(path, error) from None


def read_snapshot(path: str, *, limit: int = SIZE_LIMIT) -> Snapshot:
    """The snapshot in a file, compressed or not. Raises ContentError.

    `limit` is in bytes of JSON: what a compressed file says of its own size counts for nothing.
    """
    data = read_content(path, limit)
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.schema != SNAPSHOT_SCHEMA:
            raise _wrong(path, "this is no snapshot", f'A snapshot has "schema": "{SNAPSHOT_SCHEMA}".')
        return msgspec.json.decode(data, type=Snapshot)
    except msgspec.ValidationError as error:
        raise _wrong(path, f"not a valid snapshot: {error}", _AGAIN) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _wrong(path, "not complete JSON", _AGAIN) from None
    except RecursionError:
        raise _wrong(path, "nested too deep", _AGAIN) from None


def read_content(path: str, limit: int = SIZE_LIMIT) -> bytes:
    """What is in a file, unpacked where it is compressed. Raises ContentError."""
    try:
        with _open(path) as file:
            start = file.read(len(_GZIP_MAGIC))
            file.seek(0)
            source: io.BufferedIOBase | BinaryIO = (
                gzip.GzipFile(fileobj=file) if start == _GZIP_MAGIC else file
            )
            return _read_up_to(path, source, limit)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise _wrong(path, "the compressed data is broken or cut off", _AGAIN) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise _wrong(path, reason.lower(), "Name a file that this user may read.") from None


def _open(path: str) -> BinaryIO:
    """A regular file; opening a FIFO must not wait for somebody to write to it."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _wrong(path, "not a file", "Name a regular file.")
    return os.fdopen(fd, "rb")


def _read_up_to(path: str, source: io.BufferedIOBase | BinaryIO, limit: int) -> bytes:
    parts = []
    size = 0
    while part := source.read(_CHUNK):
        size += len(part)
        if size > limit:
            raise _wrong(path, f"more than {limit} bytes", "No file of this kind is as large.")
        parts.append(part)
    return b"".join(parts)


def _wrong(path: str, message: str, hint: str) -> ContentError:
    return ContentError(message, hint=hint, file=path)


def _unwritable(path: str, error: OSError) -> UsageError:
    reason = (error.strerror or "it can't be written").lower()
    return UsageError(f"{path}: {reason}", hint="Name a file in a directory that this user may write to.")
