"""Judges controls by the outputs of their scripts; pure, and never an error."""

from collections.abc import Iterable, Mapping

from trueline.kubebench.controls import Check, Controls, Group
from trueline.kubebench.gotext import quoted
from trueline.kubebench.items import BadOperator, Outputs, judge
from trueline.kubebench.results import Cause, CheckResult, ControlsResult, Run, add, group_result
from trueline.model.base import Model
from trueline.model.facts import CommandOutput
from trueline.model.results import State

NOT_RUN = CommandOutput(exit_code=None, error="it was not run")
_FORGIVEN = ("exit status 127", "No such file or directory")


class Selection(Model, frozen=True, kw_only=True):
    """What a run leaves out: all but these checks or groups, scored or unscored ones; and what it skips."""

    checks: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    scored: bool = True
    unscored: bool = True

    def wants(self, group: Group, check: Check) -> bool:
        """Whether the check has a row at all."""
        if self.checks and check.id not in self.checks:
            return False
        if self.groups and group.id not in self.groups:
            return False
        return self.scored if check.scored else self.unscored


ALL = Selection()


def needed_scripts(controls: Iterable[Controls], selection: Selection = ALL) -> list[str]:
    """Each distinct script that judging will ask for, in the order of the checks."""
    scripts: dict[str, None] = {}
    for each in controls:
        for group in each.groups:
            for check in group.checks:
                if selection.wants(group, check) and _early(group, check, selection) is None:
                    for script in (check.audit_env, check.audit, check.audit_config):
                        if script.strip():
                            scripts[script] = None
    return list(scripts)


def evaluate(
    controls: Iterable[Controls],
    outputs: Mapping[str, CommandOutput],
    selection: Selection = ALL,
    *,
    detected_version: str = "none",
    strict_compat: bool = False,
) -> Run:
    """Judges all controls; a script that is missing in `outputs` counts as one that could not be run."""
    listed = list(controls)
    judged = [_controls(each, outputs, selection, detected_version, strict_compat) for each in listed]
    judged.sort(key=lambda each: _number(each.id))
    return Run(controls=tuple(judged), notices=tuple(notice for each in listed for notice in each.notices))


def _number(text: str) -> int:
    digits = text.removeprefix("-").removeprefix("+") if text[:2] not in ("-+", "+-") else ""
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        return 0
    return -int(digits) if text.startswith("-") else int(digits)


def _controls(
    controls: Controls,
    outputs: Mapping[str, CommandOutput],
    selection: Selection,
    detected_version: str,
    strict: bool,
) -> ControlsResult:
    titles: dict[str, str] = {}
    found: dict[str, list[CheckResult]] = {}
    for group in controls.groups:
        for check in group.checks:
            if selection.wants(group, check):
                titles.setdefault(group.id, group.text)
                found.setdefault(group.id, []).append(_check(group, check, outputs, selection, strict))
    groups = tuple(group_result(number, titles[number], checks) for number, checks in found.items())
    return ControlsResult(
        id=controls.id,
        version=controls.version,
        detected_version=detected_version,
        text=controls.text,
        type=controls.type,
        groups=groups,
        counts=add(group.counts for group in groups),
    )


class _Decision(Model, frozen=True, kw_only=True):
    state: State
    cause: Cause
    reason: str = ""
    actual: str = ""
    expected: str = ""
    type: str | None = None


def _check(
    group: Group, check: Check, outputs: Mapping[str, CommandOutput], selection: Selection, strict: bool
) -> CheckResult:
    decision = _early(group, check, selection) or _judge(check, outputs, strict)
    return CheckResult(
        id=check.id,
        text=check.text,
        state=decision.state,
        audit=check.audit,
        audit_env=check.audit_env,
        audit_config=check.audit_config,
        type=check.type if decision.type is None else decision.type,
        remediation=check.remediation,
        test_info=(check.remediation,),
        actual=decision.actual,
        scored=check.scored,
        multiple=check.multiple,
        expected=decision.expected,
        reason=decision.reason,
        cause=decision.cause,
    )


def _early(group: Group, check: Check, selection: Selection) -> _Decision | None:
    """The state of a check whose scripts are not run."""
    chosen = group.id in selection.skip or check.id in selection.skip
    if chosen or group.type == "skip" or check.type == "skip":
        cause: Cause = "skipped" if chosen else "not-applicable"
        return _Decision(state="INFO", cause=cause, reason="Test marked as skip", type="skip")
    if check.scored and not check.type.strip() and check.tests is None:
        return _Decision(state="WARN", cause="no-tests", reason="There are no tests")
    if check.type == "manual":
        return _Decision(state="WARN", cause="manual", reason="Test marked as a manual test")
    if check.tests is None or not check.tests.items:
        return _Decision(state=_unless_scored(check), cause="no-tests", reason="No tests defined")
    return None


def _unless_scored(check: Check) -> State:
    return "FAIL" if check.scored else "WARN"


def _judge(check: Check, outputs: Mapping[str, CommandOutput], strict: bool) -> _Decision:
    given = _outputs(check, outputs)
    if isinstance(given, _Broken):
        # kube-bench knows no script that was not run to its end: strictly, it counts as one that failed.
        state = _unless_scored(check) if given.ended or strict else "WARN"
        return _Decision(state=state, cause="audit", reason=given.reason)
    assert check.tests is not None
    try:
        verdict = judge(check, check.tests, given, strict_compat=strict)
    except BadOperator as error:
        reason = str(error)
        return _Decision(state=_unless_scored(check), cause="unreadable", reason=reason, actual=f"{reason}\n")
    if verdict.passed and check.missing and not strict:
        # Scripts that looked at an empty name find nothing that would be wrong.
        reason = f"there is no variable {', '.join(f'${name}' for name in check.missing)}"
        return _Decision(state="WARN", cause="unreadable", reason=reason, actual=verdict.actual)
    if verdict.passed:
        return _Decision(state="PASS", cause="evaluated", actual=verdict.actual, expected=verdict.expected)
    decided: Cause = "evaluated" if check.scored else "unscored"
    # In text a reason takes the remediation's place where the state is WARN.
    tell = not strict and (verdict.passed is None or check.scored)
    return _Decision(
        # What the output does not tell is for a person to see, it is not a failure.
        state="WARN" if verdict.passed is None else _unless_scored(check),
        cause="unreadable" if verdict.unreadable else decided,
        reason=verdict.problem if tell else "",
        actual=verdict.actual,
        expected=verdict.expected,
    )


class _Broken(Model, frozen=True):
    """Why a check can't be judged, and whether its script came to an end."""

    reason: str
    ended: bool


def _outputs(check: Check, outputs: Mapping[str, CommandOutput]) -> Outputs | _Broken:
    """What the scripts printed, or the reason why the check can't be judged."""
    texts = []
    for script in (check.audit_env, check.audit):
        result = _output(script, outputs)
        if failure := _failure(script, result):
            return _Broken(failure, result.exit_code is not None)
        texts.append(result.output)
    config = _output(check.audit_config, outputs)
    text = config.output
    if failure := _failure(check.audit_config, config):
        if not any(texts) or not any(words in failure for words in _FORGIVEN):
            return _Broken(failure, config.exit_code is not None)
        text = ""
    return Outputs(env=texts[0], audit=texts[1], config=text)


def _output(script: str, outputs: Mapping[str, CommandOutput]) -> CommandOutput:
    return outputs.get(script, NOT_RUN) if script.strip() else CommandOutput()


def _failure(script: str, result: CommandOutput) -> str:
    if result.exit_code == 0 and not result.error:
        return ""
    error = result.error or f"exit status {result.exit_code}"
    return f"failed to run: {quoted(script)}, output: {quoted(result.output)}, error: {error}"
