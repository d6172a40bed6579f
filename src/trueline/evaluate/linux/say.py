"""Operations, changes and actions in plain words, as plans, reports and messages print them."""

from collections.abc import Callable
from typing import Any

from trueline.model.operation import (
    AddLine,
    AddMember,
    BootArgument,
    KeepOutModule,
    KernelParameter,
    MakeDirectory,
    MountOption,
    Operation,
    PackageState,
    PamArgument,
    PamLine,
    RemoveFile,
    SetAccess,
    SetAccount,
    SetKey,
    UnitState,
    WriteFile,
)
from trueline.model.plan import Action, Change, FileChange, FileState, PackageChange, ParameterChange

_ACTIONS = {
    "daemon-reload": "make systemd read its units again",
    "load-audit-rules": "load the audit rules (augenrules --load)",
    "make-boot-menu": "make the boot loader's menu anew",
    "reload": "reload {}",
    "restart": "restart {}",
    "start": "start {}",
    "stop": "stop {}",
}


def action(one: Action) -> str:
    """ "restart systemd-journald.service"."""
    return _ACTIONS[one.kind].format(one.unit)


def operation(op: Operation) -> str:
    """What the operation sees to, without the file that the step names."""
    return _SAY[type(op)](op)


def _key(op: SetKey) -> str:
    section = f"[{op.section}] " if op.section else ""
    return f"set {section}{op.key} to {op.value or 'on'}"


def _pam_argument(op: PamArgument) -> str:
    word = f"{op.argument}={op.value}" if op.value else op.argument
    return f"{'give' if op.present else 'take from'} {op.module} the argument {word}"


def _boot_argument(op: BootArgument) -> str:
    if op.value is None:
        return f"take {op.name} from the kernel's arguments"
    return f"boot with {op.name}={op.value}"


def _line(op: AddLine) -> str:
    return op.line.partition(":")[0] if op.syntax == "accounts" else op.line


def _access(op: SetAccess) -> str:
    owners = f"owner {op.owner}{f':{op.group}' if op.group else ''}" if op.owner else ""
    return " and ".join(part for part in (f"mode {op.mode}" if op.mode else "", owners) if part)


def _account(op: SetAccount) -> str:
    if op.field == "locked":
        return f"lock {op.account}"
    return f"set {op.field} of {op.account} to {op.value}"


_SAY: dict[type, Callable[[Any], str]] = {
    SetKey: _key,
    AddLine: lambda op: f"add {'the account ' if op.syntax == 'accounts' else 'the line '}{_line(op)}",
    KeepOutModule: lambda op: f"keep the kernel module {op.module} out",
    PamArgument: _pam_argument,
    PamLine: lambda op: f"add {op.module} to the stack {op.type}",
    BootArgument: _boot_argument,
    MountOption: lambda op: f"mount {op.point} with {op.option}",
    WriteFile: lambda _: "write the file",
    SetAccess: _access,
    RemoveFile: lambda _: "remove the file",
    UnitState: lambda op: f"{'enable' if op.state == 'enabled' else 'disable and mask'} {op.unit}",
    PackageState: lambda op: f"{'install' if op.installed else 'remove'} the package {op.name}",
    KernelParameter: lambda op: f"set the running kernel's {op.key} to {op.value}",
    SetAccount: _account,
    AddMember: lambda op: f"make {op.account} a member of {op.group}",
    MakeDirectory: lambda _: "make the directory",
}


def change(one: Change) -> str:
    """One line: what is there before and after."""
    match one:
        case FileChange(path=path, before=before, after=after):
            return f"{path}: {state(before)} -> {state(after)}"
        case ParameterChange(key=key, before=before, after=after):
            return f"{key} (running): {before} -> {after}"
        case PackageChange(name=name, before=before, after=after):
            return f"package {name}: {before or 'not installed'} -> {after or 'removed'}"


def state(one: FileState | None) -> str:
    """What is at a path, without its digest."""
    if one is None:
        return "nothing"
    if one.kind == "link":
        return f"link to {one.target}"
    owner, group = one.owner or str(one.uid), one.group or str(one.gid)
    return f"{'directory ' if one.kind == 'directory' else ''}{one.mode} {owner}:{group}"
