"""Answers what scripts ask of a machine by reading it: files, and processes as `ps` prints them."""

import os
import shutil
import stat
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from trueline.collect.access import Root
from trueline.collect.surroundings import maker, quotation_marks, says_statx
from trueline.model.base import Model
from trueline.model.facts import Absent, FileKind, FileMeta

_CHANGES_PS = (
    "COLUMNS",
    "LINES",
    "PS_FORMAT",
    "PS_PERSONALITY",
    "CMD_ENV",
    "UNIX95",
    "POSIXLY_CORRECT",
    "_XPG",
)
_COMMAND_LIMIT = 60_000
_NAME_WIDTH = 8
_PTY = range(136, 144)


class ProcessRow(Model, frozen=True, kw_only=True):
    """One process with the columns that `ps -f` prints. `certain`: just so would `ps` print it.

    `name` is what the process calls itself, at most 15 bytes long. Columns that a recorded tree does not tell
    are "?".
    """

    pid: int
    ppid: int
    user: str
    name: str
    command: str
    cpu: str = "?"
    start: str = "?"
    terminal: str = "?"
    time: str = "?"
    certain: bool = True


class Entry(Model, frozen=True, kw_only=True):
    """What is at a path, or that surely nothing is. Names are None where no table has them."""

    kind: FileKind | Literal["missing"]
    bits: int = 0
    uid: int = 0
    gid: int = 0
    owner: str | None = None
    group: str | None = None


class Machine:
    """One root, looked at as scripts would see it. It starts no program."""

    def __init__(self, root: Root) -> None:
        self.root = root

    @property
    def is_own(self) -> bool:
        """Whether the root is this process's own, so that programs that run here see the same."""
        return self.root.path == "/"

    def exists(self, path: str) -> bool | None:
        """Whether something is at `path`, links followed; None where this user can't tell."""
        found = self.root.identity(path)
        if not isinstance(found, Absent):
            return True if isinstance(found, tuple) else None
        # A copy of a node may lack whole parts of it, such as the link from /lib to /usr/lib.
        top = "/" + path.strip("/").split("/")[0]
        return False if self.is_own or isinstance(self.root.identity(top), tuple) else None

    def entry(self, path: str, *, follow: bool) -> Entry | None:
        """What is at an absolute path, or the link there unless `follow`; None where that is not certain."""
        if not path.startswith("/"):
            return self._entry_here(path)
        as_directory = path.endswith(("/", "/."))
        if not follow and not as_directory and isinstance(self.root.readlink(path), str):
            return self._link(path)
        found = self.root.meta(path, entries=False)
        if isinstance(found, FileMeta):
            return None if as_directory and found.kind != "directory" else _entry(found)
        absent = isinstance(found, Absent) and self.exists(path) is False
        return Entry(kind="missing") if absent and self._has_no_file_above(path) else None

    def _entry_here(self, path: str) -> Entry | None:
        """That nothing is at a path from the working directory, as far as its first name tells."""
        names = self.working_names
        first = path.split("/", maxsplit=1)[0]
        if not self.is_own or names is None or first in names or first in (".", ".."):
            return None
        return Entry(kind="missing")

    def _has_no_file_above(self, path: str) -> bool:
        """Whether what is missing is missing in a directory; a file in its way is another error."""
        above = path.rstrip("/").rpartition("/")[0] or "/"
        found = self.root.meta(above, entries=False)
        if isinstance(found, Absent):
            return self._has_no_file_above(above)
        return isinstance(found, FileMeta) and found.kind == "directory"

    def _link(self, path: str) -> Entry | None:
        try:
            found = os.lstat(path) if self.is_own else None
        except OSError:
            return None
        if found is None or not stat.S_ISLNK(found.st_mode):
            return None
        return Entry(
            kind="link",
            bits=stat.S_IMODE(found.st_mode),
            uid=found.st_uid,
            gid=found.st_gid,
            owner=self.root.users.get(found.st_uid),
            group=self.root.groups.get(found.st_gid),
        )

    def names(self, path: str) -> tuple[str, ...] | None:
        """The names in a directory, in its own order; None where they can't be listed."""
        fd = self.root.open_directory(path)
        if not isinstance(fd, int):
            return None
        try:
            with os.scandir(fd) as found:
                names = tuple(entry.name for entry in found)
        except OSError:
            return None
        finally:
            os.close(fd)
        return names if all(name.isascii() and name.isprintable() for name in names) else None

    @cached_property
    def working_names(self) -> tuple[str, ...] | None:
        """The names in the directory in which programs would be started; none below another root."""
        if not self.is_own:
            return ()
        try:
            with os.scandir() as found:
                return tuple(entry.name for entry in found)
        except OSError:
            return None

    @property
    def quotes(self) -> str:
        """The two quotation marks of programs' messages; "" where their language is not certain."""
        return (
            quotation_marks()
            if self.is_own
            else "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
        )

    def maker(self, program: str) -> str:
        """Who made a program; see `surroundings.maker`. On a copy of a machine all are taken for GNU's."""
        return maker(program) if self.is_own else "gnu"

    def stat_says(self, program: str) -> str:
        """The call that `stat` names in its messages."""
        return "statx" if not self.is_own or says_statx(program) else "stat"

    def variable(self, name: str) -> str | None:
        """The value of an environment variable, "" for none; None where it is not known."""
        return os.environ.get(name, "") if self.is_own else None

    def text(self, path: str) -> str | None:
        """The text of a regular file; None where there is none that can be read as a whole."""
        content = self.root.read(path)
        return content.decode("utf-8", "replace") if isinstance(content, bytes) else None

    def command_lines(self, name: str) -> Sequence[str]:
        """The command lines of processes that call themselves `name`."""
        return [row.command for row in self.processes if row.name == name[:15]]

    @property
    def own_user(self) -> str:
        """The name of the user that this program, and what it starts, runs as."""
        return self.root.users.get(os.geteuid(), str(os.geteuid()))

    @cached_property
    def prints_like_procps(self) -> bool:
        """Whether `ps` here is the program whose columns are reproduced, and is not told to print others."""
        if any(name in os.environ for name in _CHANGES_PS):
            return False
        programs = {os.path.realpath(path) for path in ("/bin/ps", shutil.which("ps")) if path}
        return all(_is_procps(path) for path in programs)

    @cached_property
    def pid_width(self) -> int:
        """How wide the columns of process numbers are."""
        highest = self.root.read("/proc/sys/kernel/pid_max")
        digits = highest.strip() if isinstance(highest, bytes) else b""
        return len(str(int(digits) - 1)) if digits.isdigit() else 5

    @cached_property
    def processes(self) -> tuple[ProcessRow, ...]:
        """All processes by number; empty where they can't be listed."""
        names = self.root.listdir("/proc")
        numbers = sorted(int(name) for name in names if name.isdecimal()) if isinstance(names, tuple) else []
        reader = _Reader(self.root, time.time())
        return tuple(row for pid in numbers if (row := reader.row(pid)) is not None)


def _entry(found: FileMeta) -> Entry:
    return Entry(
        kind=found.kind,
        bits=found.bits,
        uid=found.uid,
        gid=found.gid,
        owner=found.owner,
        group=found.group,
    )


def _is_procps(path: str) -> bool:
    try:
        return b"procps" in Path(path).read_bytes()
    except OSError:
        return False


class _Reader:
    def __init__(self, root: Root, now: float) -> None:
        self.root = root
        self.now = now
        self.clock = os.sysconf("SC_CLK_TCK")
        uptime = self.text("/proc/uptime").split()
        self.uptime = float(uptime[0]) if uptime else 0.0

    def text(self, path: str) -> str:
        content = self.root.read(path)
        return content.decode("utf-8", "surrogateescape") if isinstance(content, bytes) else ""

    def row(self, pid: int) -> ProcessRow | None:
        status = dict(line.partition(":\t")[::2] for line in self.text(f"/proc/{pid}/status").splitlines())
        try:
            uid = int(status["Uid"].split()[1])
            row = ProcessRow(
                pid=pid,
                ppid=int(status["PPid"]),
                user=self.root.users.get(uid, str(uid)),
                name=status["Name"],
                command="",
                certain=uid in self.root.users and len(self.root.users[uid]) <= _NAME_WIDTH,
            )
        except (KeyError, ValueError, IndexError):
            return None
        return self.with_times(self.with_command(row, status.get("State", "")))

    def with_command(self, row: ProcessRow, state: str) -> ProcessRow:
        raw = self.text(f"/proc/{row.pid}/cmdline")
        arguments = raw.rstrip("\0")
        command = arguments.replace("\0", " ")
        if not command:
            suffix = " <defunct>" if state.startswith("Z") else ""
            return msgspec.structs.replace(row, command=f"[{row.name}]{suffix}", certain=False)
        whole = len(raw) - len(arguments) == 1 and len(command) < _COMMAND_LIMIT
        plain = command.isascii() and command.isprintable() and not state.startswith("Z")
        return msgspec.structs.replace(row, command=command, certain=row.certain and whole and plain)

    def with_times(self, row: ProcessRow) -> ProcessRow:
        _, _, rest = self.text(f"/proc/{row.pid}/stat").rpartition(") ")
        fields = rest.split()
        if len(fields) < 20 or not self.uptime:
            return row
        terminal = _terminal(int(fields[4]))
        ticks = int(fields[11]) + int(fields[12])
        age = self.uptime - int(fields[19]) / self.clock
        return msgspec.structs.replace(
            row,
            cpu=str(min(99, int(ticks * 100 / self.clock / age) if age >= 1 else 0)),
            start=self.start(int(fields[19]) / self.clock),
            terminal=terminal or "?",
            time=_duration(ticks // self.clock),
            certain=row.certain and terminal is not None,
        )

    def start(self, after_boot: float) -> str:
        began = time.localtime(int(self.now - self.uptime + after_boot))
        today = time.localtime(self.now)
        if began.tm_year != today.tm_year:
            return time.strftime("%Y", began)
        return time.strftime("%H:%M" if began.tm_yday == today.tm_yday else "%b%d", began)


def _terminal(device: int) -> str | None:
    """The name of a terminal; None for one that only its driver's table tells."""
    if device == 0:
        return "?"
    major, minor = os.major(device), os.minor(device)
    return f"pts/{minor + (major - 136) * 256}" if major in _PTY else None


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}-{text}" if days else text
