"""Leaves of the test language that ask about a machine's operating system."""

from typing import Literal

from trueline.model.base import Strict
from trueline.model.predicate import Predicate
from trueline.model.setting import SettingType

WalkFind = Literal["world-writable-files", "unsticky-directories", "unowned", "ungrouped", "setuid", "setgid"]
FirewallFind = Literal[
    "default-deny", "loopback", "open-ports", "in-use", "single", "rule", "tables", "chains"
]


def _among(word: str, *words: str) -> None:
    """Raises ValueError for another word, save for a rule's own parameter until it is bound."""
    if word not in words and not word.startswith("$"):
        raise ValueError(f"{word!r} is none of {', '.join(words)}")


class SysctlTest(Predicate, frozen=True, kw_only=True):
    """A kernel parameter, an integer: its running value and what the files set at boot both fulfil it.

    `unset` says what it means that no file sets it, so that the kernel's default holds after a boot.
    """

    key: str
    unset: Literal["fail", "pass"] = "fail"


class MountTest(Strict, frozen=True, kw_only=True):
    """The mount point is a file system of its own, or has the mount option; now and after the next boot.

    An option of what is no file system of its own does not apply.
    """

    point: str
    option: str = ""


class PackageTest(Strict, frozen=True, kw_only=True):
    """At least one of the packages is installed, or none of them; names may be shell patterns.

    `at_least` is a version in dpkg's form that each installed one of them has or is newer than.
    """

    names: tuple[str, ...]
    installed: bool = True
    at_least: str = ""


class ServiceTest(Strict, frozen=True, kw_only=True):
    """The first of the units that exists starts at boot and runs, or none of the units does either."""

    units: tuple[str, ...]
    enabled: bool


class OneServiceTest(Strict, frozen=True, kw_only=True):
    """Exactly one of the services starts at boot and runs, and none of the others does either.

    A member may be several names of one service, separated by blanks ("chrony.service chronyd.service").
    """

    units: tuple[str, ...]


class ModuleTest(Strict, frozen=True, kw_only=True):
    """The kernel module is not loaded, and modprobe.d keeps it from being loaded."""

    name: str


class SshdTest(Predicate, frozen=True, kw_only=True):
    """The effective value of an option of sshd, defaults and Match blocks included.

    `words` say what is expected where the predicate is hard to read.
    """

    option: str
    words: str = ""


class SudoTest(Predicate, frozen=True, kw_only=True):
    """The value of an option of sudo: for all, and wherever a Defaults line sets it for some.

    An option without a value is "true", one that is switched off "false", or 0 where the type is a number.
    `unset` says what it means that no line sets it for all, so that sudo's default holds. `words` say what is
    expected where the predicate is hard to read.
    """

    option: str
    type: SettingType = "string"
    unset: Literal["fail", "pass"] = "fail"
    words: str = ""


class SudoRuleTest(Strict, frozen=True, kw_only=True):
    """No rule of sudoers has this tag ("NOPASSWD")."""

    without: str


class LoginDefsTest(Predicate, frozen=True, kw_only=True):
    """An integer of login.defs; what is not set there fails."""

    key: str


class AuditRuleTest(Strict, frozen=True, kw_only=True):
    """Audit rules that are on disk and loaded; exactly one of watch, syscalls, control, executables.

    `watch`: a file or directory, of which `permissions` ("wa") are recorded. `syscalls`: each is recorded on
    exit for each of `arch`, with all of `fields` ("auid>=1000"); `any_of` are values of which each has such a
    rule of its own ("exit=-EACCES"). `control`: the last word, such as "-e 2". `executables`: "privileged"
    asks for a rule for each setuid and setgid program of the machine. Of fields that compare two ids
    ("euid!=uid") the order means nothing. `control` "-c" stands in front of all rules and is on disk only.
    """

    watch: str = ""
    permissions: str = ""
    syscalls: tuple[str, ...] = ()
    arch: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    control: str = ""
    executables: Literal["", "privileged"] = ""
    key: str = ""

    def __post_init__(self) -> None:
        if sum(bool(one) for one in (self.watch, self.syscalls, self.control, self.executables)) != 1:
            raise ValueError("needs exactly one of watch, syscalls, control, executables")


class PamTest(Predicate, frozen=True, kw_only=True):
    """In each of the services, includes followed, one of the modules stands in the stack `type`.

    With an `argument` its value fulfils the predicate; an argument without a value is "true". `settings` is a
    configuration ("faillock") that sets the same words where the stack does not. `required`: only a module
    whose failure refuses the log-in counts. `unset` says what it means that nobody sets the argument, or that
    the module is not in the stack: "pass" where its default is right.
    """

    services: tuple[str, ...]
    type: Literal["auth", "account", "password", "session"]
    modules: tuple[str, ...]
    argument: str = ""
    settings: str = ""
    required: bool = False
    unset: Literal["fail", "pass"] = "fail"


class AccountsTest(Strict, frozen=True, kw_only=True):
    """A search among accounts, groups and home directories finds nothing.

    `find` names one of the searches of `evaluate/linux/accounts.py`, `given` holds its arguments.
    """

    find: str
    given: dict[str, str] = {}


class ConfigTest(Predicate, frozen=True, kw_only=True):
    """A key of a configuration that `model.linux.LinuxFacts` names fulfils the predicate.

    `section` is that of an INI file, "*" any. Of several values the `which` counts: "any" needs one that
    fulfils it, "each" all. Without a `key` the values are whole lines. `unset` says what it means that nobody
    sets the key, `absent` what it means that there is no file of that configuration. `words` say what is
    expected where the predicate is hard to read. `section` may be a shell pattern ("*export*"), and only
    files that match one of `files` are looked at, where there are any.
    """

    name: str
    key: str = ""
    section: str = "*"
    type: SettingType = "string"
    which: Literal["first", "last", "any", "each"] = "last"
    unset: Literal["fail", "pass"] = "fail"
    absent: Literal["fail", "pass", "notapplicable"] = "fail"
    words: str = ""
    files: tuple[str, ...] = ()


class WalkTest(Strict, frozen=True, kw_only=True):
    """The walk over the local file systems found no such file.

    `containers`: whether files in the storage of containers and the kubelet's volumes count too.
    """

    find: WalkFind
    containers: str = "count"

    def __post_init__(self) -> None:
        _among(self.containers, "count", "ignore")


class ScheduleTest(Strict, frozen=True, kw_only=True):
    """A job of cron whose command matches a regular expression, or one of the timers, runs regularly.

    `words` say what the job does.
    """

    command: str
    words: str
    timers: tuple[str, ...] = ()


class ListenTest(Strict, frozen=True, kw_only=True):
    """Nothing listens on these ports but on loopback addresses."""

    ports: tuple[str, ...]


class DaemonTest(Strict, frozen=True, kw_only=True):
    """No running process has one of these SELinux types."""

    labels: tuple[str, ...]


class BootArgumentTest(Predicate, frozen=True, kw_only=True):
    """A word of the kernel command line, as it runs and as the boot loader will give it; "" where missing."""

    name: str


class BannerTest(Strict, frozen=True, kw_only=True):
    """The text shown at login tells nothing about the system; `empty` says what no text at all means."""

    name: Literal["motd", "issue", "issue-net"]
    empty: str = "pass"

    def __post_init__(self) -> None:
        _among(self.empty, "pass", "fail")


class FirewallTest(Strict, frozen=True, kw_only=True):
    """What the packet filter of one address family does, and which program sets it up.

    Of what is loaded: "default-deny" for the `hooks`, "loopback", "open-ports", "rule" (one that matches the
    regular expression `rule`, which `words` describe), "tables" and "chains" (one that filters for each of
    the `hooks`). With `program` "nftables" only its own chains count, with "ufw" the chains and files of
    ufw; "" means whatever set them up. "in-use": the `program` starts at boot or runs; "any" always is.
    "single": exactly one of the `programs` does, now and after the next boot.
    """

    find: FirewallFind
    family: Literal["ipv4", "ipv6"] = "ipv4"
    program: str = ""
    programs: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ("INPUT", "OUTPUT", "FORWARD")
    rule: str = ""
    words: str = ""

    def __post_init__(self) -> None:
        for name in (self.program, *self.programs):
            _among(name, "", "any", "ufw", "nftables", "iptables", "firewalld")
        if (self.find == "single") is not bool(self.programs):
            raise ValueError("single, and only that, needs programs")
        if (self.find == "rule") is not bool(self.rule):
            raise ValueError("rule, and only that, needs a rule")


class SelinuxTest(Predicate, frozen=True, kw_only=True):
    """SELinux's mode, or the name of its policy: as it runs and as configured for the next boot."""

    name: Literal["mode", "policy"]


class ApparmorTest(Strict, frozen=True, kw_only=True):
    """AppArmor confines: every profile is in one of the modes, and no process escapes its own.

    As it runs and as the files of /etc/apparmor.d give it at the next boot; a mode "kill" is as good as
    "enforce".
    """

    modes: tuple[str, ...]


class BootPasswordTest(Strict, frozen=True, kw_only=True):
    """The boot loader asks a named superuser for a password whose hash is PBKDF2."""

    superusers: bool = True


class InterfaceTest(Strict, frozen=True, kw_only=True):
    """No network interface is of this kind."""

    without: Literal["wireless"]


class DconfTest(Predicate, frozen=True, kw_only=True):
    """A key of dconf ("/org/gnome/desktop/session/idle-delay") in the databases of the system.

    `type` reads its text, GVariant's quotes and type words left out. `locked`: users can't change it either.
    """

    key: str
    type: SettingType = "string"
    locked: bool = False


class FileRow(Strict, frozen=True, kw_only=True):
    """Whose the files are whose path matches a regular expression, and the most that their mode may be."""

    path: str
    mode: str
    users: tuple[str, ...] = ("root",)
    groups: tuple[str, ...] = ("root",)


class FilesTest(Strict, frozen=True, kw_only=True):
    """Each file below a directory ("/var/log/**") is as the first row that matches its path says.

    Its path is matched without the directory.
    """

    path: str
    rows: tuple[FileRow, ...]


class CryptoPolicyTest(Strict, frozen=True, kw_only=True):
    """A `property` of the system-wide cryptographic policy in force ("cipher", "sha1_in_certs").

    `scopes` are those for which it must hold, each with wider ones behind it, separated by blanks
    ("openssh-server openssh ssh"); none means what is for everybody. `without`: no word of it matches one of
    these shell patterns; `equals`: it is this text.
    """

    property: str
    scopes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    equals: str = ""

    def __post_init__(self) -> None:
        if bool(self.without) is bool(self.equals):
            raise ValueError("needs exactly one of without, equals")


class AideTest(Strict, frozen=True, kw_only=True):
    """AIDE compares at least these `attributes` ("p", "sha512") of each of the files that are there."""

    paths: tuple[str, ...]
    attributes: tuple[str, ...]


class FirewalldTest(Strict, frozen=True, kw_only=True):
    """firewalld accepts lo and drops its addresses from elsewhere: loaded, and by its `zone` at a boot."""

    zone: str
