"""What reports say of a policy: the entries of its register, reviews, and who a result belongs to."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from trueline.model.register import Entry
from trueline.model.results import Assessment, Result
from trueline.report import outline

_CLASSES = ("required", "waived", "expired", "provider-owned", "informational")


def entry_of(assessment: Assessment, result: Result) -> Entry | None:
    """The entry that a result's disposition comes from."""
    return next((one for one in assessment.entries if result.waiver and one.id == result.waiver), None)


def standing(assessment: Assessment, result: Result) -> str:
    """What policy made of a result, until when and whose it is; empty where it made nothing of it."""
    words = outline.set_aside(result)
    entry = entry_of(assessment, result)
    if not entry:
        return words
    words = words or f"{result.disposition} by {entry.id}"
    if result.disposition == "expired":
        return f"waiver {entry.id} expired on {entry.expires}, owner {entry.owner}"
    until = f" until {entry.expires}" if entry.expires else ""
    return f"{words}{until}, owner {entry.owner}"


def justification(assessment: Assessment, result: Result) -> str:
    """The standing with the reason of the exception and its links."""
    entry = entry_of(assessment, result)
    parts = (standing(assessment, result), entry.reason if entry else "", *(entry.links if entry else ()))
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip())


def remarkable(assessment: Assessment) -> list[Entry]:
    """Entries of which something is to be said: they do nothing, or end soon, or are odd."""
    return [one for one in assessment.entries if one.state != "matched" or one.remarks]


def remarks(entry: Entry) -> str:
    """An entry's state and what is to be said of it."""
    return f"{entry.state}. {' '.join(entry.remarks)}".strip()


def reviewed(results: Iterable[Result]) -> list[tuple[Result, str]]:
    """Results that a person looked at, with what that person found."""
    return [(one, words) for one in results if (words := review(one))]


def review(result: Result) -> str:
    """The review of a result in words; "" where there is none."""
    found = result.review
    if found is None:
        return ""
    verb = "holds until" if found.state == "valid" else "lapsed on"
    return (
        f"{found.reviewer} judged it {found.outcome} on {found.reviewed_on}, which {verb} "
        f"{found.valid_until}: {found.note}"
    )


def whose(result: Result) -> str:
    """Owner, priority and decision in words; "" where no policy says whose it is."""
    if not (result.owner or result.decision):
        return ""
    return f"{result.owner or 'nobody'}; priority {result.priority}; {result.decision or 'open'}"


def totals(assessment: Assessment) -> str:
    """How many results are of which class, and how many of those for a person were reviewed."""
    counts, reviews = assessment.counts.dispositions, assessment.counts.reviews
    classes = ", ".join(f"{name} {counts.get(name, 0)}" for name in _CLASSES)
    looked = ", ".join(f"{name} {number}" for name, number in reviews.items())
    return f"{classes}; for a person: {looked}" if looked else classes


def deadline(assessment: Assessment, result: Result) -> datetime | None:
    """When the exception of a result ends, in UTC; None where it has none."""
    entry = entry_of(assessment, result)
    return end(entry) if entry else None


def end(entry: Entry) -> datetime | None:
    """The moment after an entry's last day, in UTC; None where it has no end that can be read."""
    try:
        last = date.fromisoformat(entry.expires)
    except ValueError:
        return None
    return datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
