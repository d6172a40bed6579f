"""Finds which units run now: systemd is asked where it may be, else the control groups are looked at."""

from trueline.collect.linux.reader import Reader
from trueline.collect.programs import Programs
from trueline.model.known import Absent, Unavailable

ALL_KINDS = ("service", "socket", "timer", "target", "path", "mount", "automount")
_ACTIVE = {"active", "reloading", "activating"}
_HIERARCHIES = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")
_DEPTH_LIMIT = 6
_GROUPS_LIMIT = 5_000

Running = tuple[tuple[str, ...] | Unavailable, tuple[str, ...]]


def running_units(reader: Reader, programs: Programs) -> Running:
    """The names of units that run, and the kinds for which that is all of them."""
    booted = reader.root.identity("/run/systemd/system")
    if reader.root.path == "/" and isinstance(booted, Absent):
        return (), ALL_KINDS  # systemd's own test of whether it is the machine's init: it runs nothing
    asked = programs.run("systemctl") if isinstance(booted, tuple) else None
    if isinstance(asked, str):
        return parse_list_units(asked), ALL_KINDS
    return _from_groups(reader)


def parse_list_units(output: str) -> tuple[str, ...]:
    """Active units out of the answer of `systemctl list-units`."""
    rows = (line.split() for line in output.splitlines())
    return tuple(sorted(row[0] for row in rows if len(row) >= 4 and row[2] in _ACTIVE))


def _from_groups(reader: Reader) -> Running:
    for hierarchy in _HIERARCHIES:
        if reader.root.exists(f"{hierarchy}/system.slice"):
            search = _Groups(reader)
            search.enter(f"{hierarchy}/system.slice", 0)
            if search.failed:
                return search.failed, ()
            return tuple(sorted(search.found)), ("service",)
    return Unavailable(kind="not-mounted", reason="what systemd runs is not visible below the root"), ()


class _Groups:
    """Services with processes below a control group."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.found: set[str] = set()
        self.failed: Unavailable | None = None
        self.entered = 0

    def enter(self, path: str, depth: int) -> None:
        self.entered += 1
        names = self.reader.root.listdir(path)
        if isinstance(names, Unavailable) or self.entered > _GROUPS_LIMIT:
            self.failed = (
                names
                if isinstance(names, Unavailable)
                else Unavailable(kind="too-large", reason=f"more than {_GROUPS_LIMIT} control groups")
            )
            return
        for name in names if isinstance(names, tuple) else ():
            if name.endswith(".service"):
                if self._populated(f"{path}/{name}", 0):
                    self.found.add(name)
            elif name.endswith(".slice") and depth < _DEPTH_LIMIT:
                self.enter(f"{path}/{name}", depth + 1)

    def _populated(self, path: str, depth: int) -> bool:
        events = self.reader.root.read(f"{path}/cgroup.events")
        if isinstance(events, bytes):
            return b"populated 1" in events
        processes = self.reader.root.read(f"{path}/cgroup.procs")
        if isinstance(processes, Unavailable):
            self.failed = processes
        if isinstance(processes, bytes) and processes.strip():
            return True
        names = self.reader.root.listdir(path) if depth < _DEPTH_LIMIT else ()
        below = (
            [name for name in names if "." not in name or name.endswith((".service", ".scope"))]
            if (isinstance(names, tuple))
            else []
        )
        return any(self._populated(f"{path}/{name}", depth + 1) for name in below[:64])
