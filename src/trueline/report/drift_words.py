"""What the reports of a drift share: its parts in the order in which they matter, and runs in words."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from trueline.model.results import Change, Drift, DriftItem, Evidence, RunHead

TITLES: Final[dict[Change, str]] = {
    "new": "New failures",
    "regressed": "Failing again",
    "newly-expired": "Exceptions that ended",
    "changed": "Changed evidence",
    "incomparable": "Can't be compared",
    "resolved": "Resolved",
    "unchanged": "Known",
}
_STATES: Final = {"pass": "PASS", "fail": "FAIL", "error": "WARN", "unknown": "WARN", "notchecked": "WARN"}


class Part(NamedTuple):
    """All items of one change."""

    change: Change
    title: str
    items: tuple[DriftItem, ...]


def parts(found: Drift) -> Iterator[Part]:
    """Those that have items, news first."""
    for change, title in TITLES.items():
        items = tuple(item for item in found.items if item.change == change)
        if items:
            yield Part(change, title, items)


def run(head: RunHead) -> str:
    """A run in a few words."""
    name = f"run {head.id}" if head.id else "a run"
    when = head.collected_at or head.assessed_on
    about = [f"of {when}"] if when else []
    about += [f"({head.phase})"] if head.phase else []
    return " ".join([name, *about])


def subject(head: RunHead) -> str:
    """What was examined, and by which benchmark."""
    where = " of ".join(part for part in (head.target, head.cluster) if part)
    profile = f", profile {head.profile}" if head.profile else ""
    return f"{where or 'an unnamed target'}, {head.benchmark}{profile}"


def state(item: DriftItem) -> str:
    """The word for its last outcome, as tables for people have it."""
    return _STATES.get(item.after or item.before, "INFO")


def step(item: DriftItem) -> str:
    """From which outcome to which."""
    return f"{item.before or 'no result'} -> {item.after or 'no result'}"


def changes(item: DriftItem) -> Iterator[tuple[str, str, str]]:
    """Facts whose observation differs: the fact, what was observed before, and what is now."""
    old, new = _facts(item.evidence_before), _facts(item.evidence_after)
    for fact in {**old, **new}:
        before, after = old.get(fact, "nothing"), new.get(fact, "nothing")
        if before != after:
            yield fact, before, after


def _facts(evidence: Iterable[Evidence]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in evidence:
        found.setdefault(one.fact, []).append(one.observed)
    return {fact: ", ".join(values) for fact, values in found.items()}
