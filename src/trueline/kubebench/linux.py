"""Judges linux-bench's controls, whose rules differ from kube-bench's in most details."""

from collections.abc import Mapping

from trueline.kubebench.compare import Comparison, compare
from trueline.kubebench.controls import TestItem, Tests
from trueline.kubebench.evaluate import ALL, NOT_RUN, Selection
from trueline.kubebench.find import Unreadable, path_value
from trueline.kubebench.gotext import quoted, scalar_text
from trueline.kubebench.linux_load import Constraints, LinuxAudit, LinuxCheck, LinuxControls, LinuxGroup
from trueline.kubebench.regexes import BadPattern, compiled
from trueline.kubebench.results import Cause, CheckResult, ControlsResult, Run, add, group_result
from trueline.model.base import Model
from trueline.model.facts import CommandOutput
from trueline.model.results import State

_NO_AUDIT = "Failed to find a valid sub check, check your constraints "
_BEHIND = r"(?:[^a-zA-Z0-9-_]|$)"


class _Decision(Model, frozen=True, kw_only=True):
    state: State
    cause: Cause
    reason: str = ""
    actual: str = ""
    expected: str = ""


def linux_scripts(controls: LinuxControls, host: Constraints, selection: Selection = ALL) -> list[str]:
    """Each distinct script that judging will ask for."""
    scripts: dict[str, None] = {}
    for group in controls.groups:
        for check in group.checks:
            audit = _audit_for(check, host)
            if _wanted(group, check, selection) and audit and _early(group, check, host, selection) is None:
                scripts |= {audit.audit: None} if audit.audit.strip() else {}
    return list(scripts)


def evaluate_linux(
    controls: LinuxControls,
    outputs: Mapping[str, CommandOutput],
    host: Constraints,
    selection: Selection = ALL,
) -> Run:
    """Judges all checks for a host with these traits (`platform`, `boot`, `syslog`, `lsm` ...)."""
    groups = []
    for group in controls.groups:
        wanted = [check for check in group.checks if _wanted(group, check, selection)]
        results = [_result(group, check, outputs, host, selection) for check in wanted]
        if results:
            groups.append(group_result(group.id, group.text, results))
    counts = add(group.counts for group in groups)
    judged = ControlsResult(
        id=controls.id,
        version=controls.version,
        text=controls.text,
        type="linux",
        groups=tuple(groups),
        counts=counts,
    )
    return Run(controls=(judged,))


def meets(constraints: Constraints, host: Constraints) -> bool:
    """Whether the host has, for every key, at least one of the values."""
    return all(set(values) & set(host.get(key, ())) for key, values in constraints.items())


def _wanted(group: LinuxGroup, check: LinuxCheck, selection: Selection) -> bool:
    if selection.checks and check.id not in selection.checks:
        return False
    return not selection.groups or group.id in selection.groups


def _audit_for(check: LinuxCheck, host: Constraints) -> LinuxAudit | None:
    return next((audit for audit in check.audits if meets(audit.constraints, host)), None)


def _early(group: LinuxGroup, check: LinuxCheck, host: Constraints, selection: Selection) -> _Decision | None:
    """The state of a check whose script is not run."""
    # A check that was asked for by its number is judged even where its group does not fit the host.
    elsewhere = not selection.checks and not meets(group.constraints, host)
    chosen = group.id in selection.skip or check.id in selection.skip
    if chosen or elsewhere or "skip" in (group.type, check.type):
        cause: Cause = "skipped" if chosen else "not-applicable"
        return _Decision(state="INFO", cause=cause, reason="Test marked as skip")
    if check.type == "manual":
        return _Decision(state="WARN", cause="manual", reason="Test marked as a manual test")
    audit = _audit_for(check, host)
    if audit is None:
        return _Decision(state="WARN", cause="not-applicable", reason=_NO_AUDIT)
    if audit.tests is None:
        return _Decision(state="WARN", cause="no-tests", reason="There are no test items")
    if audit.type == "manual":
        return _Decision(state="WARN", cause="manual")
    if audit.type == "skip":
        return _Decision(state="INFO", cause="not-applicable")
    if audit.plugin:
        reason = f"audit type {audit.plugin} is a plug-in that is not here"
        return _Decision(state="WARN", cause="audit", reason=reason)
    return None


def _result(
    group: LinuxGroup,
    check: LinuxCheck,
    outputs: Mapping[str, CommandOutput],
    host: Constraints,
    selection: Selection,
) -> CheckResult:
    audit = _audit_for(check, host) or LinuxAudit()
    decision = _early(group, check, host, selection) or _judge(check, audit, outputs)
    remediation = audit.remediation or check.remediation
    return CheckResult(
        id=check.id,
        text=check.text,
        state=decision.state,
        audit=audit.audit,
        type="skip" if decision.state == "INFO" else check.type,
        remediation=remediation,
        test_info=(remediation,),
        actual=decision.actual,
        scored=check.scored,
        multiple=check.multiple,
        expected=decision.expected,
        reason=decision.reason,
        cause=decision.cause,
    )


def _judge(check: LinuxCheck, audit: LinuxAudit, outputs: Mapping[str, CommandOutput]) -> _Decision:
    given = outputs.get(audit.audit, NOT_RUN) if audit.audit.strip() else CommandOutput()
    failed: State = "FAIL" if check.scored else "WARN"
    reason = _failure(audit.audit, given)
    if given.exit_code is None:
        # It never came to an end, so what it has printed is no basis.
        return _Decision(state="WARN", cause="audit", reason=reason)
    assert audit.tests is not None
    comparisons = [_rows(item, given.output, check.multiple) for item in audit.tests.items]
    passed = _combined(audit.tests, [comparison.passed for comparison in comparisons])
    joined = " OR " if audit.tests.bin_op == "or" else " AND "
    unreadable = not passed and any(not comparison.readable for comparison in comparisons)
    cause: Cause = "unreadable" if unreadable else "evaluated" if passed or check.scored else "unscored"
    return _Decision(
        state="PASS" if passed else failed,
        cause=cause,
        reason=reason,
        actual="".join(letter for letter in given.output if letter == " " or letter.isprintable()),
        expected=joined.join(comparison.expected for comparison in comparisons),
    )


def _combined(tests: Tests, passed: list[bool]) -> bool:
    if not passed:
        return False
    return any(passed) if tests.bin_op == "or" else all(passed)


def _failure(script: str, output: CommandOutput) -> str:
    if output.exit_code == 0:
        return ""
    error = output.error or f"exit status {output.exit_code}"
    return f"failed to run: {quoted(script)}, output: {quoted(output.output)}, error: {error}"


def _rows(item: TestItem, output: str, multiple: bool) -> Comparison:
    trimmed = output.rstrip(" \n")
    result = Comparison(passed=False, expected="")
    for row in trimmed.split("\n") if multiple else [trimmed]:
        result = _row(item, scalar_text(row))
        if not result.passed:
            break
    return result


def _row(item: TestItem, row: str) -> Comparison:
    # linux-bench looks for the empty flag where only a path is given, and finds it in everything.
    by_path = not item.flag and bool(item.path)
    found = ""
    if by_path:
        try:
            found = path_value(row, item.path, strict_compat=False) or ""
        except Unreadable:
            return Comparison(passed=False, expected="", readable=False)
    if item.set and item.op:
        return compare(item.op, found if by_path else _flag_value(row, item.flag), item.value, item.flag)
    there = bool(found) if by_path else compiled(item.flag + _BEHIND).search(row) is not None
    expected = f"'{item.path if by_path else item.flag}' Is {'present' if item.set else 'not present'}"
    return Comparison(passed=there is item.set, expected=expected)


def _flag_value(row: str, flag: str) -> str:
    """The value of a flag: quoted, unquoted, behind a blank, the flag itself, or behind a part of a word."""
    if not flag:
        return row
    named = rf'(?:^|\s+)"?{flag}"?'
    patterns = (
        rf'{named}\s*[=:][\r\t\f\v ]*"(.*)"',
        rf"{named}\s*[=:][\r\t\f\v ]*([^\s]*)",
        rf"{named}\s+([^-\s]+)",
        rf"(?:^|\s+)({flag})(?:\s|$)",
        rf"{flag}[=:]([^\s]*)",
    )
    for pattern in patterns:
        try:
            found = compiled(pattern).search(row)
        except BadPattern:
            continue
        values = [value for value in found.groups() if value] if found else []
        if values:
            return str(values[0])
    return ""
