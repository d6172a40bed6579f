"""Walks the local file systems once for all rules that look for files anywhere, with flat memory."""

import mmap
import os
import stat
import time
from collections.abc import Callable

import msgspec

from trueline.collect.access import printable
from trueline.collect.linux.reader import Reader
from trueline.collect.linux.tables import read_ids
from trueline.collect.linux.together import do_together, worthwhile
from trueline.collect.linux.tops import SKIPPED_KEPT, in_container, tops_of
from trueline.model.known import Unavailable
from trueline.model.linux_system import (
    ANOTHER_FILE_SYSTEM,
    NOT_MOUNTED_HERE,
    Mount,
    Walk,
    WalkedFile,
    WalkFinding,
)

_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KEPT = 1_000
_CONTAINER_KEPT = 100
_DENIED_KEPT = 100
_STEP = 10_000
_DIRECTORY = stat.S_IFDIR
_LINK = stat.S_IFLNK
_DEPTH_LIMIT = 512
_SPREAD = 256
_GRACE = 5.0
_SORTS = ("world_writable_files", "unsticky_directories", "unowned", "ungrouped", "setuid", "setgid")

Progress = Callable[[str, int], None]


class WalkLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Where the walk ends early: after so many files, or seconds."""

    files: int = 50_000_000
    seconds: float = 3600.0


class _Enough(Exception):
    """A limit was reached; the message names it."""


class _Finding:
    """One sort of file: all counted, the first ones kept."""

    __slots__ = ("container_count", "container_files", "count", "files")

    def __init__(self) -> None:
        self.count = 0
        self.container_count = 0
        self.files: list[WalkedFile] = []
        self.container_files: list[WalkedFile] = []

    def add(self, path: str, status: os.stat_result, in_container: bool) -> None:
        kept, limit = (self.container_files, _CONTAINER_KEPT) if in_container else (self.files, _KEPT)
        if in_container:
            self.container_count += 1
        else:
            self.count += 1
        if len(kept) < limit:
            mode = f"{stat.S_IMODE(status.st_mode):04o}"
            kept.append(WalkedFile(path=printable(path), mode=mode, uid=status.st_uid, gid=status.st_gid))

    def join(self, other: WalkFinding) -> None:
        """What another process found of this sort."""
        self.count += other.count
        self.container_count += other.container_count
        self.files = [*self.files, *other.files][:_KEPT]
        self.container_files = [*self.container_files, *other.container_files][:_CONTAINER_KEPT]

    def facts(self) -> WalkFinding:
        return WalkFinding(
            count=self.count,
            files=tuple(sorted(self.files, key=lambda file: file.path)),
            container_count=self.container_count,
            container_files=tuple(sorted(self.container_files, key=lambda file: file.path)),
        )


def walk_files(
    reader: Reader,
    mounts: tuple[Mount, ...] | Unavailable,
    limits: WalkLimits,
    progress: Progress | None = None,
) -> Walk | Unavailable:
    """Looks at every file of the local file systems below the root, telling `progress` how many it saw."""
    uids, gids = read_ids(reader.root, "/etc/passwd"), read_ids(reader.root, "/etc/group")
    if not isinstance(uids, set) or not isinstance(gids, set):
        missing = uids if isinstance(uids, Unavailable) else gids
        reason = missing.reason if isinstance(missing, Unavailable) else "there is no passwd or group"
        return Unavailable(kind="invalid", reason=f"no owner can be told from an unknown one: {reason}")
    walk = _Walk(reader, uids, gids, limits, progress)
    tops, walk.skipped = tops_of(mounts)
    walk.mounts_known = not isinstance(mounts, Unavailable)
    try:
        for target, mount in tops.items():
            walk.top(target, mount)
    except _Enough as limit:
        walk.stopped = str(limit)
    return walk.facts()


class _Walk:
    """The walk while it goes on: one open directory per level, nothing kept of what is not noteworthy."""

    def __init__(
        self, reader: Reader, uids: set[int], gids: set[int], limits: WalkLimits, progress: Progress | None
    ) -> None:
        self.root = reader.root
        self.uids = uids
        self.gids = gids
        self.limits = limits
        self.progress = progress
        self.deadline = time.monotonic() + limits.seconds
        self.seen = memoryview(mmap.mmap(-1, 16)).cast("Q")  # here, and in a copy of this process
        self.own = 0
        self.next_step = _STEP
        self.denied: list[str] = []
        self.denied_count = 0
        self.stopped = ""
        self.unseen = False
        self.first_device = -1
        self.mounts_known = True
        self.tops: list[str] = []
        self.skipped: dict[str, str] = {}
        self.findings = {sort: _Finding() for sort in _SORTS}

    def facts(self) -> Walk:
        found = {sort: finding.facts() for sort, finding in self.findings.items()}
        return Walk(
            complete=not self.stopped and not self.denied_count and not self.unseen,
            visited=sum(self.seen),
            stopped=self.stopped,
            denied_count=self.denied_count,
            denied=tuple(self.denied),
            file_systems=tuple(self.tops),
            skipped=self.skipped,
            **found,
        )

    def top(self, path: str, mount: Mount | None) -> None:
        """A file system from where it is mounted; others mounted below it are left out."""
        fd = self.root.open_directory(path)
        if not isinstance(fd, int):
            if isinstance(fd, Unavailable):
                self._denied(path)
            return
        try:
            status = os.fstat(fd)
            if path == "/":
                self.first_device = status.st_dev
            elif mount and status.st_dev == self.first_device:
                self._unseen(path, NOT_MOUNTED_HERE)
                return
            self.tops.append(path)
            parent, _, name = path.rpartition("/")
            self._judge(parent, name, status)
            self._spread(fd, "" if path == "/" else path, status.st_dev)
        finally:
            os.close(fd)

    def _spread(self, fd: int, top: str, device: int) -> None:
        """The upper levels here; what is below them, where it is enough, in two processes."""
        waiting = [""]
        while waiting and len(waiting) < _SPREAD:
            above, waiting = waiting, []
            for name in above:
                waiting += self._below(fd, top, name, device)

        def walk(name: str) -> None:
            below = None if self.stopped else self._enter(fd, top, name)
            if below is None:
                return
            try:
                self._directory(below, f"{top}{name}", device)
            except _Enough as limit:
                self.stopped = str(limit)
            finally:
                os.close(below)

        if not worthwhile(waiting):
            for name in waiting:
                walk(name)
        else:
            self._share(waiting, walk)
        if self.stopped:
            raise _Enough(self.stopped)

    def _below(self, fd: int, top: str, name: str, device: int) -> list[str]:
        """The directories in one, which is judged with all else in it."""
        below = self._enter(fd, top, name)
        if below is None:
            return []
        try:
            return [f"{name}/{one}" for one in self._look(below, f"{top}{name}", device)]
        finally:
            os.close(below)

    def _share(self, waiting: list[str], walk: Callable[[str], None]) -> None:
        said = do_together(waiting, walk, self._apart, self._told, self.deadline + _GRACE)
        if said is None:
            return
        try:
            self._join(msgspec.json.decode(said, type=Walk))
        except msgspec.DecodeError:
            self.stopped = self.stopped or "a part of it was ended from outside"

    def _apart(self) -> None:
        """A copy of this process begins: it tells only what it found itself."""
        self.own = 1
        self.progress = None
        self.denied, self.denied_count, self.skipped = [], 0, {}
        self.stopped, self.unseen = "", False
        self.findings = {sort: _Finding() for sort in _SORTS}

    def _told(self) -> bytes:
        return msgspec.json.encode(self.facts())

    def _join(self, other: Walk) -> None:
        """What the copy found; how many files it saw is in memory that both share."""
        for sort, finding in self.findings.items():
            finding.join(getattr(other, sort))
        self.denied = [*self.denied, *other.denied][:_DENIED_KEPT]
        self.denied_count += other.denied_count
        self.skipped = dict(list((self.skipped | other.skipped).items())[:SKIPPED_KEPT])
        self.unseen = self.unseen or (not other.complete and not other.stopped and not other.denied_count)
        self.stopped = self.stopped or other.stopped

    def _enter(self, fd: int, top: str, name: str) -> int | None:
        """A directory below one that is open, step by step, so that no link is followed."""
        current = os.dup(fd)
        path = top
        for depth, part in enumerate(name.strip("/").split("/") if name else (), 1):
            path = f"{path}/{part}"
            below = self._open(current, part, path, depth)
            os.close(current)
            if below is None:
                return None
            current = below
        return current

    def _unseen(self, path: str, reason: str) -> None:
        self.unseen = True
        if len(self.skipped) < SKIPPED_KEPT:
            self.skipped[printable(path)] = reason

    def _directory(self, fd: int, top: str, device: int) -> None:
        """Depth first without recursion: on the stack are the directories that are open."""
        stack = [_Level(fd, top, self._look(fd, top, device))]
        try:
            while stack:
                level = stack[-1]
                if not level.waiting:
                    stack.pop().close(keep=fd)
                    continue
                name = level.waiting.pop()
                path = f"{level.path}/{name}"
                below = self._open(level.fd, name, path, len(stack))
                if below is not None:
                    stack.append(_Level(below, path, []))
                    stack[-1].waiting = self._look(below, path, device)
        finally:
            for level in stack:
                level.close(keep=fd)

    def _open(self, parent: int, name: str, path: str, depth: int) -> int | None:
        if depth >= _DEPTH_LIMIT:
            self._denied(path)
            return None
        try:
            return os.open(name, _LIST, dir_fd=parent)
        except FileNotFoundError:
            return None
        except OSError:
            self._denied(path)
            return None

    def _look(self, fd: int, path: str, device: int) -> list[str]:
        """Judges the entries of a directory, and returns the names of the directories in it.

        This loop runs once per file of the machine: it sorts out most of them with as few steps as it can.
        """
        uids, gids = self.uids, self.gids
        below: list[str] = []
        seen = 0
        try:
            with os.scandir(fd) as found:
                for entry in found:
                    seen += 1
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    mode = status.st_mode
                    kind = mode & 0o170000
                    if kind == _DIRECTORY:
                        if status.st_dev != device:
                            self._other_device(f"{path}/{entry.name}")
                            continue
                        below.append(entry.name)
                    if (
                        (mode & 0o6002 and kind != _LINK)
                        or status.st_uid not in uids
                        or status.st_gid not in gids
                    ) and status.st_dev == device:
                        self._judge(path, entry.name, status)
                    if not seen % _STEP:
                        self._seen(_STEP)
        except OSError:
            self._denied(path or "/")
        self._seen(seen % _STEP)
        return below

    def _other_device(self, path: str) -> None:
        """Where another file system begins: its mount says whether it is walked, if the mounts are known."""
        if not self.mounts_known:
            self._unseen(path, ANOTHER_FILE_SYSTEM)

    def _judge(self, path: str, name: str, status: os.stat_result) -> None:
        mode = status.st_mode
        inside = in_container(path)
        full = f"{path}/{name}"
        if stat.S_ISREG(mode):
            self._regular(full, status, inside)
        elif stat.S_ISDIR(mode) and mode & 0o1002 == 0o0002:
            self.findings["unsticky_directories"].add(full, status, inside)
        if status.st_uid not in self.uids:
            self.findings["unowned"].add(full, status, inside)
        if status.st_gid not in self.gids:
            self.findings["ungrouped"].add(full, status, inside)

    def _regular(self, path: str, status: os.stat_result, inside: bool) -> None:
        if status.st_mode & stat.S_IWOTH:
            self.findings["world_writable_files"].add(path, status, inside)
        if status.st_mode & stat.S_ISUID:
            self.findings["setuid"].add(path, status, inside)
        if status.st_mode & stat.S_ISGID:
            self.findings["setgid"].add(path, status, inside)

    def _denied(self, path: str) -> None:
        self.denied_count += 1
        if len(self.denied) < _DENIED_KEPT:
            self.denied.append(printable(path))

    def _seen(self, number: int) -> None:
        self.seen[self.own] += number
        visited = self.seen[0] + self.seen[1]
        if self.progress and visited >= self.next_step:
            self.next_step = visited + _STEP
            self.progress("files", visited)
        if visited > self.limits.files:
            raise _Enough(f"more than {self.limits.files} files")
        if time.monotonic() > self.deadline:
            raise _Enough(f"more than {self.limits.seconds:g} seconds")


class _Level:
    """A directory of the walk that is open, and the directories in it that were not entered yet."""

    __slots__ = ("fd", "path", "waiting")

    def __init__(self, fd: int, path: str, waiting: list[str]) -> None:
        self.fd = fd
        self.path = path
        self.waiting = waiting

    def close(self, keep: int) -> None:
        if self.fd != keep:
            os.close(self.fd)
