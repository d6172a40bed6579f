"""Collects what SELinux and AppArmor do now, and running processes that rules ask for."""

import re
from collections.abc import Iterator

from trueline.collect.linux.reader import Reader
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Apparmor, ApparmorProfiles, Daemon, Selinux

_WATCHED = frozenset(
    [
        "auditd",
        "chronyd",
        "cron",
        "crond",
        "dhcpd",
        "httpd",
        "named",
        "nginx",
        "nmbd",
        "ntpd",
        "ntpsec",
        "postfix",
        "rngd",
        "rsyncd",
        "rsyslogd",
        "smbd",
        "snmpd",
        "squid",
        "sshd",
        "syslog-ng",
        "systemd-journal",
        "systemd-timesyn",
        "vsftpd",
    ]
)
_UNCONFINED = ("unconfined_service_t", "initrc_t")
_PROFILE = re.compile(r"(.+) \((\w+)\)$")
_PROFILES_LIMIT = 5_000
_PROCESSES_LIMIT = 50_000
_DAEMONS_LIMIT = 2_000


def collect_selinux(reader: Reader) -> Selinux | Absent | Unavailable:
    """The mode that the kernel is in; Absent where it can't have SELinux or the system has no policy."""
    mode = reader.first_line("/sys/fs/selinux/enforce")
    if isinstance(mode, str):
        return Selinux(mode="enforcing" if mode == "1" else "permissive")
    if isinstance(mode, Unavailable):
        return Selinux(mode=mode)
    if _has_sys(reader):
        return Selinux(mode="disabled") if reader.root.exists("/etc/selinux/config") else Absent()
    return Unavailable(kind="not-mounted", reason="there is no /sys below the root")


def collect_apparmor(reader: Reader) -> Apparmor | Absent | Unavailable:
    """Whether AppArmor is on, and the profiles that are loaded."""
    enabled = reader.first_line("/sys/module/apparmor/parameters/enabled")
    if isinstance(enabled, Unavailable):
        return enabled
    if isinstance(enabled, Absent):
        known = _has_sys(reader)
        return (
            Absent() if known else Unavailable(kind="not-mounted", reason="there is no /sys below the root")
        )
    lines = reader.lines("/sys/kernel/security/apparmor/profiles")
    profiles = _profiles(lines)
    return Apparmor(
        enabled=enabled == "Y",
        profiles=profiles,
        unconfined=_unconfined(reader, profiles) if isinstance(profiles, ApparmorProfiles) else profiles,
    )


def collect_daemons(reader: Reader) -> tuple[Daemon, ...] | Unavailable:
    """The processes that rules name, and those that run without an SELinux type of their own."""
    names = reader.root.listdir("/proc")
    if isinstance(names, Unavailable):
        return names
    pids = [name for name in (names if isinstance(names, tuple) else ()) if name.isdigit()]
    if not pids:
        return Unavailable(kind="not-mounted", reason="no process is visible below the root")
    if len(pids) > _PROCESSES_LIMIT:
        return Unavailable(kind="too-large", reason=f"more than {_PROCESSES_LIMIT} processes")
    labelled = reader.root.exists("/sys/fs/selinux/enforce")
    return tuple(_daemons(reader, pids, labelled))[:_DAEMONS_LIMIT]


def parse_status(content: bytes) -> tuple[str, int] | None:
    """Name and effective uid out of a process's status; None where it is none."""
    fields = dict(line.partition(b":\t")[::2] for line in content.splitlines() if b":\t" in line)
    uids = fields.get(b"Uid", b"").split()
    if b"Name" not in fields or len(uids) < 2 or not uids[1].isdigit():
        return None
    return fields[b"Name"].decode("utf-8", "replace"), int(uids[1])


def _daemons(reader: Reader, pids: list[str], labelled: bool) -> Iterator[Daemon]:
    for pid in pids:
        comm = reader.root.read(f"/proc/{pid}/comm")
        watched = isinstance(comm, bytes) and comm.decode("utf-8", "replace").strip() in _WATCHED
        label = _label(reader, pid) if labelled else ""
        if not watched and label not in _UNCONFINED:
            continue
        content = reader.root.read(f"/proc/{pid}/status")
        status = parse_status(content) if isinstance(content, bytes) else None
        if status:
            name, uid = status
            yield Daemon(pid=int(pid), name=name, uid=uid, user=reader.root.users.get(uid), label=label)


def _label(reader: Reader, pid: str) -> str:
    content = reader.root.read(f"/proc/{pid}/attr/current")
    parts = content.decode("utf-8", "replace").strip("\0\n ").split(":") if isinstance(content, bytes) else []
    return parts[2] if len(parts) > 2 else ""


def _profiles(lines: tuple[str, ...] | Absent | Unavailable) -> ApparmorProfiles | Unavailable:
    if isinstance(lines, Absent):
        return Unavailable(kind="not-mounted", reason="the kernel's security file system is not visible")
    if isinstance(lines, Unavailable):
        return lines
    found = (_PROFILE.match(line) for line in lines[:_PROFILES_LIMIT])
    return ApparmorProfiles(modes={match[1]: match[2] for match in found if match})


def _unconfined(reader: Reader, profiles: ApparmorProfiles) -> tuple[str, ...] | Unavailable:
    """Executables of processes without a profile although one is loaded by the executable's name."""
    names = reader.root.listdir("/proc")
    if not isinstance(names, tuple):
        return Unavailable(kind="not-mounted", reason="no process is visible below the root")
    attached = {name for name in profiles.modes if name.startswith("/")}
    found = set()
    for pid in (name for name in names if attached and name.isdigit()):
        current = reader.root.read(f"/proc/{pid}/attr/current")
        if isinstance(current, bytes) and current.strip(b"\0\n ") == b"unconfined":
            executable = reader.root.readlink(f"/proc/{pid}/exe")
            if isinstance(executable, Unavailable) and executable.kind == "denied":
                return executable
            if executable in attached:
                found.add(str(executable))
    return tuple(sorted(found))


def _has_sys(reader: Reader) -> bool:
    return reader.root.exists("/sys/kernel") or reader.root.exists("/sys/class")
