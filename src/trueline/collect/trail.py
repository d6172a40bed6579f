"""Steps along a path below a root, one directory at a time, so that no link leads out of it."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from trueline.model.facts import FileKind, Unavailable, UnavailableKind

_LINK_LIMIT = 40
_DEPTH_LIMIT = 128
_PATH_LIMIT = 4096
_CHUNK = 1024 * 1024
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_KINDS: dict[int, FileKind] = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}


class Refused(Exception):
    """Something was found that is not to be read; `fact` says so."""

    def __init__(self, kind: UnavailableKind, reason: str) -> None:
        super().__init__(reason)
        self.fact = Unavailable(kind=kind, reason=reason)


class Step:
    """A component of a path, opened without reading it."""

    __slots__ = ("fd", "name", "status")

    def __init__(self, fd: int, name: str) -> None:
        self.fd = fd
        self.name = name
        self.status = os.fstat(fd)

    @property
    def kind(self) -> FileKind:
        """What it is, a link not followed."""
        return _KINDS.get(stat.S_IFMT(self.status.st_mode), "device")


class Trail:
    """Open descriptors from the root down to a file, and how many links were followed on the way."""

    def __init__(self, root_fd: int) -> None:
        self.steps = [Step(root_fd, "")]
        self.links = 0

    @property
    def last(self) -> Step:
        """Where the trail ends."""
        return self.steps[-1]

    @property
    def path(self) -> str:
        """The path to its end without any link."""
        return "/" + "/".join(step.name for step in self.steps[1:])

    def down(self, name: str) -> None:
        """One step to an entry of the directory. Raises OSError, and Refused where it gets too deep."""
        if len(self.steps) > _DEPTH_LIMIT:
            raise Refused("invalid", f"more than {_DEPTH_LIMIT} directories deep")
        fd = os.open(name, _LOOK, dir_fd=self.last.fd)
        self.steps.append(Step(fd, name))

    def up(self) -> None:
        """One step back, but not over the root. Raises NotADirectoryError where a file has no ".."."""
        if self.last.kind != "directory":
            raise NotADirectoryError(errno.ENOTDIR, "not a directory")
        self._back(len(self.steps) - 1)

    def leave_link(self) -> str:
        """Step back from the link at the end, to the root for an absolute one, and return its text."""
        self.links += 1
        if self.links > _LINK_LIMIT:
            raise Refused("outside-root", f"a loop, or more than {_LINK_LIMIT} links")
        # The text of these links is a path in the view of that process, not in this one.
        if self.steps[1].name == "proc" and self.last.name in {"root", "cwd"}:
            raise Refused("outside-root", "leads into the view of another process")
        target = os.readlink("", dir_fd=self.last.fd)
        self._back(1 if target.startswith("/") else len(self.steps) - 1)
        return target

    def close(self) -> None:
        """Close all but the root's own descriptor."""
        self._back(1)

    def _back(self, keep: int) -> None:
        while len(self.steps) > max(keep, 1):
            os.close(self.steps.pop().fd)

    def shield(self) -> str | None:
        """The nearest directory above the end that others may not enter, with its mode."""
        for depth in range(len(self.steps) - 2, 0, -1):
            mode = stat.S_IMODE(self.steps[depth].status.st_mode)
            if not mode & stat.S_IXOTH:
                place = "/".join(step.name for step in self.steps[1 : depth + 1])
                return f"/{place} {mode:04o}"
        return None

    def content(self, limit: int) -> bytes:
        """What the regular file at the end holds. Raises OSError and Refused."""
        if self.last.kind == "file" and self.last.status.st_size > limit:
            raise Refused("too-large", f"over {limit} bytes")
        fd = self.open_file()
        try:
            content = _read_up_to(fd, limit + 1)
        finally:
            os.close(fd)
        if len(content) > limit:
            raise Refused("too-large", f"over {limit} bytes")
        return content

    def open_file(self) -> int:
        """A descriptor of the regular file at the end; the caller closes it. Raises OSError and Refused."""
        if self.last.kind != "file":
            raise Refused("special-file", f"a {self.last.kind} where a file was expected")
        fd = self._open_last()
        # Non-blocking, and looked at once more: what is opened may be another file by now.
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise Refused("vanished", "changed while it was read")
        return fd

    def open_directory(self) -> int:
        """A descriptor of the directory at the end, for the caller to close. Raises OSError."""
        return os.open(".", _LIST, dir_fd=self.last.fd)

    def _open_last(self) -> int:
        try:
            return os.open(self.last.name, _READ, dir_fd=self.steps[-2].fd)
        except FileNotFoundError:
            raise Refused("vanished", "went away while it was read") from None

    def names(self, limit: int) -> tuple[str, ...]:
        """The sorted names in the directory at the end. Raises OSError, and Refused over `limit`."""
        directory = os.open(".", _LIST, dir_fd=self.last.fd)
        try:
            with os.scandir(directory) as found:
                names = [entry.name for entry in islice(found, limit + 1)]
        finally:
            os.close(directory)
        if len(names) > limit:
            raise Refused("too-large", f"a directory with more than {limit} entries")
        return tuple(sorted(names))

    def has_acl(self) -> bool:
        """Whether a POSIX access list stands beside the mode; False also where that can't be asked."""
        try:
            return bool(os.getxattr(f"/proc/self/fd/{self.last.fd}", "system.posix_acl_access"))
        except OSError:
            return False


@contextmanager
def trail_to(root_fd: int, path: str, *, follow: bool = True) -> Iterator[Trail]:
    """The trail to what `path` leads to; `follow` a link at its end too. Raises OSError and Refused.

    A FileNotFoundError names in `filename` the last directory that is there.
    """
    if "\0" in path or len(path) > _PATH_LIMIT:
        raise Refused("invalid", "not a possible path")
    trail = Trail(root_fd)
    try:
        waiting = path.split("/")[::-1]
        while waiting:
            name = waiting.pop()
            if name == "..":
                trail.up()
            elif name not in {"", "."}:
                trail.down(name)
                if trail.last.kind == "link" and (follow or any(waiting)):
                    waiting += trail.leave_link().split("/")[::-1]
        yield trail
    except FileNotFoundError as error:
        error.filename = trail.path  # the directory that lacks it, wherever links led
        raise
    finally:
        trail.close()


def _read_up_to(fd: int, limit: int) -> bytes:
    """Reads until the end, as the size of a file in /proc says nothing."""
    parts = []
    left = limit
    while left and (part := os.read(fd, min(left, _CHUNK))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
