"""Makes the findings register of an assessment: rows, groups that are mended together, and queues of work."""

from collections.abc import Iterable, Iterator

from trueline.model.findings import FINDINGS_SCHEMA, NO_OWNER, Finding, Findings, Group, Note, Queue
from trueline.model.register import Priority
from trueline.model.results import Assessment, DriftItem, Outcome, Result, finding_key

_PRIORITIES: tuple[Priority, ...] = ("critical", "high", "medium", "low", "contextual")
_OBJECTS = ("rbac", "pods", "network", "secrets", "namespaces", "admission")
_OPEN = (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.NOTCHECKED)
_SET_ASIDE = ("waived", "provider-owned")


def findings(assessment: Assessment) -> Findings:
    """The register. What policy set aside stays in it, with the exception that says so."""
    held = [result for result in assessment.results if result.outcome in _OPEN]
    changes = {item.key: item for item in (assessment.drift.items if assessment.drift else ())}
    rows = [_finding(assessment, result, changes) for result in held]
    notes = [_note(row, result) for row, result in zip(rows, held, strict=True) if _to_mend(result)]
    return Findings(
        schema=FINDINGS_SCHEMA,
        benchmark=assessment.benchmark.id,
        benchmark_digest=assessment.benchmark.digest,
        target=assessment.target.name,
        assessed_on=assessment.assessed_on,
        policy=assessment.policy.digest if assessment.policy else "",
        findings=tuple(rows),
        groups=tuple(_groups(row for row in rows if row.outcome is Outcome.FAIL)),
        queues=tuple(_queues(notes)),
        unowned=tuple(row.number for row in rows if row.owner == NO_OWNER),
    )


def _finding(assessment: Assessment, result: Result, changes: dict[str, DriftItem]) -> Finding:
    key = finding_key(assessment.target, assessment.benchmark.id, result)
    change = changes.get(key)
    spread = result.spread
    expires = {entry.id: entry.expires for entry in assessment.entries}
    return Finding(
        key=key,
        number=result.number,
        benchmark=assessment.benchmark.id,
        title=result.title,
        target=result.target,
        component=result.component,
        outcome=result.outcome,
        severity=result.severity,
        priority=result.priority,
        disposition=result.disposition,
        decision=result.decision,
        owner=result.owner or NO_OWNER,
        evidence=result.evidence,
        reason=result.reason,
        source=source(result),
        waiver=result.waiver,
        expires=expires.get(result.waiver, ""),
        failed=spread.nodes.get(Outcome.FAIL, ()) if spread else (),
        missing=spread.missing if spread else (),
        change=change.change if change else "",
        hint=change.hint if change else "",
        gaps=tuple(_gaps(result)),
    )


def source(result: Result) -> str:
    """Where a change lasts: the platform's own place, else what makes the object or file that is wrong."""
    if result.lasting:
        return result.lasting.splitlines()[0]
    places = dict.fromkeys(one.source for one in result.evidence if one.source)
    where = ", ".join(list(places)[:3]) or result.component
    if result.component in _OBJECTS:
        return f"The manifest, chart or operator that makes {where}."
    return f"What writes {where} on this node: its image, configuration management or package."


def _gaps(result: Result) -> Iterator[str]:
    """Steps that are missing between the finding and its end."""
    if not result.owner:
        yield "Nobody owns it."
    if result.outcome in {Outcome.ERROR, Outcome.UNKNOWN}:
        yield "It was not inspected."
    if (
        result.outcome is Outcome.NOTCHECKED
        and result.disposition != "provider-owned"
        and not _reviewed(result)
    ):
        yield "No valid review of a person is recorded."
    if result.outcome is Outcome.FAIL and not result.decision and result.disposition not in _SET_ASIDE:
        yield "Nobody decided what to do."
    if result.decision == "accept" and result.disposition != "waived":
        yield "It was accepted, but no exception holds."


def _reviewed(result: Result) -> bool:
    return result.review is not None and result.review.state == "valid"


def _groups(rows: Iterable[Finding]) -> Iterator[Group]:
    """Findings of one component with one lasting source, in the order in which they first appear."""
    members: dict[tuple[str, str], list[Finding]] = {}
    for row in rows:
        members.setdefault((row.component, row.source), []).append(row)
    for (component, place), held in members.items():
        yield Group(
            component=component,
            source=place,
            owner=held[0].owner,
            priority=min((row.priority for row in held), key=_PRIORITIES.index),
            keys=tuple(row.key for row in held),
            numbers=tuple(row.number for row in held),
            nodes=tuple(dict.fromkeys(node for row in held for node in row.failed)),
        )


def _to_mend(result: Result) -> bool:
    return result.outcome is Outcome.FAIL and result.disposition not in _SET_ASIDE


def _note(row: Finding, result: Result) -> Note:
    wrong = [one for one in result.evidence if one.observed != one.expected]
    return Note(
        key=row.key,
        number=row.number,
        benchmark=row.benchmark,
        title=row.title,
        component=row.component,
        owner=row.owner,
        observed="; ".join(f"{one.fact}: {one.observed}" for one in wrong) or row.reason,
        recommended="; ".join(f"{one.fact}: {one.expected}" for one in wrong) or row.title,
        change=result.remediation or result.reason,
        source=row.source,
        rollback=_rollback(result),
        priority=row.priority,
        exception=f"{row.waiver} ({row.disposition})" if row.waiver else "",
    )


def _rollback(result: Result) -> str:
    back = "; ".join(f"{one.fact} to {one.observed or 'nothing'}" for one in result.evidence)
    where = "at the same place" if result.lasting else "where it was changed"
    return f"Put back {back or 'what was there'}, {where}, and restart what reads it."


def _queues(notes: Iterable[Note]) -> Iterator[Queue]:
    """A queue per owner, by name; what nobody owns comes last."""
    by_owner: dict[str, list[Note]] = {}
    for note in notes:
        by_owner.setdefault(note.owner, []).append(note)
    for owner in sorted(by_owner, key=lambda name: (name == NO_OWNER, name)):
        urgent = sorted(by_owner[owner], key=lambda note: _PRIORITIES.index(note.priority))
        yield Queue(owner=owner, notes=tuple(urgent))
