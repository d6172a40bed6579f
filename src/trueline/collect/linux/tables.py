"""Reads passwd, group, shadow and gshadow line by line, of any size, without keeping a hash."""

import os
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from trueline.collect.access import Root
from trueline.collect.redact import REDACTED
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_access import (
    Account,
    AccountTable,
    Group,
    GroupShadow,
    GroupShadowTable,
    GroupTable,
    PasswordState,
    Shadow,
    ShadowTable,
)
from trueline.model.linux_system import Malformed

ENTRIES_LIMIT = 20_000
LINE_LIMIT = 65_536
_MEMBERS_LIMIT = 2_000
_MALFORMED_LIMIT = 200
_SIZE_LIMIT = 512 * 1024 * 1024
_CHUNK = 256 * 1024
_NUMBER = re.compile(r"-?\d{1,18}")
_HASHES = {
    "$y$": "yescrypt",
    "$gy$": "gost-yescrypt",
    "$7$": "scrypt",
    "$6$": "sha512",
    "$5$": "sha256",
    "$2": "bcrypt",
    "$1$": "md5",
    "$md5": "sunmd5",
    "$sha1": "sha1",
    "$3$": "nt",
}
_HASH = re.compile(r"\$\w{1,6}\$[./\w$=,+-]{16}")
_DES = re.compile(r"[./0-9A-Za-z]{13}|_[./0-9A-Za-z]{19}")
_T = TypeVar("_T")
_Rows = tuple[tuple[_T, ...], int, tuple[Malformed, ...]]


def read_lines(root: Root, path: str) -> "Lines | Absent | Unavailable":
    """The lines of a file of any size, in parts; close it after use."""
    fd = root.open_file(path)
    return Lines(fd) if isinstance(fd, int) else fd


class Lines:
    """Lines of an open file with their numbers; None in place of one that is too long."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.cut = False

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        number, rest, skipping, size = 1, b"", False, 0
        try:
            while part := os.read(self.fd, _CHUNK):
                size += len(part)
                if size > _SIZE_LIMIT:
                    self.cut = True
                    return
                *whole, rest = (rest + part).split(b"\n")
                for line in whole:
                    yield number, None if skipping or len(line) > LINE_LIMIT else line
                    number, skipping = number + 1, False
                if len(rest) > LINE_LIMIT:
                    rest, skipping = b"", True
            if rest or skipping:
                yield number, None if skipping else rest
        finally:
            os.close(self.fd)


def read_passwd(root: Root) -> AccountTable | Absent | Unavailable:
    """The accounts of passwd."""
    found = _table(root, "/etc/passwd", parse_account)
    if not isinstance(found, tuple):
        return found
    return AccountTable(
        entries=found[0], total=found[1], complete=found[1] == len(found[0]), malformed=found[2]
    )


def read_group(root: Root) -> GroupTable | Absent | Unavailable:
    """The groups of group."""
    found = _table(root, "/etc/group", parse_group)
    if not isinstance(found, tuple):
        return found
    return GroupTable(
        entries=found[0], total=found[1], complete=found[1] == len(found[0]), malformed=found[2]
    )


def read_shadow(root: Root) -> ShadowTable | Absent | Unavailable:
    """What shadow says of passwords, without them."""
    found = _table(root, "/etc/shadow", parse_shadow)
    if not isinstance(found, tuple):
        return found
    return ShadowTable(
        entries=found[0], total=found[1], complete=found[1] == len(found[0]), malformed=found[2]
    )


def read_gshadow(root: Root) -> GroupShadowTable | Absent | Unavailable:
    """What gshadow says of groups, without passwords."""
    found = _table(root, "/etc/gshadow", parse_gshadow)
    if not isinstance(found, tuple):
        return found
    return GroupShadowTable(
        entries=found[0], total=found[1], complete=found[1] == len(found[0]), malformed=found[2]
    )


def read_ids(root: Root, path: str) -> set[int] | Absent | Unavailable:
    """All numbers of passwd or group, however many."""
    lines = read_lines(root, path)
    if not isinstance(lines, Lines):
        return lines
    found = set()
    try:
        for _, line in lines:
            fields = (line or b"").split(b":", 3)
            if len(fields) > 3 and fields[2].isdigit() and len(fields[2]) <= 10:
                found.add(int(fields[2]))
    except OSError as error:
        return Unavailable(kind="vanished", reason=(error.strerror or "").lower())
    return Unavailable(kind="too-large", reason=f"over {_SIZE_LIMIT} bytes") if lines.cut else found


def parse_account(line: int, fields: list[str]) -> Account | str:
    """A line of passwd, or what is wrong with it."""
    if not fields[0]:
        return "no name"
    if fields[0][0] in "+-":
        fields = (fields + [""] * 7)[:7]
    if len(fields) != 7:
        return f"{len(fields)} fields instead of 7"
    return Account(
        line=line,
        name=fields[0],
        password=password_state(fields[1])[0],
        uid=_number(fields[2]),
        gid=_number(fields[3]),
        home=fields[5],
        shell=fields[6],
    )


def parse_group(line: int, fields: list[str]) -> Group | str:
    """A line of group, or what is wrong with it."""
    if not fields[0]:
        return "no name"
    if fields[0][0] in "+-":
        fields = (fields + [""] * 4)[:4]
    if len(fields) != 4:
        return f"{len(fields)} fields instead of 4"
    return Group(
        line=line,
        name=fields[0],
        gid=_number(fields[2]),
        members=_members(fields[3]),
        password=password_state(fields[1])[0],
    )


def parse_shadow(line: int, fields: list[str]) -> Shadow | str:
    """A line of shadow, or what is wrong with it; the hash does not leave here."""
    if not fields[0]:
        return "no name"
    if fields[0][0] in "+-":
        fields = (fields + [""] * 9)[:9]
    if len(fields) not in {8, 9}:
        return f"{len(fields)} fields instead of 9"
    state, algorithm = password_state(fields[1])
    names = ("last_change", "minimum", "maximum", "warn", "inactive", "expire")
    numbers = {name: _number(text) for name, text in zip(names, fields[2:8], strict=True)}
    wrong = tuple(
        name for name, text in zip(names, fields[2:8], strict=True) if text and numbers[name] is None
    )
    return Shadow(
        line=line,
        name=fields[0],
        password=state,
        algorithm=algorithm,
        last_change=numbers["last_change"],
        minimum=numbers["minimum"],
        maximum=numbers["maximum"],
        warn=numbers["warn"],
        inactive=numbers["inactive"],
        expire=numbers["expire"],
        malformed=wrong,
    )


def parse_gshadow(line: int, fields: list[str]) -> GroupShadow | str:
    """A line of gshadow, or what is wrong with it."""
    if not fields[0]:
        return "no name"
    if len(fields) != 4:
        return f"{len(fields)} fields instead of 4"
    return GroupShadow(
        line=line,
        name=fields[0],
        password=password_state(fields[1])[0],
        administrators=_members(fields[2]),
        members=_members(fields[3]),
    )


def password_state(text: str) -> tuple[PasswordState, str]:
    """What a password field says, and the algorithm of a hash in it."""
    if text == "x":
        return "shadowed", ""
    if not text:
        return "empty", ""
    bare = text.lstrip("!")
    algorithm = _algorithm(bare)
    if bare != text:
        return ("locked", algorithm) if algorithm else ("disabled", "")
    return ("hash", algorithm) if algorithm else ("disabled", "")


def _algorithm(text: str) -> str:
    for mark, name in _HASHES.items():
        if text.startswith(mark):
            return name
    if text.startswith("$"):
        return "unknown"
    return "des" if _DES.fullmatch(text) else ""


def _table(
    root: Root, path: str, parse: Callable[[int, list[str]], _T | str]
) -> _Rows[_T] | Absent | Unavailable:
    lines = read_lines(root, path)
    if not isinstance(lines, Lines):
        return lines
    found: list[_T] = []
    wrong: list[Malformed] = []
    total = 0
    try:
        for number, raw in lines:
            if len(found) >= ENTRIES_LIMIT:
                total += raw is not None and bool(raw.strip())
                continue
            entry = _parsed(number, raw, parse)
            if isinstance(entry, str):
                wrong += [Malformed(file=path, line=number, reason=entry)] * (len(wrong) < _MALFORMED_LIMIT)
            elif entry is not None:
                total += 1
                found.append(entry)
    except OSError as error:
        return Unavailable(kind="vanished", reason=(error.strerror or "").lower())
    return tuple(found), total + lines.cut, tuple(wrong)


def _parsed(number: int, raw: bytes | None, parse: Callable[[int, list[str]], _T | str]) -> _T | str | None:
    if raw is None:
        return f"more than {LINE_LIMIT} characters"
    if not raw.strip() or raw.startswith(b"#"):
        return None
    if b"\0" in raw:
        return "binary, not text"
    name, *fields = raw.rstrip(b"\r").decode("utf-8", "replace").split(":")
    # A hash in any field but the second is one in the wrong place.
    rest = [_without_hash(field) for field in fields[1:]]
    return parse(number, [_without_hash(name), *fields[:1], *rest])


def _without_hash(text: str) -> str:
    return REDACTED if _HASH.search(text) else text


def _members(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)[:_MEMBERS_LIMIT]


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
