"""Three-valued logic: what a test says of the facts, and how several say it together."""

from collections.abc import Iterable
from typing import Any

import msgspec

from trueline.model.base import Model
from trueline.model.facts import Process
from trueline.model.results import Evidence, Outcome
from trueline.model.rule import Leaf


class Fault(Model, frozen=True, kw_only=True):
    """One leaf of a test that did not hold, with what remediation needs to know about it.

    `path` is the file that is wrong, `layer` and `source` say where a setting's value came from. `negated`:
    the leaf holds, and should not.
    """

    test: Leaf
    path: str = ""
    layer: str = ""
    source: str = ""
    observed: str = ""
    process: Process | None = None
    negated: bool = False


class Decision(Model, frozen=True, kw_only=True):
    """What one test gives: pass, fail, error, unknown, notchecked or notapplicable, and why.

    `mended` is what a fail would be if none of its faults were there any more.
    """

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    faults: tuple[Fault, ...] = ()
    mended: Outcome = Outcome.PASS

    @property
    def reason(self) -> str:
        """The first three reasons in full, and how many more there are."""
        more = f" And {len(self.reasons) - 3} more." if len(self.reasons) > 3 else ""
        return " ".join(self.reasons[:3]) + more


def decided(
    outcome: Outcome, reason: str = "", *, evidence: Iterable[Evidence] = (), faults: Iterable[Fault] = ()
) -> Decision:
    """A decision with one reason; a fail without a fault can't be mended."""
    reasons = (reason,) if reason else ()
    known = tuple(faults)
    mended = Outcome.FAIL if outcome is Outcome.FAIL and not known else Outcome.PASS
    return Decision(outcome=outcome, reasons=reasons, evidence=tuple(evidence), faults=known, mended=mended)


_ALL = (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.NOTCHECKED, Outcome.PASS, Outcome.NOTAPPLICABLE)
_ANY = (Outcome.PASS, Outcome.ERROR, Outcome.UNKNOWN, Outcome.NOTCHECKED, Outcome.FAIL, Outcome.NOTAPPLICABLE)


def all_of(decisions: Iterable[Decision]) -> Decision:
    """The worst wins: fail, error, unknown, notchecked, pass, notapplicable."""
    return _combine(list(decisions), _ALL)


def any_of(decisions: Iterable[Decision]) -> Decision:
    """One pass is enough; what could not be read might have been one, so it goes before a fail.

    Where all fail, the first alternative is the one to mend: rules name the preferred one first.
    """
    listed = list(decisions)
    combined = _combine(listed, _ANY)
    if combined.outcome is not Outcome.FAIL:
        return combined
    first = next(decision for decision in listed if decision.outcome is Outcome.FAIL)
    return msgspec.structs.replace(combined, faults=first.faults, mended=first.mended)


def negated(decision: Decision, leaf: Leaf | None = None) -> Decision:
    """Pass and fail change places; all else stays what it is. `leaf` is what holds and should not."""
    swapped = {Outcome.PASS: Outcome.FAIL, Outcome.FAIL: Outcome.PASS}
    outcome = swapped.get(decision.outcome, decision.outcome)
    wrong = outcome is Outcome.FAIL
    return Decision(
        outcome=outcome,
        reasons=decision.reasons,
        evidence=decision.evidence,
        faults=(Fault(test=leaf, negated=True),) if wrong and leaf is not None else (),
        mended=Outcome.FAIL if wrong and leaf is None else Outcome.PASS,
    )


def _combine(decisions: list[Decision], order: tuple[Outcome, ...]) -> Decision:
    if not decisions:
        return decided(Outcome.NOTAPPLICABLE, "There is nothing to judge.")
    if len(decisions) == 1:
        return decisions[0]
    outcome = min((decision.outcome for decision in decisions), key=order.index)
    deciding = [decision for decision in decisions if decision.outcome is outcome]
    return Decision(
        outcome=outcome,
        reasons=unique(reason for decision in deciding for reason in decision.reasons),
        evidence=unique(part for decision in decisions for part in decision.evidence),
        faults=unique(fault for decision in deciding for fault in decision.faults),
        mended=min(map(_mended, decisions), key=_ALL.index),
    )


def _mended(decision: Decision) -> Outcome:
    return decision.mended if decision.outcome is Outcome.FAIL else decision.outcome


def unique(parts: Iterable[Any]) -> tuple[Any, ...]:
    """Each part once, in order; parts need not be hashable."""
    kept: list[Any] = []
    for part in parts:
        if part not in kept:
            kept.append(part)
    return tuple(kept)
