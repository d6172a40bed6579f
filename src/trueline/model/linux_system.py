"""Facts of an operating system: kernel, file systems, software and what starts; see `model.linux`."""

from typing import Final, Literal

from trueline.model.base import Model
from trueline.model.known import Unavailable


class Subject(Model, frozen=True, kw_only=True, tag_field="state", tag="known"):
    """A subject that could be read, at least in part."""


class Entry(Model, frozen=True, kw_only=True):
    """One statement of a configuration file, in the order in which its program reads it.

    `key` is "" in a file of plain lines. `value` has no quotes around it and no comment behind it; secrets
    are taken out. `section` is that of an INI file, or the words in front of nested blocks ("APT").
    """

    file: str
    line: int
    key: str = ""
    value: str = ""
    section: str = ""


class Config(Subject, frozen=True, kw_only=True):
    """The statements of all files of one configuration, in the order in which they take effect.

    Whether the first or the last of equal keys wins is the program's habit, not said here. `files` are those
    that were read; empty where there are none.
    """

    entries: tuple[Entry, ...] = ()
    files: tuple[str, ...] = ()
    unread: dict[str, Unavailable] = {}


class Malformed(Model, frozen=True, kw_only=True):
    """A line that its program would not understand; its text is not kept."""

    file: str
    line: int
    reason: str


# Kernel: modules, parameters, boot, mandatory access control


class ModprobeRule(Model, frozen=True, kw_only=True):
    """A line of modprobe.d.

    `module` with "-" as "_", `argument` the command of install or name of an alias.
    """

    file: str
    line: int
    directive: str
    module: str
    argument: str = ""


class ModuleTree(Model, frozen=True, kw_only=True):
    """An installed kernel and the names of the modules in it ("-" as "_")."""

    release: str
    builtin: tuple[str, ...] | Unavailable = ()
    available: tuple[str, ...] | Unavailable = ()


class Modules(Subject, frozen=True, kw_only=True):
    """Kernel modules.

    `loaded` now, `trees` of all kernels below /lib/modules, `rules` in modprobe's order. `file_systems` are
    the types that the running kernel knows, by modules that are loaded or built in.
    """

    loaded: tuple[str, ...] | Unavailable
    trees: tuple[ModuleTree, ...] | Unavailable = ()
    file_systems: tuple[str, ...] = ()
    rules: tuple[ModprobeRule, ...] = ()
    unread: dict[str, Unavailable] = {}


class SysctlValues(Subject, frozen=True, kw_only=True):
    """Kernel parameters as they are now, by dotted name ("net.ipv4.conf.all.rp_filter").

    A "/" inside a name stands for a dot of an interface's name. Keys (`stable_secret`) are left out.
    `unread` has names of parameters too, or "net" for all where this process is in another network.
    """

    values: dict[str, str]
    unread: dict[str, Unavailable] = {}


class SysctlLine(Model, frozen=True, kw_only=True):
    """An assignment at boot. `value` None: an exclusion ("-key") from the patterns that match it.

    `pattern`: the dotted name holds shell wildcards. `optional`: written with "-", a failure is not reported.
    """

    file: str
    line: int
    name: str
    value: str | None
    pattern: bool = False
    optional: bool = False


class SysctlBoot(Subject, frozen=True, kw_only=True):
    """What systemd-sysctl assigns at boot, in its order: for equal names the last line counts.

    An explicit name always wins over a pattern. `masked` are files that another directory's file of the same
    name, or a link to /dev/null, takes out. `not_applied` are lines of an /etc/sysctl.conf that
    systemd-sysctl does not read, since nothing in a sysctl.d leads to it; a distribution with procps'
    service reads it last.
    """

    lines: tuple[SysctlLine, ...] = ()
    not_applied: tuple[SysctlLine, ...] = ()
    files: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    unread: dict[str, Unavailable] = {}


class Sysctl(Subject, frozen=True, kw_only=True):
    """Kernel parameters now and at boot."""

    running: SysctlValues | Unavailable
    boot: SysctlBoot | Unavailable


class BootEntry(Model, frozen=True, kw_only=True):
    """The kernel's arguments in one entry of a boot loader's menu, variables filled in where known."""

    file: str
    line: int
    title: str
    arguments: tuple[str, ...]


class BootPassword(Model, frozen=True, kw_only=True):
    """Whether a file of the boot loader asks for a password; no hash."""

    file: str
    superusers: bool = False
    password: Literal["none", "plain", "pbkdf2"] = "none"


class Boot(Subject, frozen=True, kw_only=True):
    """Kernel arguments of the `running` system and of the boot loader's `entries` (for the next boot).

    `entries` is empty where no boot loader's menu was found; /etc/default/grub, from which the next menu
    will be made, is configuration "grub". `uefi` None: not seen.
    """

    running: tuple[str, ...] | Unavailable
    entries: tuple[BootEntry, ...] = ()
    passwords: tuple[BootPassword, ...] = ()
    uefi: bool | None = None
    unread: dict[str, Unavailable] = {}


class Selinux(Subject, frozen=True, kw_only=True):
    """SELinux now; what holds after a boot is in configuration "selinux" and the kernel's arguments."""

    mode: Literal["enforcing", "permissive", "disabled"] | Unavailable


class Apparmor(Subject, frozen=True, kw_only=True):
    """AppArmor now: `profiles` by name with their mode ("enforce", "complain", "kill", "unconfined").

    `unconfined` are executables of running processes that run unconfined although a profile names them.
    """

    enabled: bool
    profiles: "ApparmorProfiles | Unavailable"
    unconfined: tuple[str, ...] | Unavailable = ()


class ApparmorProfiles(Subject, frozen=True, kw_only=True):
    """The loaded profiles."""

    modes: dict[str, str] = {}


# File systems


class Mount(Model, frozen=True, kw_only=True):
    """A mount that is active. Of several on one target the last covers the others.

    `options` are those of this mount ("nodev"), `super_options` those of the file system. `source_path` is
    the part of it that is mounted ("/" unless a bind mount or subvolume). `size` in bytes; None for remote
    ones.
    """

    target: str
    source: str
    type: str
    options: tuple[str, ...]
    super_options: tuple[str, ...] = ()
    source_path: str = "/"
    device: str = ""
    size: int | None = None


class PlannedMount(Model, frozen=True, kw_only=True):
    """A line of fstab, or a mount unit: what will be mounted at the next boot.

    `enabled`: False for "noauto" and for a unit that nothing wants or that is masked. Of a unit, `line` is 0.
    """

    file: str
    line: int
    target: str
    source: str
    type: str
    options: tuple[str, ...]
    enabled: bool = True


class Mounts(Subject, frozen=True, kw_only=True):
    """Mounts now and at the next boot.

    A file of the tree's fstab wins over a mount unit of the same target.
    """

    active: tuple[Mount, ...] | Unavailable
    planned: tuple[PlannedMount, ...] | Unavailable
    malformed: tuple[Malformed, ...] = ()
    unread: dict[str, Unavailable] = {}


class WalkedFile(Model, frozen=True, kw_only=True):
    """A file that the walk found noteworthy; `kind` "file" or "directory"."""

    path: str
    mode: str
    uid: int
    gid: int


class WalkFinding(Model, frozen=True, kw_only=True):
    """All that is of one sort. `count` is complete, `files` are the first ones, sorted by path.

    The container_ fields count those below the storage of container runtimes and the kubelet's pod volumes
    apart.
    """

    count: int = 0
    files: tuple[WalkedFile, ...] = ()
    container_count: int = 0
    container_files: tuple[WalkedFile, ...] = ()


NOT_MOUNTED_HERE: Final = "not mounted below this root"
ANOTHER_FILE_SYSTEM: Final = "another file system"
"""Reasons of `Walk.skipped` for which a walk is not complete."""


class Walk(Subject, frozen=True, kw_only=True):
    """One walk over the local file systems.

    `complete`: every directory of them was seen; otherwise `stopped` names a limit that ended it, or
    `denied_count` directories could not be listed (`denied`: the first ones). `skipped` are mount targets
    that were not entered with the reason. "unowned" and "ungrouped": the number has no name in passwd or
    group.
    """

    complete: bool
    visited: int
    world_writable_files: WalkFinding
    unsticky_directories: WalkFinding
    unowned: WalkFinding
    ungrouped: WalkFinding
    setuid: WalkFinding
    setgid: WalkFinding
    stopped: str = ""
    denied_count: int = 0
    denied: tuple[str, ...] = ()
    file_systems: tuple[str, ...] = ()
    skipped: dict[str, str] = {}


# Software: packages and services


class Package(Model, frozen=True, kw_only=True):
    """An installed package; `version` with epoch and release as its manager writes them."""

    name: str
    version: str
    architecture: str = ""


class Packages(Subject, frozen=True, kw_only=True):
    """The installed packages, sorted by name; of several versions each is listed."""

    manager: Literal["dpkg", "rpm"]
    installed: tuple[Package, ...]


UnitState = Literal["enabled", "disabled", "static", "indirect", "masked", "alias", "generated", "linked"]


class Unit(Model, frozen=True, kw_only=True):
    """A unit and whether it starts at boot.

    `state` has systemctl's meanings: "enabled" some target, service or the alias of its [Install] section
    leads to it; "disabled" it could be; "static" it has no [Install]; "indirect" only `Also=`; "masked";
    "alias" the name is a link to `alias_of`; "generated" a SysV script without a unit, `wanted_by` then
    holds its start links; "linked" only a link to a file outside the unit directories. `runtime`: enabled
    or masked only below /run, until the next boot. `file` None: only masked. `wanted_by` are the units in
    whose .wants or .requires directory it is, and aliases that lead to it.
    """

    state: UnitState
    file: str | None = None
    runtime: bool = False
    wanted_by: tuple[str, ...] = ()
    alias_of: str | None = None


class Units(Subject, frozen=True, kw_only=True):
    """Services, sockets, timers, targets, paths and mounts that systemd knows, by full name ("ssh.service").

    `active` are the names of units that run now, none where systemd is not this machine's init.
    `active_kinds` are the suffixes for which it is complete: with cgroups alone only ("service",).
    `default_target` is what default.target leads to.
    """

    units: dict[str, Unit]
    active: tuple[str, ...] | Unavailable
    active_kinds: tuple[str, ...] = ()
    default_target: str | None = None
    unread: dict[str, Unavailable] = {}


class Daemon(Model, frozen=True, kw_only=True):
    """A running process of any program.

    Its name as the kernel knows it (15 characters), user and SELinux type.
    """

    pid: int
    name: str
    uid: int
    user: str | None = None
    label: str = ""


class CronJob(Model, frozen=True, kw_only=True):
    """A line of a crontab, or a script in one of cron's directories.

    `schedule` "daily" etc. for scripts, whose `command` is their path and whose `mentions` are the lines of
    it that name aide or logrotate. Secrets are taken out.
    """

    file: str
    line: int
    schedule: str
    command: str
    user: str = ""
    mentions: tuple[str, ...] = ()
    runnable: bool = True


class Cron(Subject, frozen=True, kw_only=True):
    """Jobs of cron and anacron; timers are units."""

    jobs: tuple[CronJob, ...] = ()
    unread: dict[str, Unavailable] = {}
