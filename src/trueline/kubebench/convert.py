"""Turns controls and their results into our own model, for reports, policy and history, without secrets."""

from collections.abc import Iterable

from trueline.collect.outputs import clean_output
from trueline.kubebench.controls import Controls
from trueline.kubebench.results import Cause, CheckResult, ControlsResult, GroupResult, Run
from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.results import Evidence, Outcome, Result

_NOT_EVALUATED: dict[Cause, Outcome] = {
    "audit": Outcome.ERROR,
    "unreadable": Outcome.UNKNOWN,
    "manual": Outcome.NOTCHECKED,
    "no-tests": Outcome.NOTCHECKED,
    "not-applicable": Outcome.NOTAPPLICABLE,
    "skipped": Outcome.NOTSELECTED,
}
_MANUAL = ("manual", "skip")


def to_benchmark(controls: Iterable[Controls], name: str) -> Benchmark:
    """The controls as a benchmark; their checks are shell scripts, so no recommendation has rules."""
    listed = list(controls)
    sections = [
        Section(
            number=group.id,
            title=group.text,
            target=each.type,
            recommendations=tuple(
                Recommendation(
                    number=check.id,
                    title=check.text,
                    rules={},
                    scored=check.scored,
                    automated=check.tests is not None and check.type not in _MANUAL,
                )
                for check in group.checks
            ),
        )
        for each in listed
        for group in each.groups
    ]
    version = next((each.version for each in listed if each.version), name)
    return Benchmark(id=name, title=f"kube-bench controls {name}", version=version, sections=tuple(sections))


def to_results(run: Run) -> tuple[Result, ...]:
    """One result for each check, with the outcome that tells apart what four states don't."""
    return tuple(
        _result(check, group, controls)
        for controls in run.controls
        for group in controls.groups
        for check in group.checks
    )


def outcome(check: CheckResult) -> Outcome:
    """The outcome behind the state; a failed check that is not scored has failed, it just does not count."""
    if check.cause in _NOT_EVALUATED and check.state != "PASS":
        return _NOT_EVALUATED[check.cause]
    match check.state:
        case "PASS":
            return Outcome.PASS
        case "INFO":
            return Outcome.NOTSELECTED
        case _:
            return Outcome.FAIL


def _result(check: CheckResult, group: GroupResult, controls: ControlsResult) -> Result:
    result = outcome(check)
    automated = check.cause not in ("manual", "no-tests")
    return Result(
        number=check.id,
        title=check.text,
        target=controls.type,
        section=group.id,
        level=0,
        scored=check.scored,
        automated=automated,
        rules=(),
        outcome=result,
        reason=_clean_quoted(check.reason) or clean_output(_reason(check, result)),
        evidence=_evidence(check),
        remediation=check.remediation.strip(),
        disposition="required" if check.scored and automated else "informational",
    )


def _reason(check: CheckResult, result: Outcome) -> str:
    match result:
        case Outcome.PASS:
            return "The output is as expected."
        case Outcome.FAIL:
            return f"Expected: {check.expected}" if check.expected else "The output is not as expected."
        case Outcome.UNKNOWN:
            return f"The output can't be judged: {check.expected}"
        case _:
            return "It was not judged."


def _evidence(check: CheckResult) -> tuple[Evidence, ...]:
    if not check.actual and not check.expected:
        return ()
    source = check.audit or check.audit_config or check.audit_env
    return (
        Evidence(
            fact="output of the audit command",
            source=clean_output(source),
            observed=clean_output(check.actual),
            expected=clean_output(check.expected),
        ),
    )


def _clean_quoted(reason: str) -> str:
    """A reason without secrets; outputs stand in it in quotes, with their line ends written as escapes."""
    return clean_output(reason.replace("\\n", "\n").replace('\\"', '"')).replace("\n", "\\n")
