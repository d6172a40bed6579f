"""Finds for each entry of the register what it applies to in a run, and whether it still does."""

from collections.abc import Collection, Iterator, Sequence

from trueline.model.base import Model
from trueline.model.policy import Excepting, Settings, Waiver
from trueline.model.register import Entry, EntryState
from trueline.model.results import Outcome, Result
from trueline.policy.scope import outside
from trueline.policy.select import below
from trueline.policy.triggers import Run, fired, unjudged
from trueline.policy.wording import weak

OPEN = frozenset({Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.NOTCHECKED})
_BROAD = 3  # results: an entry for more of them is hardly about one deviation
_LEFT_OUT = {Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED}


class Found(Model, frozen=True, kw_only=True):
    """An entry with the positions of the results that it applies to, while `state` is matched or expired."""

    waiver: Waiver
    entry: Entry
    hits: tuple[int, ...] = ()


def find(
    waiver: Waiver, results: Sequence[Result], run: Run, settings: Settings, known: Collection[str]
) -> Found:
    """What becomes of an entry; `known` are the numbers and rule ids of the whole benchmark."""
    if waiver.benchmark != run.benchmark.id:
        return _idle(waiver, "wrong-version", f"It was written for {waiver.benchmark}.")
    hits = [index for index, one in enumerate(results) if meant(waiver.check, one)]
    if not hits and waiver.check not in known:
        return _idle(waiver, "invalid-check", _invalid(waiver.check, run.benchmark.id, known))
    hits = [index for index in hits if _wants(waiver, results[index])]
    elsewhere = {index: outside(waiver.scope, run.target, run.nodes, results[index]) for index in hits}
    inside = [index for index in hits if not elsewhere[index]]
    if isinstance(waiver, Excepting) and run.on > waiver.expires:
        rest = () if inside else ("Nothing needs it any more.",)
        remark = f"It expired on {waiver.expires}."
        return _found(waiver, "expired", results, inside, (remark, *rest))
    if not inside:
        why = next((reason for reason in elsewhere.values() if reason), "nothing there needs it")
        return _idle(waiver, "unused", f"It changes nothing: {why}.")
    return _judged(waiver, results, inside, run, settings)


def meant(check: str, result: Result) -> bool:
    """Whether a recommendation's number or a rule's id stands for a result."""
    return check == result.number or check in result.rules


def observation(result: Result) -> str:
    """What a run observed for a result, in one line, as an entry records it."""
    seen = dict.fromkeys(f"{one.fact}: {one.observed}" for one in result.evidence)
    shown = [text if len(text) <= 200 else f"{text[:197]}..." for text in seen]
    rest = f"; and {len(shown) - 8} more" if len(shown) > 8 else ""
    return "; ".join(shown[:8]) + rest if shown else result.reason


def _wants(waiver: Waiver, result: Result) -> bool:
    """An exception is for what is open; what is required is so whatever its outcome."""
    if waiver.kind == "required":
        return result.outcome not in _LEFT_OUT
    return result.outcome in OPEN


def _judged(
    waiver: Waiver, results: Sequence[Result], inside: list[int], run: Run, settings: Settings
) -> Found:
    same = [index for index in inside if _means_the_same(waiver, results[index])]
    changed = [results[index].number for index in inside if index not in same]
    doubts = [*_doubts(waiver, run)]
    if changed and not same:
        doubts.append("What the check asserts has changed since it was approved.")
    critical = [results[index].number for index in same if _needs_approver(waiver, results[index])]
    approved = [index for index in same if results[index].number not in critical]
    if critical:
        remark = f"{', '.join(critical)} is critical: an exception there needs an approver."
    if critical and not approved:
        doubts.append(remark)
    if doubts:
        return _found(waiver, "needs-review", results, inside, doubts)
    remarks = [remark] if critical else []
    if changed:
        remarks.append(f"{', '.join(changed)} is not covered: what it asserts has changed.")
    remarks += _remarks(waiver, [results[index] for index in approved], run, settings)
    return _found(waiver, "matched", results, approved, remarks)


def _means_the_same(waiver: Waiver, result: Result) -> bool:
    approved = (waiver.meaning,) if isinstance(waiver.meaning, str) else waiver.meaning
    return not any(approved) or not result.meaning or result.meaning in approved


def _needs_approver(waiver: Waiver, result: Result) -> bool:
    lifts = waiver.kind in ("accepted-exception", "informational")
    return lifts and result.priority == "critical" and not waiver.approver.strip()


def _doubts(waiver: Waiver, run: Run) -> Iterator[str]:
    if waiver.created and waiver.created > run.on:
        yield f"It was created on {waiver.created}, which is yet to come."
    if isinstance(waiver, Excepting):
        yield from fired(waiver.triggers, run)


def _remarks(waiver: Waiver, hits: Sequence[Result], run: Run, settings: Settings) -> Iterator[str]:
    """What a reader should know of an entry that applies."""
    numbers = [one.number for one in hits]
    if len(numbers) > _BROAD:
        yield f"It is over-broad: it covers {len(numbers)} recommendations."
    if any(pattern.strip("*") == "" for pattern in waiver.scope.clusters):
        yield "It is over-broad: its scope names every cluster."
    yield from weak("The reason", waiver.reason)
    if not isinstance(waiver, Excepting):
        return
    yield from weak("The compensating control", waiver.compensating_control)
    left = (waiver.expires - run.on).days
    if left <= settings.announce_days:
        yield "It expires today." if left == 0 else f"It expires in {left} day{'s' * (left != 1)}."
    yield from unjudged(waiver.triggers, run)
    for one in hits:
        if waiver.kind != "informational" and not _as_recorded(waiver.observed, one):
            yield (
                f"{one.number} needs a review: it was recorded as {waiver.observed!r}, and the run observed "
                f"{observation(one)!r}."
            )


def _as_recorded(recorded: str, result: Result) -> bool:
    """Whether the record speaks of what was observed. Where there is no evidence, nothing contradicts it."""
    text = " ".join(recorded.casefold().split())
    if text == " ".join(observation(result).casefold().split()):
        return True
    if text.count(": "):  # written by `waivers add`, so that any difference is one
        facts = {one.fact.casefold() for one in result.evidence}
        if any(f"{fact}: " in text for fact in facts):
            return False
    seen = [" ".join(one.observed.casefold().split()) for one in result.evidence]
    return not seen or any(one in text for one in seen if one)


def _invalid(check: str, benchmark: str, known: Collection[str]) -> str:
    if any(below(number, check) for number in known):
        return f"{check} is a section of {benchmark}: an entry is for one recommendation or rule."
    return f"{benchmark} has no recommendation or rule {check}."


def _idle(waiver: Waiver, state: EntryState, remark: str) -> Found:
    return Found(waiver=waiver, entry=_entry(waiver, state, (), (remark,)))


def _found(
    waiver: Waiver,
    state: EntryState,
    results: Sequence[Result],
    hits: Sequence[int],
    remarks: Sequence[str],
) -> Found:
    numbers = tuple(dict.fromkeys(results[index].number for index in hits))
    return Found(waiver=waiver, entry=_entry(waiver, state, numbers, tuple(remarks)), hits=tuple(hits))


def _entry(waiver: Waiver, state: EntryState, numbers: tuple[str, ...], remarks: tuple[str, ...]) -> Entry:
    lifting = waiver if isinstance(waiver, Excepting) else None
    return Entry(
        id=waiver.id,
        check=waiver.check,
        benchmark=waiver.benchmark,
        kind=waiver.kind,
        state=state,
        numbers=numbers,
        owner=waiver.owner,
        approver=waiver.approver,
        created=waiver.created.isoformat() if waiver.created else "",
        expires=lifting.expires.isoformat() if lifting else "",
        reason=waiver.reason,
        compensating_control=lifting.compensating_control if lifting else "",
        links=tuple(proof.url for proof in waiver.evidence),
        remarks=remarks,
    )
