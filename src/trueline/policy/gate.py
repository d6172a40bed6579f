"""Decides whether a pipeline goes on: from assessments under a policy, and a baseline where there is one."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Literal

import msgspec

from trueline.model.base import Model
from trueline.model.gate import BASELINE, GATE_SCHEMA, Baseline, Gate, GateFinding, Verdict
from trueline.model.policy import GateRules
from trueline.model.register import Entry
from trueline.model.results import Assessment, Outcome, Result, RunHead
from trueline.policy.baseline import Comparison, compare_with, failing_nodes
from trueline.policy.keys import keyed
from trueline.policy.verdict import fails, gaps, undecided

_CODES: dict[Verdict, Literal[0, 1, 3]] = {"pass": 0, "fail": 1, "incomplete": 3}


class _Seen(Model, frozen=True, kw_only=True):
    """A result of a run with all that the gate says of it."""

    result: Result
    finding: GateFinding
    known: bool


def decide(
    assessments: Sequence[Assessment],
    rules: GateRules,
    *,
    on: str,
    announce_days: int = 30,
    baseline: Baseline | None = None,
) -> Gate:
    """The decision as of the day `on`, for which the assessments' policy has been applied already.

    What is incomplete or can't be compared is never a pass, and goes before what failed.
    """
    compared = compare_with(baseline, assessments) if baseline else Comparison()
    seen = [_see(one, key, result, compared) for one in assessments for key, result in keyed(one)]
    failures = _those(seen, lambda one: _failing(one, rules))
    gate = Gate(
        schema=GATE_SCHEMA,
        verdict="pass",
        exit_code=0,
        on=on,
        strict=rules.strict,
        runs=tuple(map(run_head, assessments)),
        policy=next((one.policy for one in assessments if one.policy), None),
        baseline=baseline.created if baseline else "",
        failures=failures,
        known=_those(seen, lambda one: one.known and fails(one.result)),
        expired=tuple(one for one in failures if one.disposition == "expired"),
        incomplete=_those(seen, lambda one: undecided(one.result)),
        unowned=_those(seen, lambda one: _unowned(one.result)),
        unproven=_those(seen, lambda one: _unproven(one.result)),
        unreviewed=_those(seen, lambda one: _unreviewed(one.result)),
        gaps=_those(seen, lambda one: bool(one.finding.gaps)),
        resolved=compared.resolved,
        incomparable=compared.incomparable,
        expiring=_expiring(assessments, on, announce_days),
        idle=_idle(assessments),
        dispositions=_dispositions(assessments),
    )
    missing = [*_missing(assessments), *compared.incomparable]
    return _decided(gate, rules, missing)


def gated(assessment: Assessment, gate: Gate) -> Assessment:
    """The assessment as formats that list findings one by one should show it: the baseline's are waived."""
    known = set() if gate.strict else {one.key for one in gate.known}
    results = tuple(
        msgspec.structs.replace(one, disposition="waived", waiver=BASELINE) if key in known else one
        for key, one in keyed(assessment)
    )
    return msgspec.structs.replace(assessment, results=results)


def run_head(assessment: Assessment) -> RunHead:
    """What tells a run from others."""
    target = assessment.target
    return RunHead(
        benchmark=assessment.benchmark.id,
        benchmark_digest=assessment.benchmark.digest,
        target=target.name,
        cluster=target.cluster_name or target.cluster_uid or target.cluster,
        profile=assessment.profile.id if assessment.profile else "",
        phase=assessment.phase,
        collected_at=target.collected_at,
        assessed_on=assessment.assessed_on,
        tool=f"{assessment.tool.name} {assessment.tool.version}",
        nodes=len(assessment.nodes),
        results=len(assessment.results),
    )


def _decided(gate: Gate, rules: GateRules, missing: Sequence[str]) -> Gate:
    failing = [*_failed(gate, rules)]
    open_ones = [*missing]
    if gate.incomplete:
        open_ones.insert(0, f"could not be decided: {_count(gate.incomplete, 'required check')}")
    verdict: Verdict = "incomplete" if open_ones else "fail" if failing else "pass"
    return msgspec.structs.replace(
        gate, verdict=verdict, exit_code=_CODES[verdict], because=(*open_ones, *failing)
    )


def _failed(gate: Gate, rules: GateRules) -> Iterator[str]:
    if gate.failures:
        new = "new: " if gate.baseline and not gate.strict else ""
        yield f"{new}{_count(gate.failures, 'failure' if rules.strict else 'required failure')}"
    if gate.unowned and rules.unowned == "fail":
        yield f"without an owner: {_count(gate.unowned, 'finding')}"
    if gate.unproven and rules.provider_without_evidence == "fail":
        yield f"the provider's, without evidence: {_count(gate.unproven, 'check')}"
    if gate.unreviewed and rules.unreviewed == "fail":
        yield f"for a person, without a valid review: {_count(gate.unreviewed, 'check')}"
    if gate.gaps and rules.process_gaps == "fail":
        yield f"lacking a step of their handling: {_count(gate.gaps, 'finding')}"


def _count(found: Sequence[GateFinding], word: str) -> str:
    return f"{len(found)} {word}{'s' * (len(found) != 1)}"


def _missing(assessments: Sequence[Assessment]) -> Iterator[str]:
    """What of the runs themselves is missing."""
    if not assessments:
        yield "no assessment was given"
    for one in assessments:
        if not one.coverage.evaluated:
            yield f"nothing was evaluated of {one.benchmark.id} on {one.target.name or 'the target'}"
        if gone := [node.name for node in one.nodes if node.missing]:
            yield f"nodes without results: {', '.join(gone)}"


def _failing(one: _Seen, rules: GateRules) -> bool:
    if rules.strict:
        return one.result.state == "FAIL" or fails(one.result)
    return fails(one.result) and not one.known


def _unowned(result: Result) -> bool:
    return result.outcome is Outcome.FAIL and not result.owner


def _unproven(result: Result) -> bool:
    return result.disposition == "provider-owned" and not result.waiver


def _unreviewed(result: Result) -> bool:
    """What a person must look at and nobody did: what policy set aside is somebody else's."""
    lifted = result.disposition == "informational" and bool(result.waiver)
    aside = lifted or result.disposition in ("waived", "provider-owned")
    return result.state == "WARN" and not aside and (result.review is None or result.review.state == "lapsed")


def _see(assessment: Assessment, key: str, result: Result, compared: Comparison) -> _Seen:
    known = key in compared.known
    steps = [*gaps(result)]
    if key in compared.unchanged and result.decision == "remediate":
        steps.append("it was to be mended, and is as the baseline has it")
    return _Seen(result=result, known=known, finding=_finding(assessment, result, key, steps))


def _finding(assessment: Assessment, result: Result, key: str, steps: Iterable[str]) -> GateFinding:
    return GateFinding(
        key=key,
        check=result.number,
        benchmark=assessment.benchmark.id,
        benchmark_version=assessment.benchmark.version,
        target=result.target,
        title=result.title,
        outcome=result.outcome,
        disposition=result.disposition,
        component=result.component,
        owner=result.owner,
        priority=result.priority,
        severity=result.severity,
        decision=result.decision,
        waiver=result.waiver,
        reason=result.reason,
        remediation=result.remediation,
        why=_why(assessment, result),
        gaps=tuple(steps),
        nodes=failing_nodes(result),
    )


def _why(assessment: Assessment, result: Result) -> str:
    entry = next((one for one in assessment.entries if one.id == result.waiver), None)
    if entry is None:
        return ""
    if result.disposition == "expired":
        return f"{entry.id} expired on {entry.expires}"
    until = f" until {entry.expires}" if entry.expires else ""
    return f"{entry.kind} by {entry.id}{until}"


def _those(seen: Iterable[_Seen], wanted: Callable[[_Seen], bool]) -> tuple[GateFinding, ...]:
    return tuple(one.finding for one in seen if wanted(one))


def _entries(assessments: Iterable[Assessment]) -> dict[str, list[Entry]]:
    """The entries of all runs by id; each run has its own of each."""
    found: dict[str, list[Entry]] = {}
    for one in assessments:
        for entry in one.entries:
            found.setdefault(entry.id, []).append(entry)
    return found


def _expiring(assessments: Iterable[Assessment], on: str, days: int) -> tuple[Entry, ...]:
    matched = (
        next((entry for entry in group if entry.state == "matched"), None)
        for group in _entries(assessments).values()
    )
    soon = [entry for entry in matched if entry and _left(on, entry.expires) <= days]
    return tuple(sorted(soon, key=lambda entry: (entry.expires, entry.id)))


def _idle(assessments: Iterable[Assessment]) -> tuple[Entry, ...]:
    """Entries that apply in none of the runs; what is known of them best is said."""
    order = ("needs-review", "expired", "invalid-check", "unused", "wrong-version")
    groups = _entries(assessments).values()
    lost = [group for group in groups if all(entry.state != "matched" for entry in group)]
    return tuple(min(group, key=lambda entry: order.index(entry.state)) for group in lost)


def _left(on: str, expires: str) -> float:
    """Days until the end; endless where it has none, as what was read from a file may say anything."""
    try:
        return (date.fromisoformat(expires) - date.fromisoformat(on)).days
    except ValueError:
        return math.inf


def _dispositions(assessments: Iterable[Assessment]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in assessments:
        for name, number in one.counts.dispositions.items():
            found[name] = found.get(name, 0) + number
    return found
