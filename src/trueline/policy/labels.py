"""Says of each result whose it is, how urgent it is, what was decided and who reviewed it."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec

from trueline.model.policy import DecisionRecord, Policy, RemediationNote, ReviewRecord, Scope
from trueline.model.register import Decision, Priority, Review
from trueline.model.results import Result
from trueline.model.rule import Severity
from trueline.policy.register import meant
from trueline.policy.scope import outside
from trueline.policy.triggers import Run

PROVIDER = "provider"
_PRIORITIES: dict[Severity, Priority] = {
    "critical": "critical",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "info": "low",
}
_DECISIONS: dict[str, Decision] = {"waived": "accept", "provider-owned": "provider-owned"}
_Record = TypeVar("_Record", ReviewRecord, DecisionRecord, RemediationNote)


def with_severity(result: Result, severities: Mapping[str, Severity]) -> Result:
    """The result with the severity that the organisation gives the first of its rules that has one."""
    named = next((severities[rule] for rule in result.rules if rule in severities), result.severity)
    return msgspec.structs.replace(result, severity=named)


def priority(result: Result, priorities: Mapping[str, Priority]) -> Priority:
    """By number, then rule, then component; else the severity's; what a provider hides depends on it."""
    for name in (result.number, *result.rules, result.component):
        if name in priorities:
            return priorities[name]
    return "contextual" if result.disposition == "provider-owned" else _PRIORITIES[result.severity]


def team(component: str, owners: Mapping[str, str]) -> str:
    """The team of a component: by its name, else by the longest pattern that fits; "" where none does."""
    if component in owners:
        return owners[component]
    fitting = [pattern for pattern in owners if fnmatchcase(component, pattern)]
    return owners[max(fitting, key=len)] if fitting else ""


def labelled(result: Result, policy: Policy, run: Run, waiver_owner: str = "") -> Result:
    """The result with owner, decision and review; its disposition and priority are final."""
    decision = _of(policy.decisions, result, run)
    note = _of(policy.remediations, result, run)
    owner = team(result.component, policy.owners)
    if result.disposition == "provider-owned":
        owner = policy.owners.get(result.component, "") or waiver_owner or PROVIDER
    decided: Decision = "remediate" if note else _DECISIONS.get(result.disposition, "")
    return msgspec.structs.replace(
        result,
        owner=(decision.owner if decision else "") or owner or waiver_owner or (note.owner if note else ""),
        decision=decision.decision if decision else decided,
        review=_review(policy.reviews, result, run),
    )


def _review(reviews: Iterable[ReviewRecord], result: Result, run: Run) -> Review | None:
    """The review of what a person must look at; of several the one that is valid longest."""
    if result.state != "WARN":
        return None
    fitting = [one for one in reviews if _is_for(one, result, run)]
    if not fitting:
        return None
    best = max(fitting, key=lambda one: (one.valid_until, one.on))
    return Review(
        reviewer=best.reviewer,
        reviewed_on=best.on.isoformat(),
        outcome=best.outcome,
        note=best.note,
        valid_until=best.valid_until.isoformat(),
        state="valid" if best.on <= run.on <= best.valid_until else "lapsed",
    )


def _of(records: Iterable[_Record], result: Result, run: Run) -> _Record | None:
    """The first record for a result; one with a scope goes before one without."""
    fitting = [one for one in records if _is_for(one, result, run)]
    return min(fitting, key=lambda one: one.scope == Scope()) if fitting else None


def _is_for(record: ReviewRecord | DecisionRecord | RemediationNote, result: Result, run: Run) -> bool:
    if record.benchmark != run.benchmark.id or not meant(record.check, result):
        return False
    return not outside(record.scope, run.target, run.nodes, result)
