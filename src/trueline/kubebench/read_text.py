"""Reads the text that kube-bench printed, alone or inside a log or a page."""

import re
from dataclasses import dataclass, field
from typing import cast

from trueline.errors import ContentError
from trueline.kubebench.read_json import MAX_BYTES, cause_of
from trueline.kubebench.results import CheckResult, ControlsResult, Run, add, group_result
from trueline.model.results import State

_HINT = "Give it the text that kube-bench printed, with its lines of [PASS] and [FAIL]."
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_STATE = re.compile(r"\[(PASS|FAIL|WARN|INFO)\] (\S+)(?: (.*))?\Z")
_HEADING = re.compile(r"== (Remediations|Summary) (\S+) ==\Z")
_COUNT = re.compile(r"(\d{1,9}) checks (PASS|FAIL|WARN|INFO)\Z")
_DID_NOT_RUN = "audit test did not run: "
_UNSCORED = ("(Manual)", "(Not Scored)")


@dataclass
class _Check:
    state: State
    id: str
    text: str
    rows: list[str] = field(default_factory=list)
    remedy: list[str] | None = None


@dataclass
class _Group:
    id: str
    text: str
    checks: list[_Check] = field(default_factory=list)


@dataclass
class _Controls:
    id: str
    text: str
    type: str = ""
    groups: list[_Group] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)


def read_text(text: str, file: str = "report") -> Run:
    """The run that the text tells of, without what stands around it. Raises ContentError where there is none.

    Commands and the texts of INFO checks' remediations are not in it. Whether a check is scored is taken from
    its title and state.
    """
    if len(text) > MAX_BYTES:
        raise ContentError("larger than 256 MiB", hint=_HINT, file=file)
    reader = _Reader()
    for line in _unindented(text):
        reader.line(line)
    if not reader.done or not any(group.checks for each in reader.done for group in each.groups):
        raise ContentError("there is no check in it", hint=_HINT, file=file)
    controls = tuple(_controls(each) for each in reader.done)
    return Run(controls=controls, notices=tuple(_differences(reader.done, controls)))


def _unindented(text: str) -> list[str]:
    lines = [_ANSI.sub("", line.rstrip("\r")) for line in text.split("\n")]
    indents = [len(line) - len(line.lstrip()) for line in lines if _STATE.match(line.strip())]
    width = min(indents, default=0)
    return [line[width:] if not line[:width].strip() else line for line in lines]


class _Reader:
    def __init__(self) -> None:
        self.done: list[_Controls] = []
        self.part = ""
        self.remedies: dict[str, list[_Check]] = {}
        self.current: _Check | None = None

    def line(self, line: str) -> None:
        if heading := _HEADING.match(line):
            self.heading(heading[1], heading[2])
        elif self.part == "Remediations":
            self.remedy(line)
        elif state := _STATE.match(line):
            self.state(cast("State", state[1]), state[2], state[3] or "")
        elif self.part == "Summary" and self.done and (count := _COUNT.match(line)):
            self.done[-1].told[count[2]] = int(count[1])
        elif self.part == "results" and line.startswith("\t ") and self.current:
            self.current.rows.append(line[2:])

    def heading(self, part: str, target: str) -> None:
        self.close_remedies()
        self.part = part if self.done and target != "total" else "total"
        if self.part == "total":
            return
        self.done[-1].type = target
        if part == "Remediations":
            self.remedies = {}
            for group in self.done[-1].groups:
                for check in group.checks:
                    if check.state in ("FAIL", "WARN"):
                        self.remedies.setdefault(check.id, []).append(check)

    def state(self, state: State, number: str, title: str) -> None:
        if self.part != "results":
            self.part = "results"
            self.current = None
            self.done.append(_Controls(number, title))
            return
        controls = self.done[-1]
        groups = controls.groups
        if (number, title) == (controls.id, controls.text) and not any(group.checks for group in groups):
            groups.clear()  # what stood before was an excerpt
            return
        if state == "INFO" and not (groups and number.startswith(f"{groups[-1].id}.")):
            groups.append(_Group(number, title))
            return
        if not groups:
            groups.append(_Group(self.done[-1].id, self.done[-1].text))
        self.current = _Check(state, number, title)
        groups[-1].checks.append(self.current)

    def remedy(self, line: str) -> None:
        number, _, rest = line.partition(" ")
        if self.remedies.get(number):
            self.current = self.remedies[number].pop(0)
            self.current.remedy = [rest]
        elif self.current and self.current.remedy is not None:
            self.current.remedy.append(line)

    def close_remedies(self) -> None:
        """The section's last line is empty and belongs to no remediation."""
        if (
            self.part == "Remediations"
            and self.current
            and self.current.remedy
            and len(self.current.remedy) > 1
        ):
            self.current.remedy.pop()
        self.current = None


def _controls(controls: _Controls) -> ControlsResult:
    groups = tuple(
        group_result(group.id, group.text, [_check(check) for check in group.checks])
        for group in _regrouped(controls.groups)
    )
    return ControlsResult(
        id=controls.id,
        text=controls.text,
        type=controls.type,
        groups=groups,
        counts=add(group.counts for group in groups),
    )


def _regrouped(groups: list[_Group]) -> list[_Group]:
    """A heading without checks was a skipped check whose number does not start with its group's."""
    kept: list[_Group] = []
    for group in groups:
        if group.checks or not kept:
            kept.append(group)
        else:
            kept[-1].checks.append(_Check("INFO", group.id, group.text))
    return kept


def _check(check: _Check) -> CheckResult:
    remedy = "\n".join(check.remedy or ())
    reason = remedy.removeprefix(_DID_NOT_RUN) if remedy.startswith(_DID_NOT_RUN) else ""
    remedy = "" if reason else remedy
    scored = check.state == "FAIL" or not any(mark in check.text for mark in _UNSCORED)
    # FAIL is what becomes of a scored check that fails, so that this one was left to a person or not scored
    manual = check.state == "WARN" and not reason
    kind = "skip" if check.state == "INFO" else "manual" if manual else ""
    return CheckResult(
        id=check.id,
        text=check.text,
        state=check.state,
        type=kind,
        remediation=remedy,
        test_info=(remedy,),
        actual="\n".join(check.rows),
        scored=scored,
        reason=reason,
        cause=cause_of(check.state, reason, scored=scored, kind=kind),
    )


def _differences(told: list[_Controls], read: tuple[ControlsResult, ...]) -> list[str]:
    found = []
    for ours, theirs in zip(read, told, strict=True):
        counted = {
            "PASS": ours.counts.passed,
            "FAIL": ours.counts.failed,
            "WARN": ours.counts.warn,
            "INFO": ours.counts.info,
        }
        found += [
            f"{theirs.id} {theirs.text}: {counted[state]} checks are {state}, its summary says {number}"
            for state, number in theirs.told.items()
            if counted[state] != number
        ]
    return found
