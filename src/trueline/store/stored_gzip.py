"""Gzip files whose content is stored, not compressed: the same bytes everywhere, nothing to unpack."""

import zlib
from typing import Final

_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_BLOCK: Final = 65535


def store(data: bytes) -> bytes:
    """The data as a gzip file. Compressed data would depend on who compressed it."""
    pieces = [_HEAD]
    for start in range(0, len(data), _BLOCK) or [0]:
        part = data[start : start + _BLOCK]
        last = start + _BLOCK >= len(data)
        size = len(part)
        pieces += [bytes([last]), size.to_bytes(2, "little"), (size ^ 0xFFFF).to_bytes(2, "little"), part]
    end = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join([*pieces, end])


def load(file: bytes) -> bytes:
    """What `store` made a file of. Raises ValueError for every other file."""
    if not file.startswith(_HEAD):
        raise ValueError("it begins otherwise")
    pieces, place, last = [], len(_HEAD), False
    while not last:
        head = file[place : place + 5]
        size = int.from_bytes(head[1:3], "little")
        if len(head) < 5 or head[0] > 1 or place + 5 + size > len(file):
            raise ValueError("it is cut off or compressed")
        pieces.append(file[place + 5 : place + 5 + size])
        last, place = bool(head[0]), place + 5 + size
    data = b"".join(pieces)
    if store(data) != file:
        raise ValueError("a byte of it differs")
    return data
