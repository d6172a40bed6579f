"""Applies a policy to results: classes, exceptions, owners, priorities; the day is an argument."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from trueline.model.base import Model
from trueline.model.policy import Policy
from trueline.model.register import Entry
from trueline.model.results import Before, Disposition, Result
from trueline.policy.labels import labelled, priority, with_severity
from trueline.policy.register import Found, find
from trueline.policy.triggers import Run

_LIFTED: dict[str, Disposition] = {
    "accepted-exception": "waived",
    "provider-owned": "provider-owned",
    "alternative-evidence": "provider-owned",
    "informational": "informational",
}


class Judged(Model, frozen=True, kw_only=True):
    """Results as a policy sees them, and all entries of its register."""

    results: tuple[Result, ...]
    entries: tuple[Entry, ...] = ()


def apply_policy(results: Iterable[Result], policy: Policy, run: Run, known: Collection[str] = ()) -> Judged:
    """The results with what policy says of them; no outcome changes, and what an earlier policy said is gone.

    `known` are the numbers and rule ids of the whole benchmark, where the results are only a part of it.
    """
    raw = [before(result) for result in results]
    urgent = [_urgent(one, policy) for one in raw]
    names = {name for one in urgent for name in (one.number, *one.rules)} | set(known)
    found = [find(waiver, urgent, run, policy.rules, names) for waiver in policy.waivers]
    classed = [
        _classed(one, [item for item in found if position in item.hits])
        for position, one in enumerate(urgent)
    ]
    owners = {item.waiver.id: item.waiver.owner for item in found if item.entry.state == "matched"}
    judged = (labelled(one, policy, run, owners.get(one.waiver, "")) for one in classed)
    return Judged(
        results=tuple(_remembering(old, new) for old, new in zip(raw, judged, strict=True)),
        entries=_entries(found, classed),
    )


def aged(results: Iterable[Result], entries: Iterable[Entry], on: date) -> Judged:
    """What an assessment says of its policy as of another day: what ended by then has expired."""
    day = on.isoformat()
    ended = {one.id for one in entries if one.state == "matched" and "" < one.expires < day}
    return Judged(
        results=tuple(_aged(one, ended, day) for one in results),
        entries=tuple(
            msgspec.structs.replace(
                one, state="expired", remarks=(*one.remarks, f"It expired on {one.expires}.")
            )
            if one.id in ended
            else one
            for one in entries
        ),
    )


def _aged(result: Result, ended: Collection[str], day: str) -> Result:
    review = result.review
    if review:
        state: Literal["valid", "lapsed"] = "lapsed" if review.valid_until < day else review.state
        result = msgspec.structs.replace(result, review=msgspec.structs.replace(review, state=state))
    if result.waiver not in ended:
        return result
    base = result.before.disposition if result.before else result.disposition
    return msgspec.structs.replace(result, disposition="expired" if base == "required" else base, decision="")


def before(result: Result) -> Result:
    """The result as it was before any policy."""
    if result.before is None:
        return msgspec.structs.replace(result, waiver="", review=None)
    return msgspec.structs.replace(
        result,
        disposition=result.before.disposition,
        severity=result.before.severity,
        before=None,
        waiver="",
        review=None,
    )


def _urgent(result: Result, policy: Policy) -> Result:
    given = with_severity(result, policy.severities)
    return msgspec.structs.replace(given, priority=priority(given, policy.priorities))


def _classed(result: Result, found: Sequence[Found]) -> Result:
    """The result with the disposition of the entries that apply to it: of several the first counts."""
    disposition, by = result.disposition, ""
    for item in found:
        if item.waiver.kind == "required" and item.entry.state == "matched":
            disposition, by = "required", item.waiver.id
    lifting = [item for item in found if item.waiver.kind != "required"]
    active = next((item for item in lifting if item.entry.state == "matched"), None)
    if active:
        disposition, by = _LIFTED[active.waiver.kind], active.waiver.id
    elif disposition == "required":
        expired = next((item for item in lifting if item.entry.state == "expired"), None)
        disposition, by = ("expired", expired.waiver.id) if expired else (disposition, by)
    return msgspec.structs.replace(result, disposition=disposition, waiver=by)


def _entries(found: Iterable[Found], classed: Sequence[Result]) -> tuple[Entry, ...]:
    """All entries; one that applies to what another covers already says so."""
    return tuple(
        msgspec.structs.replace(item.entry, remarks=(*item.entry.remarks, *_overlaps(item, classed)))
        for item in found
    )


def _overlaps(item: Found, classed: Sequence[Result]) -> Iterable[str]:
    if item.entry.state != "matched":
        return
    for position in item.hits:
        other = classed[position].waiver
        if other not in ("", item.waiver.id):
            yield f"{classed[position].number} is decided by {other} already."


def _remembering(original: Result, judged: Result) -> Result:
    """The judged result, with what was changed, so that another policy can be applied to it later."""
    same = (original.disposition, original.severity) == (judged.disposition, judged.severity)
    kept = None if same else Before(disposition=original.disposition, severity=original.severity)
    return msgspec.structs.replace(judged, before=kept)
