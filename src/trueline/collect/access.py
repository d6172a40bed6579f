"""The one door to a machine's files: paths are resolved below a root and never lead out of it."""

import errno
import os
import re
import stat
import weakref
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from trueline.collect.accounts import first_ordinary_uid, names_by_id
from trueline.collect.mounts import ways_to_mounts
from trueline.collect.trail import Refused, Trail, trail_to
from trueline.errors import AccessError
from trueline.model.facts import Absent, FileMeta, Unavailable, UnavailableKind

# Configuration of a node is a few KiB, a bundle of all public CAs 230 KiB: beyond this it is something else.
READ_LIMIT = 1024 * 1024
ENTRIES_LIMIT = 10_000
# /proc has one entry per process: up to 4 million, pid_max of a 64-bit kernel.
NAMES_LIMIT = 5_000_000
_TABLE_LIMIT = 8 * READ_LIMIT
# A node without these is no node: what would be below them is not visible rather than absent.
_EVERY_NODE = ("etc", "usr", "var")
_PROCESS_ROOT = re.compile(r"/proc/(\d{1,10})/root(/.*)?$", re.DOTALL)
_ERRORS: dict[int, UnavailableKind] = {
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.ELOOP: "outside-root",
    errno.ESRCH: "vanished",
    errno.ESTALE: "vanished",
    errno.EISDIR: "special-file",
    errno.ENXIO: "special-file",
    errno.ENODEV: "special-file",
}

_T = TypeVar("_T")


class Root:
    """A directory that is taken for a machine's "/": the machine's own, its mount in a container, or a copy.

    Links are followed inside it: absolute ones start at it, and ".." ends at it. "/proc/PID/root/..." is what
    that process sees. Nothing here raises for a path that can't be read; opening the root itself raises
    AccessError.
    """

    def __init__(self, path: str = "/") -> None:
        try:
            fd = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a path"
            raise AccessError(
                f"can't open the root {path}: {reason}", hint="Name a directory that this user may enter."
            ) from None
        self._adopt(path, fd, None)

    def _adopt(self, path: str, fd: int, node: "Root | None") -> None:
        self.path = path
        self._fd = fd
        self._node = node
        self._processes: dict[int, Root | Unavailable] = {}
        weakref.finalize(self, os.close, fd)

    def meta(self, path: str, *, entries: bool = True) -> FileMeta | Absent | Unavailable:
        """Metadata of what `path` leads to, for a directory with its `entries`, without a certificate."""
        return self._at(path, lambda root, trail: root._describe(trail, entries=entries))

    def identity(self, path: str) -> tuple[int, int] | Absent | Unavailable:
        """Device and inode of what `path` leads to."""
        return self._at(path, lambda _, trail: (trail.last.status.st_dev, trail.last.status.st_ino))

    def modified(self, path: str) -> float | Absent | Unavailable:
        """When the content of what `path` leads to last changed, in seconds since 1970."""
        return self._at(path, lambda _, trail: trail.last.status.st_mtime)

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes | Absent | Unavailable:
        """The content of a regular file of at most `limit` bytes; any other kind of file is not opened."""
        return self._at(path, lambda _, trail: trail.content(limit))

    def listdir(self, path: str, limit: int = NAMES_LIMIT) -> tuple[str, ...] | Absent | Unavailable:
        """The sorted names in a directory."""
        return self._at(path, lambda _, trail: trail.names(limit))

    def open_directory(self, path: str, *, links: bool = True) -> int | Absent | Unavailable:
        """A descriptor of a directory to list and to look below; the caller closes it.

        Without `links` a path that leads over one is refused.
        """
        return self._at(path, lambda _, trail: _without_links(trail, links=links).open_directory())

    def open_file(self, path: str) -> int | Absent | Unavailable:
        """A descriptor of a regular file of any size, for reading it in parts; the caller closes it."""
        return self._at(path, lambda _, trail: trail.open_file())

    def readlink(self, path: str) -> str | Absent | Unavailable:
        """The text of the link at `path`; Absent where there is no link."""
        try:
            with trail_to(self._fd, path, follow=False) as trail:
                is_link = trail.last.kind == "link"
                return printable(os.readlink("", dir_fd=trail.last.fd)) if is_link else Absent()
        except (OSError, ValueError, Refused) as error:
            return self._fact(path, error)

    def exists(self, path: str) -> bool:
        """Whether `path` leads to something; False also where that can't be known."""
        return isinstance(self.identity(path), tuple)

    def of_process(self, pid: int) -> "Root | Unavailable":
        """What process `pid` sees as "/", owners named as on this root."""
        if pid not in self._processes:
            self._processes[pid] = self._open_process_root(pid)
        return self._processes[pid]

    @cached_property
    def live(self) -> bool:
        """Whether /proc below the root is a kernel's and not a recorded one."""
        found = self.identity("/proc")
        return isinstance(found, tuple) and found[0] in _proc_devices()

    @property
    def carries_mounts(self) -> bool:
        """Whether it is a directory in which parts of a machine are mounted, as in a pod."""
        return bool(self._ways_to_mounts)

    @cached_property
    def users(self) -> dict[int, str]:
        """Names of users by uid, from the root's own passwd."""
        return self._node.users if self._node else names_by_id(self._table("/etc/passwd"))

    @cached_property
    def groups(self) -> dict[int, str]:
        """Names of groups by gid, from the root's own group file."""
        return self._node.groups if self._node else names_by_id(self._table("/etc/group"))

    @cached_property
    def first_ordinary_uid(self) -> int:
        """Where the uids of people's accounts begin on this root."""
        return first_ordinary_uid(self._table("/etc/login.defs"))

    def _table(self, path: str) -> bytes:
        """The table's whole lines at the beginning of the file, where root and the system's own users are."""
        fd = self.open_file(path)
        if not isinstance(fd, int):
            return b""
        try:
            with os.fdopen(fd, "rb") as file:
                content = file.read(_TABLE_LIMIT)
        except OSError:
            return b""
        return content if len(content) < _TABLE_LIMIT else content[: content.rfind(b"\n") + 1]

    def _at(self, path: str, look: Callable[["Root", Trail], _T]) -> _T | Absent | Unavailable:
        root: Root | Unavailable = self
        if found := _PROCESS_ROOT.match(path):
            root, path = self.of_process(int(found[1])), found[2] or "/"
        if isinstance(root, Unavailable):
            return root
        try:
            with trail_to(root._fd, path) as trail:
                return look(root, trail)
        except (OSError, ValueError, Refused) as error:
            return root._fact(path, error)

    def _open_process_root(self, pid: int) -> "Root | Unavailable":
        # Only a kernel's own link may be followed by the kernel: in a copy it is text and leads anywhere.
        flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | (0 if self.live else os.O_NOFOLLOW)
        try:
            with trail_to(self._fd, f"/proc/{pid}") as trail:
                fd = os.open("root", flags, dir_fd=trail.last.fd)
        except (FileNotFoundError, NotADirectoryError):
            return Unavailable(kind="not-mounted", reason=f"what process {pid} sees is not visible here")
        except (OSError, ValueError, Refused) as error:
            fact = self._fact(f"/proc/{pid}/root", error)
            return fact if isinstance(fact, Unavailable) else Unavailable(kind="vanished", reason="went away")
        root = Root.__new__(Root)
        root._adopt(f"/proc/{pid}/root", fd, self._node or self)
        return root

    def _describe(self, trail: Trail, *, entries: bool) -> FileMeta:
        if self._only_carries_mounts(trail.path):
            raise Refused("not-mounted", "is not mounted below the root, only parts of it are")
        status = trail.last.status
        shield = trail.shield()
        return FileMeta(
            kind=trail.last.kind,
            mode=f"{stat.S_IMODE(status.st_mode):04o}",
            uid=status.st_uid,
            gid=status.st_gid,
            owner=self.users.get(status.st_uid),
            group=self.groups.get(status.st_gid),
            size=status.st_size,
            target=printable(trail.path) if trail.links else None,
            entries=_entries(trail) if entries and trail.last.kind == "directory" else None,
            acl=trail.has_acl(),
            shielded_by=printable(shield) if shield else None,
        )

    def _fact(self, path: str, error: Exception) -> Absent | Unavailable:
        match error:
            case Refused():
                return error.fact
            case FileNotFoundError() | NotADirectoryError():
                return self._missing(path, error.filename)
            case OSError(errno=int(number), strerror=reason):
                return Unavailable(kind=_ERRORS.get(number, "invalid"), reason=(reason or "").lower())
            case _:
                return Unavailable(kind="invalid", reason="not a possible path")

    def _missing(self, path: str, place: str | None) -> Absent | Unavailable:
        if "\ufffd" in path:
            return Unavailable(kind="invalid", reason="the path is not UTF-8")
        top = path.strip("/").split("/")[0]
        if place and self._only_carries_mounts(place):
            reason = "is not mounted below the root"
            return Absent() if self._absent_for_init(path) else Unavailable(kind="not-mounted", reason=reason)
        if self._node is None and top in _EVERY_NODE and not self._has(top):
            return Unavailable(kind="not-mounted", reason=f"there is no /{top} below the root")
        return Absent()

    @cached_property
    def _ways_to_mounts(self) -> dict[str, frozenset[str]]:
        return {} if self._node else ways_to_mounts(self._fd)

    def _only_carries_mounts(self, place: str) -> bool:
        """Whether a directory (without links) is none of the node's but made for what is mounted below it."""
        ways = self._ways_to_mounts.get(place)
        if ways is None:
            return False
        names = self.listdir(place)
        return isinstance(names, tuple) and ways.issuperset(names)

    def _absent_for_init(self, path: str) -> bool:
        """Whether the node's first process, which sees all of the node, has nothing at `path` either.

        So a file can be known to be missing where no mount shows it; nothing else is read this way.
        """
        if path.strip("/").split("/")[0] == "proc":  # is needed to ask init
            return False
        init = self.of_process(1)
        return isinstance(init, Root) and isinstance(init.identity(path), Absent)

    def _has(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except OSError as error:
            return error.errno != errno.ENOENT
        return True


def _without_links(trail: Trail, *, links: bool) -> Trail:
    if trail.links and not links:
        raise Refused("outside-root", "leads over a link")
    return trail


def printable(text: str) -> str:
    """The text with what is no UTF-8 replaced, so that it can stand in JSON."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _entries(trail: Trail) -> tuple[str, ...] | None:
    """The names in a directory; None where this user may not list it."""
    try:
        return tuple(printable(name) for name in trail.names(ENTRIES_LIMIT))
    except PermissionError:
        return None


def _proc_devices() -> set[int]:
    """Device numbers of the kernel's process file systems that this process has mounted."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    found = set()
    for line in lines:
        mount, _, kind = line.partition(" - ")
        if kind.startswith("proc "):
            major, _, minor = mount.split()[2].partition(":")
            found.add(os.makedev(int(major), int(minor)))
    return found
