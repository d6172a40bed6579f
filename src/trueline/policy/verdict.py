"""Says of one result whether it fails what is required, leaves it open, or lacks a step of its handling."""

from collections.abc import Iterator

from trueline.model.results import Outcome, Result

_REQUIRED = ("required", "expired")
_UNDECIDED = (Outcome.ERROR, Outcome.UNKNOWN)


def fails(result: Result) -> bool:
    """Whether it fails and is required. A valid review decides what an entry of the register requires."""
    if result.disposition not in _REQUIRED:
        return False
    return result.outcome is Outcome.FAIL or (_by_review(result) and _reviewed(result) == "fail")


def undecided(result: Result) -> bool:
    """Whether it is required, and facts did not decide it; nor a review, where an entry requires it."""
    if result.disposition not in _REQUIRED:
        return False
    return result.outcome in _UNDECIDED or (_by_review(result) and not _reviewed(result))


def gaps(result: Result) -> Iterator[str]:
    """Steps that are missing between a finding and its end: owner, inspection, decision, lasting source."""
    if result.waiver and result.disposition in ("waived", "provider-owned", "informational"):
        return  # an entry of the register, which has an owner, an end and its reasons
    if result.disposition == "provider-owned":
        yield "no evidence of the provider is recorded"
        return
    if result.outcome in (Outcome.FAIL, *_UNDECIDED) and not result.owner:
        yield "nobody owns it"
    if result.outcome in _UNDECIDED or (result.outcome is Outcome.NOTCHECKED and not _reviewed(result)):
        yield "it was not inspected"
    if result.outcome is Outcome.FAIL or _reviewed(result) == "fail":
        yield from _undone(result)


def _undone(result: Result) -> Iterator[str]:
    if result.decision == "investigate":
        yield "it is still being investigated"
    elif not result.decision and result.disposition == "expired":
        yield "its exception has expired"
    elif not result.decision and result.disposition == "required":
        yield "it is neither mended nor excepted"
    elif not result.decision:
        yield "it is open whether it is mandatory"
    if result.decision == "remediate" and not (result.lasting or result.remediation):
        yield "no lasting source is named"


def _by_review(result: Result) -> bool:
    """Whether an entry of the register requires what only a person can judge."""
    return bool(result.waiver) and result.disposition == "required" and result.outcome is Outcome.NOTCHECKED


def _reviewed(result: Result) -> str:
    return result.review.outcome if result.review and result.review.state == "valid" else ""
