"""Collects kernel parameters: as they are, and as systemd-sysctl assigns them at boot."""

import os
import stat
from pathlib import Path

from trueline.collect.linux.reader import Reader
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Malformed, Sysctl, SysctlBoot, SysctlLine, SysctlValues

SYSCTL_DIRECTORIES = tuple(
    f"{directory}/sysctl.d" for directory in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
)
_TREES = ("abi", "crypto", "dev", "fs", "kernel", "net", "user", "vm")
# Keys, values that change with each reading, and two that make the kernel complain when they are read.
_LEFT_OUT = {"stable_secret", "tcp_fastopen_key", "base_reachable_time", "retrans_time", "uuid", "boot_id"}
_LEFT_OUT_TREES = {"neigh", "binfmt_misc", "sched_domain", "random", "sunrpc"}
_INTERFACES = {"/net/ipv4/conf", "/net/ipv6/conf", "/net/mpls/conf"}
_INTERFACES_LIMIT = 64
_VALUE_LIMIT = 4096
_VALUES_LIMIT = 20_000
_UNREAD_LIMIT = 200
_DEPTH_LIMIT = 8
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def collect_sysctl(reader: Reader) -> Sysctl:
    """Kernel parameters now and after the next boot."""
    return Sysctl(running=_running(reader), boot=_boot(reader))


def parse_sysctl(file: str, lines: tuple[str, ...]) -> tuple[list[SysctlLine], list[Malformed]]:
    """The assignments of a file as systemd-sysctl reads them; what it would complain about comes second."""
    found: list[SysctlLine] = []
    wrong: list[Malformed] = []
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        key, equals, value = line.partition("=")
        key = key.strip()
        optional = key.startswith("-")
        key = key.removeprefix("-").strip()
        name = dotted(key)
        if not name or (not equals and not optional):
            wrong.append(Malformed(file=file, line=number, reason="not an assignment"))
            continue
        found.append(
            SysctlLine(
                file=file,
                line=number,
                name=name,
                value=_normal(value) if equals else None,
                pattern=any(mark in name for mark in "*?["),
                optional=optional,
            )
        )
    return found, wrong


def dotted(key: str) -> str:
    """The name with dots between its parts; where the first separator is "/", dots belong to the parts."""
    first = next((char for char in key if char in "./"), ".")
    if first == "/":
        key = key.lstrip("/").removeprefix("proc/sys/")
        return key.translate(str.maketrans("./", "/."))
    return key


def _boot(reader: Reader) -> SysctlBoot | Unavailable:
    found = reader.drop_ins(SYSCTL_DIRECTORIES)
    unread = dict(found.unread)
    lines, wrong, files = _parsed(reader, found.paths, unread)
    leads = reader.root.identity("/etc/sysctl.conf")
    applied = any(reader.root.identity(path) == leads for path in found.paths)
    rest: list[SysctlLine] = []
    if not applied and not isinstance(leads, Absent):
        rest, more, _ = _parsed(reader, ("/etc/sysctl.conf",), unread)
        wrong += more
    return SysctlBoot(
        lines=tuple(lines),
        not_applied=tuple(rest),
        files=tuple(files),
        masked=found.masked,
        malformed=tuple(wrong[:_UNREAD_LIMIT]),
        unread=unread,
    )


def _parsed(
    reader: Reader, paths: tuple[str, ...], unread: dict[str, Unavailable]
) -> tuple[list[SysctlLine], list[Malformed], list[str]]:
    found: list[SysctlLine] = []
    wrong: list[Malformed] = []
    files = []
    for path in paths:
        lines = reader.lines(path)
        if isinstance(lines, Unavailable):
            unread[path] = lines
        elif isinstance(lines, tuple):
            files.append(path)
            more, complaints = parse_sysctl(path, lines)
            found += more
            wrong += complaints
        if len(found) > _VALUES_LIMIT:
            unread[path] = Unavailable(kind="too-large", reason=f"more than {_VALUES_LIMIT} assignments")
            break
    return found[:_VALUES_LIMIT], wrong, files


def _running(reader: Reader) -> SysctlValues | Unavailable:
    top = reader.root.open_directory("/proc/sys")
    if isinstance(top, Absent):
        return Unavailable(kind="not-mounted", reason="there is no /proc/sys below the root")
    if isinstance(top, Unavailable):
        return top
    walk = _Running()
    trees = [name for name in _TREES if name != "net" or same_network(reader)]
    if "net" not in trees:
        walk.unread["net"] = Unavailable(kind="not-mounted", reason="this process is in another network")
    try:
        for name in trees:
            walk.enter(top, name, "", 0)
    finally:
        os.close(top)
    return SysctlValues(values=dict(sorted(walk.values.items())), unread=walk.unread)


def same_network(reader: Reader) -> bool:
    """Whether what /proc/sys/net shows this process is the machine's; a recorded tree shows its own."""
    if reader.root.path == "/" or not reader.root.live:
        return True
    try:
        own = str(Path("/proc/self/ns/net").readlink())  # of this process, wherever the root is
    except OSError:
        return False
    return reader.root.readlink("/proc/1/ns/net") == own


class _Running:
    """The kernel's parameters while they are read."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.unread: dict[str, Unavailable] = {}

    def enter(self, parent: int, name: str, above: str, depth: int) -> None:
        path = f"{above}/{name}"
        try:
            fd = os.open(name, _LIST, dir_fd=parent)
        except OSError as error:
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                self._failed(path, error)
            return
        try:
            self._list(fd, path, depth)
        except OSError as error:
            self._failed(path, error)
        finally:
            os.close(fd)

    def _list(self, fd: int, path: str, depth: int) -> None:
        with os.scandir(fd) as found:
            entries = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in found)
        if path in _INTERFACES:
            entries.sort(key=lambda entry: entry[0] not in {"all", "default"})
            entries = entries[:_INTERFACES_LIMIT]
        for name, is_directory in entries:
            if is_directory and name not in _LEFT_OUT_TREES and depth < _DEPTH_LIMIT:
                self.enter(fd, name, path, depth + 1)
            elif not is_directory and name not in _LEFT_OUT and len(self.values) < _VALUES_LIMIT:
                self._value(fd, name, path)

    def _value(self, parent: int, name: str, above: str) -> None:
        path = f"{above}/{name}"
        try:
            fd = os.open(name, _READ, dir_fd=parent)
        except OSError as error:
            if _readable(parent, name):
                self._failed(path, error)
            return
        try:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                value = os.read(fd, _VALUE_LIMIT).decode("utf-8", "replace")
                self.values[dotted(path)] = _normal(value)
        except OSError as error:
            self._failed(path, error)
        finally:
            os.close(fd)

    def _failed(self, path: str, error: OSError) -> None:
        denied = isinstance(error, PermissionError)
        if len(self.unread) < _UNREAD_LIMIT:
            self.unread[dotted(path)] = Unavailable(
                kind="denied" if denied else "invalid", reason=(error.strerror or "").lower()
            )


def _readable(parent: int, name: str) -> bool:
    """Whether somebody may read it: what may only be written is no value that anybody could ask for."""
    try:
        return bool(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode & 0o444)
    except OSError:
        return False


def _normal(value: str) -> str:
    return " ".join(value.replace("\0", " ").split())
