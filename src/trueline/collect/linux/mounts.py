"""Collects mounts: those that are active, and those that fstab and mount units make at the next boot."""

import os
import re

import msgspec

from trueline.collect.linux.reader import Reader, cleaned
from trueline.collect.linux.syntax import ini
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Malformed, Mount, Mounts, PlannedMount, Unit, Units

# File systems without a disk of this machine below them; to look into one may hang or trigger a mount.
PSEUDO_TYPES = frozenset(
    [
        "autofs",
        "binfmt_misc",
        "bpf",
        "cgroup",
        "cgroup2",
        "configfs",
        "cpuset",
        "debugfs",
        "devpts",
        "devtmpfs",
        "efivarfs",
        "fusectl",
        "hugetlbfs",
        "mqueue",
        "nsfs",
        "proc",
        "pstore",
        "rpc_pipefs",
        "securityfs",
        "selinuxfs",
        "smackfs",
        "sysfs",
        "tracefs",
    ]
)
REMOTE_TYPES = frozenset(
    [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
    ]
)
MEMORY_TYPES = frozenset({"tmpfs", "ramfs"})
_MOUNTS_LIMIT = 20_000
_ESCAPE = re.compile(r"\\([0-7]{3})")
_SIZED = re.compile(r"/|/(tmp|home|boot|opt|srv|usr|var|dev/shm)(/(tmp|log|log/audit|lib))?")


def is_local(kind: str) -> bool:
    """Whether a file system of this type has its data on this machine's disks."""
    remote = kind in REMOTE_TYPES or kind.startswith("fuse")
    return not remote and kind not in PSEUDO_TYPES and kind not in MEMORY_TYPES


def collect_mounts(reader: Reader, units: Units | Absent | Unavailable) -> Mounts:
    """Mounts now and after the next boot."""
    unread: dict[str, Unavailable] = {}
    wrong: list[Malformed] = []
    planned = _planned(reader, wrong)
    known = units.units if isinstance(units, Units) else {}
    from_units = _from_units(reader, known, unread)
    return Mounts(
        active=active_mounts(reader),
        planned=planned if isinstance(planned, Unavailable) else (*planned, *from_units),
        malformed=tuple(wrong),
        unread=unread,
    )


def active_mounts(reader: Reader) -> tuple[Mount, ...] | Unavailable:
    """The mounts that the machine's first process sees."""
    lines = reader.lines("/proc/1/mountinfo")
    if not isinstance(lines, tuple) and reader.root.path == "/":
        lines = reader.lines("/proc/self/mountinfo")
    if isinstance(lines, Absent):
        return Unavailable(kind="not-mounted", reason="no mounts are visible below the root")
    if isinstance(lines, Unavailable):
        return lines
    if len(lines) > _MOUNTS_LIMIT:
        return Unavailable(kind="too-large", reason=f"more than {_MOUNTS_LIMIT} mounts")
    found = [parse_mount(line) for line in lines]
    return tuple(_sized(reader, mount) for mount in found if mount)


def parse_mount(line: str) -> Mount | None:
    """A line of mountinfo; None where it is none."""
    first, _, second = line.partition(" - ")
    fields, rest = first.split(" "), second.split(" ")
    if len(fields) < 6 or len(rest) < 3:
        return None
    return Mount(
        target=_plain(fields[4]),
        source=cleaned(_plain(rest[1])),
        type=rest[0],
        options=tuple(fields[5].split(",")),
        super_options=tuple(cleaned(option) for option in rest[2].split(",")),
        source_path=_plain(fields[3]),
        device=fields[2],
    )


def parse_fstab(file: str, lines: tuple[str, ...]) -> tuple[list[PlannedMount], list[Malformed]]:
    """The mounts of an fstab, swap left out; lines that mount would refuse come second."""
    found: list[PlannedMount] = []
    wrong: list[Malformed] = []
    for number, raw in enumerate(lines, 1):
        fields = raw.split()
        if not fields or fields[0].startswith("#"):
            continue
        if len(fields) < 3:
            wrong.append(Malformed(file=file, line=number, reason="fewer than three fields"))
            continue
        if fields[2] == "swap" or fields[1] in {"none", "swap"}:
            continue
        options = tuple(cleaned(_plain(option)) for option in (fields[3:4] or ["defaults"])[0].split(","))
        found.append(
            PlannedMount(
                file=file,
                line=number,
                target=_plain(fields[1]).rstrip("/") or "/",
                source=cleaned(_plain(fields[0])),
                type=fields[2],
                options=options,
                enabled="noauto" not in options,
            )
        )
    return found, wrong


def _planned(reader: Reader, wrong: list[Malformed]) -> tuple[PlannedMount, ...] | Unavailable:
    lines = reader.lines("/etc/fstab")
    if isinstance(lines, Unavailable):
        return lines
    found, complaints = parse_fstab("/etc/fstab", lines if isinstance(lines, tuple) else ())
    wrong += complaints
    return tuple(found)


def _from_units(reader: Reader, units: dict[str, Unit], unread: dict[str, Unavailable]) -> list[PlannedMount]:
    found = []
    for name, unit in units.items():
        if not name.endswith(".mount") or not unit.file:
            continue
        lines = reader.lines(unit.file)
        if isinstance(lines, Unavailable):
            unread[unit.file] = lines
        elif isinstance(lines, tuple):
            found.append(_from_unit(unit.file, lines, unit))
    return found


def _from_unit(file: str, lines: tuple[str, ...], unit: Unit) -> PlannedMount:
    values = {entry.key: entry.value for entry in ini(file, lines) if entry.section == "Mount"}
    return PlannedMount(
        file=file,
        line=0,
        target=values.get("Where", ""),
        source=values.get("What", ""),
        type=values.get("Type", ""),
        options=tuple(values.get("Options", "").split(",")) if values.get("Options") else (),
        enabled=unit.state != "masked" and bool(unit.wanted_by),
    )


def _sized(reader: Reader, mount: Mount) -> Mount:
    """With the size of those file systems that benchmarks name; others are not touched."""
    if not (is_local(mount.type) or mount.type in MEMORY_TYPES) or not _SIZED.fullmatch(mount.target):
        return mount
    fd = reader.root.open_directory(mount.target)
    if not isinstance(fd, int):
        return mount
    try:
        major, _, minor = mount.device.partition(":")
        if os.fstat(fd).st_dev != os.makedev(int(major), int(minor)):
            return mount
        status = os.fstatvfs(fd)
    except (OSError, ValueError, OverflowError):
        return mount
    finally:
        os.close(fd)
    return msgspec.structs.replace(mount, size=status.f_blocks * status.f_frsize)


def _plain(text: str) -> str:
    """A field of fstab or mountinfo with its blanks, which stand in it as octal numbers."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8) & 0xFF), text)
