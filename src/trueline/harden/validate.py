"""Checks files before they are put in place, by the program that reads them where it is there."""

import re
from collections.abc import Iterable

from trueline.harden.changes import file_change
from trueline.harden.edit import edit
from trueline.harden.files import Files
from trueline.harden.journal import Refused
from trueline.harden.programs import Programs
from trueline.model.operation import SetAccess
from trueline.model.plan import FileChange, FileState, Step

_SCRATCH = "/var/lib/trueline/harden/candidate"
_PAM = re.compile(
    r"\s*-?(auth|account|password|session)\s+(\[[^\]]*\]|\S+)\s+\S+|\s*@include\s+\S+\s*$", re.IGNORECASE
)


def changed_text(step: Step, change: FileChange, files: Files) -> bytes:
    """The content that the step gives a file; raises Refused where it is not what the plan shows."""
    found = files.look(change.path)
    problems: list[str] = []
    made = file_change(change.path, found, step.operations, files, lambda _, reason: problems.append(reason))
    if made is None or problems or (made.after, made.diff) != (change.after, change.diff):
        why = f": {problems[0]}" if problems else ""
        raise Refused(
            f"{step.id}: {change.path} would not become what the plan shows{why}",
            hint="The machine or trueline changed since the plan was made: make a new one.",
        )
    text = found.content.decode("utf-8", "surrogateescape") if found else ""
    for op in step.operations:
        text = text if isinstance(op, SetAccess) else edit(text, op)
    return text.encode("utf-8", "surrogateescape")


def kind_of(path: str) -> str:
    """Which check a path gets; "" for none."""
    if path.startswith("/etc/ssh/sshd_config"):
        return "sshd"
    if path.startswith("/etc/sudoers"):
        return "sudo"
    if path.startswith("/etc/pam.d/"):
        return "pam"
    return {"/etc/fstab": "fstab", "/etc/default/grub": "grub"}.get(path, "")


def validate(steps: Iterable[Step], files: Files, programs: Programs) -> list[str]:
    """Checks every new content; raises Refused for a bad one. What could not be checked comes back."""
    remarks = []
    for step in steps:
        for change in step.changes:
            if isinstance(change, FileChange) and _written(change) and kind_of(change.path):
                remark = _check(step, change, files, programs)
                remarks += [remark] if remark else []
    return remarks


def _written(change: FileChange) -> bool:
    before, after = change.before, change.after
    return after is not None and after.kind == "file" and (before is None or before.digest != after.digest)


def _check(step: Step, change: FileChange, files: Files, programs: Programs) -> str:
    content = changed_text(step, change, files)
    kind = kind_of(change.path)
    if kind == "pam":
        return _pam(change.path, content)
    if kind == "grub":
        return _quotes(change.path, content)
    found = files.look(change.path)
    before = _answer(kind, found.content if found else b"", files, programs)
    if before != "":
        why = before or "its program is not here"
        return f"{change.path} could not be checked by the program that reads it: {why.splitlines()[0]}."
    after = _answer(kind, content, files, programs)
    if after:
        raise Refused(
            f"{step.id}: {change.path} would be wrong: {after}", hint="Make a new plan without this step."
        )
    return ""


def _answer(kind: str, content: bytes, files: Files, programs: Programs) -> str | None:
    """What the program complains of, "" for nothing; None where it can't be asked."""
    files.write(_SCRATCH, content, FileState(kind="file", mode="0600"), None, ".candidate")
    try:
        ran = programs.validate(kind, _SCRATCH)
    finally:
        files.remove(_SCRATCH)
    if ran.status is None:
        return None
    return "" if ran.well else ran.output.replace(_SCRATCH, "it") or f"exit status {ran.status}"


def _pam(path: str, content: bytes) -> str:
    """Each line is one that PAM understands; a stack with a mistake refuses everybody."""
    text = content.decode("utf-8", "replace").replace("\\\n", " ")
    for number, line in enumerate(text.split("\n"), 1):
        if line.partition("#")[0].strip() and not _PAM.match(line):
            raise Refused(
                f"{path}:{number} would be no line of PAM", hint="Make a new plan without this step."
            )
    return ""


def _quotes(path: str, content: bytes) -> str:
    """Each line of shell variables closes its quotes."""
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        bare = re.sub(r"\\.", "", line)
        if not bare.lstrip().startswith("#") and (bare.count('"') % 2 or bare.count("'") % 2):
            raise Refused(
                f"{path}:{number} would not close its quotes", hint="Make a new plan without this step."
            )
    return ""
