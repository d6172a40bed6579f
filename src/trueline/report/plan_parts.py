"""A hardening plan as what scripts and playbooks need: files, modes, links, packages, commands."""

import textwrap
from collections.abc import Iterator
from typing import Final

from trueline.model.base import Model
from trueline.model.operation import SetAccount
from trueline.model.plan import Action, FileChange, FileState, PackageChange, ParameterChange, Plan, Step
from trueline.report.safe import visible

ABSENT: Final = "absent"
"""Stands for the digest of a file that is not there."""


class Content(Model, frozen=True, kw_only=True):
    """A regular file with its whole new text.

    `before` and `after` are SHA-256 in hexadecimal as sha256sum prints them, `before` may be ABSENT.
    """

    path: str
    before: str
    after: str
    state: FileState
    text: str


class Parts(Model, frozen=True, kw_only=True):
    """What a plan changes, by kind and in its order.

    `access` are paths of which only mode and owner change. `accounts` are commands, program and arguments;
    `commands` those that take up the changes. `missing` says what of the plan is not here because the plan
    keeps it to itself, such as files with secrets in them.
    """

    contents: tuple[Content, ...] = ()
    access: tuple[tuple[str, FileState], ...] = ()
    directories: tuple[tuple[str, FileState], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    parameters: tuple[ParameterChange, ...] = ()
    packages: tuple[PackageChange, ...] = ()
    accounts: tuple[tuple[str, ...], ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    missing: tuple[str, ...] = ()


def parts(plan: Plan) -> Parts:
    """All changes of all steps."""
    files = [
        (step, change) for step in plan.steps for change in step.changes if isinstance(change, FileChange)
    ]
    others = [change for step in plan.steps for change in step.changes if not isinstance(change, FileChange)]
    accounts = tuple(command for step in plan.steps for command in _account_commands(step))
    return Parts(
        contents=tuple(_content(change) for _, change in files if _has_text(change)),
        access=tuple((one.path, one.after) for _, one in files if one.after and _only_access(one)),
        directories=tuple(
            (one.path, one.after)
            for _, one in files
            if one.after and one.after.kind == "directory" and one.before is None
        ),
        links=tuple(
            (one.path, one.after.target) for _, one in files if one.after and one.after.kind == "link"
        ),
        removed=tuple(one.path for _, one in files if one.after is None),
        parameters=tuple(one for one in others if isinstance(one, ParameterChange)),
        packages=tuple(one for one in others if isinstance(one, PackageChange)),
        accounts=accounts,
        commands=tuple(dict.fromkeys(_command(action) for step in plan.steps for action in step.actions)),
        missing=tuple(_untold(files)),
    )


def _has_text(change: FileChange) -> bool:
    return bool(change.after and change.after.kind == "file" and change.text is not None)


def _content(change: FileChange) -> Content:
    assert change.after is not None
    assert change.text is not None
    before = _hexadecimal(change.before) if change.before else ABSENT
    after = _hexadecimal(change.after)
    return Content(path=change.path, before=before, after=after, state=change.after, text=change.text)


def _hexadecimal(state: FileState) -> str:
    return state.digest.removeprefix("sha256:")


def _only_access(change: FileChange) -> bool:
    """Whether the object stays what it is, and only who may use it changes."""
    before, after = change.before, change.after
    return bool(
        before
        and after
        and before.kind == after.kind != "link"
        and before.digest == after.digest
        and change.text is None
    )


def _untold(files: list[tuple[Step, FileChange]]) -> Iterator[str]:
    for step, change in files:
        after = change.after
        silent = after and after.kind == "file" and change.text is None and not _only_access(change)
        if silent and not any(isinstance(one, SetAccount) for one in step.operations):
            yield f"{step.title} ({change.path}): the plan keeps the text of this file to itself."


_AGES = {"maximum": "--maxdays", "minimum": "--mindays", "warn": "--warndays", "inactive": "--inactive"}
_FIELDS = {"shell": "--shell", "group": "--gid"}


def _account_commands(step: Step) -> Iterator[tuple[str, ...]]:
    for one in step.operations:
        if not isinstance(one, SetAccount):
            continue
        if one.field in _AGES:
            yield ("chage", _AGES[one.field], one.value, one.account)
        elif one.field == "locked":
            yield ("usermod", "--lock", one.account)
        else:
            yield ("usermod", _FIELDS[one.field], one.value, one.account)


def package_command(change: PackageChange) -> tuple[str, ...]:
    """The package manager's command."""
    verb = "install" if change.after else "remove"
    if change.manager == "dpkg":
        return ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", verb, change.name)
    return ("dnf", "-y", verb, change.name)


def _command(action: Action) -> tuple[str, ...]:
    match action.kind:
        case "daemon-reload":
            return ("systemctl", "daemon-reload")
        case "load-audit-rules":
            return ("augenrules", "--load")
        case "make-boot-menu":
            return ("sh", "-c", "update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg")
        case kind:
            return ("systemctl", kind, "--", action.unit)


def remarks(plan: Plan, found: Parts) -> Iterator[str]:
    """What readers of a script must know, in lines of comment."""
    head = plan.head
    lines = [f"Hardening of {head.machine} by {head.title}, plan {plan.digest}."]
    lines += [f"Not in here: {text}" for text in found.missing]
    lines += [f"Left out: {one.number} {one.title}: {' '.join(one.reasons)}" for one in plan.left_out]
    lines += [f"Risk: {step.title}: {risk}" for step in plan.steps for risk in step.risks]
    for line in lines:
        yield from textwrap.wrap(
            visible(line), 110, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False
        )
