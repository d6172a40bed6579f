"""The one door through which files change: below a root, without following links out of it, atomically."""

import base64
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from trueline.collect.access import Root
from trueline.errors import TruelineError
from trueline.model.facts import Absent, FileMeta, Unavailable
from trueline.model.plan import FileState

LIMIT = 16 * 1024 * 1024
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HINTS = {
    errno.ENOSPC: "The disk is full: make room, then resume or roll back.",
    errno.EDQUOT: "The quota is used up: make room, then resume or roll back.",
    errno.EROFS: "The file system is read-only: remount it, then resume or roll back.",
    errno.EPERM: "It is immutable or not this user's to change: see lsattr, then resume or roll back.",
    errno.EACCES: "This user may not change it: run it as root.",
}


class ChangeFailed(TruelineError):
    """The machine did not let something be changed; nothing is half-written."""


@contextmanager
def failing(what: str) -> Iterator[None]:
    """Turns the operating system's refusals into an error that names what could not be done."""
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        hint = _HINTS.get(number, "See what is wrong with it, then resume or roll back.")
        raise ChangeFailed(f"{what}: {(error.strerror or str(error)).lower()}", hint=hint) from error


class Found:
    """A file as it was found: its state, content, and what of its metadata a plan does not show."""

    __slots__ = ("content", "modified", "state", "xattrs")

    def __init__(self, state: FileState, content: bytes, modified: int, xattrs: dict[str, bytes]) -> None:
        self.state = state
        self.content = content
        self.modified = modified
        self.xattrs = xattrs


class Files:
    """A root whose files may change. All paths are absolute below it."""

    def __init__(self, root: Root) -> None:
        self.root = root

    def real(self, path: str) -> str:
        """The path without links, below the root; of what does not exist, its directory's and the name.

        Raises ChangeFailed where it can't be known.
        """
        meta = self.root.meta(path, entries=False)
        if isinstance(meta, FileMeta):
            return meta.target or _clean(path)
        above, _, name = _clean(path).rpartition("/")
        if isinstance(meta, Unavailable) or isinstance(self.root.readlink(path), str):
            reason = meta.reason if isinstance(meta, Unavailable) else "a link that leads nowhere"
            raise ChangeFailed(f"{path}: {reason}", hint="See what it is; it was left as it is.")
        return f"{self.real(above).rstrip('/')}/{name}" if above else f"/{name}"

    def look(self, path: str) -> Found | None:
        """What is at the path itself, a link not followed; None for nothing. Raises ChangeFailed."""
        with failing(path), self._above(path) as (directory, name):
            if directory is None:
                return None
            try:
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            except FileNotFoundError:
                return None
            return self._found(path, directory, name, status)

    def _found(self, path: str, directory: int, name: str, status: os.stat_result) -> Found:
        owners = {
            "uid": status.st_uid,
            "gid": status.st_gid,
            "owner": self.root.users.get(status.st_uid, ""),
            "group": self.root.groups.get(status.st_gid, ""),
        }
        if stat.S_ISLNK(status.st_mode):
            target = os.readlink(name, dir_fd=directory)
            state = FileState(kind="link", target=target, **owners)  # type: ignore[arg-type]
            return Found(state, b"", status.st_mtime_ns, {})
        kind = "directory" if stat.S_ISDIR(status.st_mode) else "file" if stat.S_ISREG(status.st_mode) else ""
        if not kind or status.st_size > LIMIT:
            raise ChangeFailed(f"{path} is no file of a size to change", hint="It was left as it is.")
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        try:
            content = _content(fd) if kind == "file" else b""
            xattrs = _xattrs(fd)
        finally:
            os.close(fd)
        digest = sha256(content) if kind == "file" else ""
        state = FileState(kind=kind, mode=mode, digest=digest, **owners)  # type: ignore[arg-type]
        return Found(state, content, status.st_mtime_ns, xattrs)

    def write(self, path: str, content: bytes, state: FileState, found: Found | None, name: str) -> None:
        """Puts a file in place in one step, with its extended attributes (ACL, SELinux label) kept.

        `name` is that of the temporary file beside it.
        """
        with failing(path), self._above(path) as (directory, last):
            assert directory is not None
            self._discard(directory, name)
            fd = os.open(name, _NEW, 0o600, dir_fd=directory)
            try:
                try:
                    _write_all(fd, content)
                    os.fchown(fd, state.uid, state.gid)
                    _set_xattrs(fd, found.xattrs if found else {})
                    os.fchmod(fd, int(state.mode, 8))
                    os.fsync(fd)
                finally:
                    os.close(fd)
                os.rename(name, last, src_dir_fd=directory, dst_dir_fd=directory)
            except OSError:
                self._discard(directory, name)
                raise
            os.fsync(directory)

    def set_access(
        self, path: str, state: FileState, xattrs: dict[str, bytes] | None = None, *, of: FileState
    ) -> None:
        """Mode and owner of what is there; `xattrs` are given back where the kernel took them.

        It belongs to the owner of the state or to that `of` the other one: who may write its directory could
        have put another name of somebody else's file there by now.
        """
        with failing(path), self._above(path) as (directory, name):
            assert directory is not None
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
            try:
                status = os.fstat(fd)
                if (status.st_uid, status.st_gid) not in {(state.uid, state.gid), (of.uid, of.gid)}:
                    raise ChangeFailed(f"{path} belongs to another one now", hint="It was left as it is.")
                os.fchown(fd, state.uid, state.gid)
                _set_xattrs(fd, xattrs or {})
                os.fchmod(fd, int(state.mode, 8))
                os.fsync(fd)
            finally:
                os.close(fd)

    def link(self, path: str, target: str, name: str) -> None:
        """Puts a symbolic link in place in one step."""
        with failing(path), self._above(path) as (directory, last):
            assert directory is not None
            self._discard(directory, name)
            os.symlink(target, name, dir_fd=directory)
            os.rename(name, last, src_dir_fd=directory, dst_dir_fd=directory)
            os.fsync(directory)

    def make_directory(self, path: str, state: FileState) -> None:
        """A directory that is not there yet."""
        with failing(path), self._above(path) as (directory, name):
            assert directory is not None
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=directory)
            fd = os.open(name, _DIRECTORY, dir_fd=directory)
            try:
                os.fchown(fd, state.uid, state.gid)
                os.fchmod(fd, int(state.mode, 8))
            finally:
                os.close(fd)
            os.fsync(directory)

    def remove(self, path: str) -> None:
        """Takes a file, link or empty directory away; nothing there is as well."""
        with failing(path), self._above(path) as (directory, name):
            if directory is None:
                return
            try:
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            except FileNotFoundError:
                return
            if stat.S_ISDIR(status.st_mode):
                os.rmdir(name, dir_fd=directory)
            else:
                os.unlink(name, dir_fd=directory)
            os.fsync(directory)

    def discard(self, path: str, name: str) -> None:
        """Takes away a temporary file that an earlier run left beside `path`."""
        with failing(path), self._above(path) as (directory, _):
            if directory is not None:
                self._discard(directory, name)

    def keep(self, path: str, store: int, name: str) -> bool:
        """A second name in the directory `store` for the very file; False on another file system."""
        with failing(f"keeping {path}"), self._above(path) as (directory, last):
            assert directory is not None
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=store)
            try:
                os.link(last, name, src_dir_fd=directory, dst_dir_fd=store, follow_symlinks=False)
            except OSError as error:
                if error.errno in {errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP}:
                    return False
                raise
            os.fsync(store)
        return True

    def give_back(self, path: str, store: int, name: str) -> None:
        """Moves the kept file to its place again: the same inode, with all that it had."""
        with failing(path), self._above(path) as (directory, last):
            assert directory is not None
            os.rename(name, last, src_dir_fd=store, dst_dir_fd=directory)
            os.fsync(directory)

    def touch(self, path: str, modified: int) -> None:
        """Gives a file the time of its last change back, in nanoseconds."""
        with failing(path), self._above(path) as (directory, name):
            os.utime(name, ns=(modified, modified), dir_fd=directory, follow_symlinks=False)

    @contextmanager
    def _above(self, path: str) -> Iterator[tuple[int | None, str]]:
        """A descriptor of the directory that the path is in, None where there is none, and the last name."""
        above, _, name = path.rpartition("/")
        found = self.root.open_directory(above or "/", links=False)
        if isinstance(found, Absent):
            yield None, name
            return
        if isinstance(found, Unavailable):
            raise ChangeFailed(f"{above}: {found.reason}", hint="See what it is; nothing was changed there.")
        try:
            yield found, name
        finally:
            os.close(found)

    @staticmethod
    def _discard(directory: int, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)


def sha256(content: bytes) -> str:
    """As plans write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def packed(xattrs: dict[str, bytes]) -> dict[str, str]:
    """Extended attributes as JSON can hold them."""
    return {name: base64.b64encode(value).decode() for name, value in xattrs.items()}


def unpacked(xattrs: dict[str, str]) -> dict[str, bytes]:
    """What `packed` made, as it was."""
    return {name: base64.b64decode(value) for name, value in xattrs.items()}


def _clean(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/") if part)


def _content(fd: int) -> bytes:
    parts = []
    while part := os.read(fd, 1024 * 1024):
        parts.append(part)
    return b"".join(parts)


def _write_all(fd: int, content: bytes) -> None:
    while content:
        content = content[os.write(fd, content) :]


def _xattrs(fd: int) -> dict[str, bytes]:
    try:
        return {name: os.getxattr(fd, name) for name in os.listxattr(fd)}
    except OSError as error:
        if error.errno in {errno.ENOTSUP, errno.EOPNOTSUPP}:
            return {}
        raise


def _set_xattrs(fd: int, xattrs: dict[str, bytes]) -> None:
    """Gives attributes; a label that this file system or kernel does not take is the only loss allowed."""
    for name, value in xattrs.items():
        try:
            if name not in os.listxattr(fd) or os.getxattr(fd, name) != value:
                os.setxattr(fd, name, value)
        except OSError as error:
            if error.errno not in {errno.ENOTSUP, errno.EOPNOTSUPP}:
                raise
