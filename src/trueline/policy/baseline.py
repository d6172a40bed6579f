"""Makes a baseline of assessments, and tells what of another run is known by it, resolved or incomparable."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from trueline.model.base import Model
from trueline.model.facts import Tool
from trueline.model.gate import BASELINE_SCHEMA, Baseline, BaselineFinding, BaselineRun
from trueline.model.results import Assessment, Outcome, Result
from trueline.policy.keys import keyed

_GONE = (Outcome.NOTSELECTED,)
_DECIDED = (Outcome.PASS, Outcome.FAIL)
_REQUIRED = ("required", "expired")


class Comparison(Model, frozen=True, kw_only=True):
    """What a baseline says of a run: keys of failures that it knows, of those that pass now, and doubts.

    `unchanged` are known failures whose evidence is the same.
    """

    known: frozenset[str] = frozenset()
    unchanged: frozenset[str] = frozenset()
    resolved: tuple[str, ...] = ()
    incomparable: tuple[str, ...] = ()


def baseline_of(assessments: Iterable[Assessment], *, created: str, tool: Tool) -> Baseline:
    """Today's state as what is accepted. `created` is an ISO 8601 day."""
    runs = tuple(_run(one) for one in assessments)
    return Baseline(schema=BASELINE_SCHEMA, created=created, tool=tool, runs=runs)


def compare_with(baseline: Baseline, assessments: Sequence[Assessment]) -> Comparison:
    """What is known by the baseline. A run that it has and that is missing makes it incomparable."""
    current = {_identity(one): one for one in map(_run, assessments)}
    known: set[str] = set()
    unchanged: set[str] = set()
    resolved: list[str] = []
    doubts: list[str] = []
    for old in baseline.runs:
        new = current.get(_identity(old))
        if new is None:
            doubts.append(f"no run of {old.benchmark} on {_where(old)} was given, which the baseline has")
            continue
        doubts += _doubts(old, new)
        for before, after in _pairs(old, new):
            if _knows(before, after):
                known.add(after.key)
                unchanged |= {after.key} if before.observed == after.observed else set()
            elif before.outcome is Outcome.FAIL and after.outcome is Outcome.PASS:
                resolved.append(after.key)
    ours = {_identity(old) for old in baseline.runs}
    if not ours & set(current):
        doubts.append("the baseline has none of the runs that were given")
    return Comparison(
        known=frozenset(known),
        unchanged=frozenset(unchanged),
        resolved=tuple(resolved) if not doubts else (),
        incomparable=tuple(doubts),
    )


def _run(assessment: Assessment) -> BaselineRun:
    target = assessment.target
    return BaselineRun(
        benchmark=assessment.benchmark.id,
        digest=assessment.benchmark.digest,
        cluster=target.cluster_name or target.cluster_uid,
        target=target.name,
        profile=assessment.profile.digest if assessment.profile else "",
        nodes=tuple(node.name for node in assessment.nodes if not node.missing),
        findings=tuple(_finding(key, result) for key, result in keyed(assessment)),
    )


def _finding(key: str, result: Result) -> BaselineFinding:
    evidence = msgspec.json.encode([(one.fact, one.observed) for one in result.evidence])
    return BaselineFinding(
        key=key,
        number=result.number,
        target=result.target,
        outcome=result.outcome,
        disposition=result.disposition,
        meaning=result.meaning,
        observed=hashlib.sha256(evidence).hexdigest()[:16],
        nodes=failing_nodes(result),
    )


def failing_nodes(result: Result) -> tuple[str, ...]:
    """The nodes of a fleet where it failed."""
    return tuple(result.spread.nodes.get(Outcome.FAIL, ())) if result.spread else ()


def _identity(run: BaselineRun) -> tuple[str, str, str]:
    return run.cluster, run.target, run.benchmark


def _where(run: BaselineRun) -> str:
    return "/".join(part for part in (run.cluster, run.target) if part) or "this target"


def _doubts(old: BaselineRun, new: BaselineRun) -> Iterator[str]:
    """Why less was looked at than for the baseline, or something else."""
    where = _where(old)
    if old.profile != new.profile:
        yield f"{where} was judged by another profile than for the baseline"
    if gone := sorted(set(old.nodes) - set(new.nodes)):
        yield f"{', '.join(gone[:5])} of the baseline's nodes are missing on {where}"
    kept = {one.key for one in new.findings if one.outcome not in _GONE}
    lost = [one.number for one in old.findings if one.outcome in _DECIDED and one.key not in kept]
    if lost:
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        numbers = ", ".join(dict.fromkeys(lost[:5]))
        yield f"{numbers}{more} of {old.benchmark} on {where} were not looked at, but were for the baseline"


def _pairs(old: BaselineRun, new: BaselineRun) -> Iterator[tuple[BaselineFinding, BaselineFinding]]:
    earlier = {one.key: one for one in old.findings}
    for after in new.findings:
        if after.key in earlier:
            yield earlier[after.key], after


def _knows(before: BaselineFinding, after: BaselineFinding) -> bool:
    """Whether a failure was there already, required as now, with the same meaning, and on these nodes."""
    return (
        before.outcome is Outcome.FAIL
        and after.outcome is Outcome.FAIL
        and before.disposition in _REQUIRED
        and before.meaning == after.meaning
        and set(after.nodes) <= set(before.nodes)
    )
