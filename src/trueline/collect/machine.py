"""Answers what scripts ask of a machine by reading it: files, and processes as `ps` prints them."""

import os
import shutil
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from trueline.collect.access import Root
from trueline.model.base import Model
from trueline.model.facts import Absent, FileMeta

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

    def meta(self, path: str) -> FileMeta | None:
        """Metadata of what is at `path` itself; None for a link and for what can't be looked at."""
        found = self.root.meta(path, entries=False)
        return found if isinstance(found, FileMeta) and found.target is None else None

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
