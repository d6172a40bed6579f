"""Changes to an operating system as data: a small closed set of idempotent operations.

An operation says what should be true ("this key has this value in this file"), not how to get there, so that
it can be applied, shown, or written as a script or playbook. All paths are absolute below the machine's root.
Carrying an operation out a second time changes nothing.
"""

import re
from typing import Literal, TypeAlias

from trueline.model.base import Model

KeySyntax = Literal["equals", "words", "ini", "variables", "limits", "sshd", "sysctl", "profile"]
LineSyntax = Literal["modprobe", "audit", "rsyslog", "profile", "fstab", "sudoers", "accounts"]
PamType = Literal["auth", "account", "password", "session"]
AccountField = Literal["maximum", "minimum", "warn", "inactive", "shell", "locked", "group"]

NAME = re.compile(r"[A-Za-z0-9@_][A-Za-z0-9@:._+\\-]*")
PARAMETER = re.compile(r"[a-z0-9_]+([./][A-Za-z0-9_@:*-]+)+")
_MODE = re.compile(r"[0-7]{3,4}")


class Op(Model, frozen=True, kw_only=True, tag_field="op", forbid_unknown_fields=True):
    """Base of all operations; the tag `op` names the kind in JSON."""


def check_path(path: str) -> None:
    """Raises ValueError for what is no absolute path of one line."""
    if not path.startswith("/") or "/../" in f"{path}/" or "\0" in path or "\n" in path:
        raise ValueError(f"{path!r} is no absolute path of one line")


def _check_line(*texts: str) -> None:
    for text in texts:
        if "\n" in text or "\r" in text or "\0" in text:
            raise ValueError(f"{text!r} is more than one line")


class SetKey(Op, frozen=True, kw_only=True, tag="set-key"):
    """In `file` the statement that counts for `key` gives it `value`; the file is made where it is missing.

    `syntax` says how statements are written and which of several counts:

        equals      key = value, the last counts (auditd.conf, pwquality.conf); a flag has the value ""
        words       KEY value, the last counts (login.defs)
        ini         Key=value below [section], the last counts (journald.conf and its drop-ins)
        variables   NAME="value" as a shell reads it, the last counts (/etc/default/*, /etc/sysconfig/*)
        limits      domain, type and item are the key, value comes last (limits.d/*.conf)
        sshd        Option value, the first outside of Match blocks counts; other casing is the same option
        sysctl      key = value, the last counts (sysctl.d/*.conf)
        profile     umask VALUE in a shell's start file: each of them gets the value

    Further statements of the same key in the same place go, so that one is left; comments stay.
    """

    file: str
    syntax: KeySyntax
    key: str
    value: str
    section: str = ""

    def __post_init__(self) -> None:
        check_path(self.file)
        _check_line(self.key, self.value, self.section)


class AddLine(Op, frozen=True, kw_only=True, tag="add-line"):
    """`file` has exactly this `line`, at the end or (`first`) before the first statement.

    The file is made where it is missing. `syntax` tells what kind of file it is.
    """

    file: str
    syntax: LineSyntax
    line: str
    first: bool = False

    def __post_init__(self) -> None:
        check_path(self.file)
        _check_line(self.line)


class KeepOutModule(Op, frozen=True, kw_only=True, tag="keep-out-module"):
    """modprobe's configuration `file` has `install <module> /bin/true` and `blacklist <module>`."""

    file: str
    module: str

    def __post_init__(self) -> None:
        check_path(self.file)
        if not NAME.fullmatch(self.module):
            raise ValueError(f"{self.module!r} is no name of a module")


class PamArgument(Op, frozen=True, kw_only=True, tag="pam-argument"):
    """In the PAM service `file`, each line of `type` for `module` has the argument, or (`present` False) not.

    `value` "" means the bare word. Of an argument that stands there with another value that value changes.
    """

    file: str
    type: PamType
    module: str
    argument: str
    value: str = ""
    present: bool = True

    def __post_init__(self) -> None:
        check_path(self.file)
        _check_line(self.argument, self.value)


class PamLine(Op, frozen=True, kw_only=True, tag="pam-line"):
    """The PAM service `file` has a line for `module` in the stack `type`, before the first line of `before`.

    `before` is a module of that stack, or a whole line such as "@include common-auth". Where the stack has a
    line for `module` already, nothing changes.
    """

    file: str
    type: PamType
    control: str
    module: str
    arguments: tuple[str, ...] = ()
    before: str = ""

    def __post_init__(self) -> None:
        check_path(self.file)
        _check_line(self.control, self.module, *self.arguments)


class BootArgument(Op, frozen=True, kw_only=True, tag="boot-argument"):
    """The variable of /etc/default/grub has the word name=value, or (`value` None) no such word."""

    name: str
    value: str | None
    file: str = "/etc/default/grub"
    variable: str = "GRUB_CMDLINE_LINUX"

    def __post_init__(self) -> None:
        check_path(self.file)
        if not NAME.fullmatch(self.name) or not re.fullmatch(r"[\w.:,/-]*", self.value or ""):
            raise ValueError(f"{self.name}={self.value} is no argument of the kernel")


class MountOption(Op, frozen=True, kw_only=True, tag="mount-option"):
    """The line of fstab for `point` has `option`; there is such a line."""

    point: str
    option: str
    file: str = "/etc/fstab"

    def __post_init__(self) -> None:
        check_path(self.point)
        if not re.fullmatch(r"[\w=-]+", self.option):
            raise ValueError(f"{self.option!r} is no option of a mount")


class WriteFile(Op, frozen=True, kw_only=True, tag="write-file"):
    """`path` is a regular file with this `content`; `mode` and owner are those of a file made anew."""

    path: str
    content: str
    mode: str = "0644"
    owner: str = "root"
    group: str = "root"

    def __post_init__(self) -> None:
        check_path(self.path)
        check_mode(self.mode)


class SetAccess(Op, frozen=True, kw_only=True, tag="set-access"):
    """`path`, which exists, has this mode (octal), owner and group; what is "" stays as it is."""

    path: str
    mode: str = ""
    owner: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        check_path(self.path)
        if self.mode:
            check_mode(self.mode)


class RemoveFile(Op, frozen=True, kw_only=True, tag="remove-file"):
    """There is no file or link at `path`; a directory is never removed."""

    path: str

    def __post_init__(self) -> None:
        check_path(self.path)


class UnitState(Op, frozen=True, kw_only=True, tag="unit-state"):
    """The systemd unit starts at boot and runs ("enabled"), or does neither and can't ("masked")."""

    unit: str
    state: Literal["enabled", "masked"]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.unit):
            raise ValueError(f"{self.unit!r} is no name of a unit")


class PackageState(Op, frozen=True, kw_only=True, tag="package-state"):
    """The package is installed, or is not; configuration files of a removed package stay."""

    name: str
    installed: bool
    manager: Literal["dpkg", "rpm"]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a package")


class KernelParameter(Op, frozen=True, kw_only=True, tag="kernel-parameter"):
    """The running kernel's parameter `key` (dotted) is `value`; what holds at boot is a `SetKey`."""

    key: str
    value: str

    def __post_init__(self) -> None:
        if not PARAMETER.fullmatch(self.key) or ".." in self.key:
            raise ValueError(f"{self.key!r} is no kernel parameter")
        _check_line(self.value)


class SetAccount(Op, frozen=True, kw_only=True, tag="set-account"):
    """A field of an account: days of its password's ages, its shell, its primary gid, or "locked" "yes"."""

    account: str
    field: AccountField
    value: str

    def __post_init__(self) -> None:
        if not self.account or re.search(r"[:\s/]", self.account) or re.search(r"[:\n]", self.value):
            raise ValueError(f"{self.account!r} is no name of an account")


class AddMember(Op, frozen=True, kw_only=True, tag="add-member"):
    """The account is a member of the group in the table `file` (/etc/group or /etc/gshadow)."""

    file: str
    group: str
    account: str

    def __post_init__(self) -> None:
        check_path(self.file)
        if re.search(r"[:,\s]", self.group + self.account):
            raise ValueError(f"{self.group!r} or {self.account!r} is no name")


class MakeDirectory(Op, frozen=True, kw_only=True, tag="make-directory"):
    """There is a directory at `path`; one that is made anew has this mode and owner."""

    path: str
    mode: str
    uid: int
    gid: int

    def __post_init__(self) -> None:
        check_path(self.path)
        check_mode(self.mode)


def check_mode(mode: str) -> None:
    """Raises ValueError for what is no octal mode."""
    if not _MODE.fullmatch(mode):
        raise ValueError(f"{mode!r} is no file mode such as 0644")


Operation: TypeAlias = (
    SetKey
    | AddLine
    | KeepOutModule
    | PamArgument
    | PamLine
    | BootArgument
    | MountOption
    | WriteFile
    | SetAccess
    | RemoveFile
    | UnitState
    | PackageState
    | KernelParameter
    | SetAccount
    | AddMember
    | MakeDirectory
)
