"""Compares two runs: what is new, resolved, unchanged, changed, regressed, newly expired or incomparable."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, get_args

from trueline.model.results import (
    DRIFT_SCHEMA,
    Assessment,
    Change,
    Drift,
    DriftItem,
    Evidence,
    Outcome,
    Result,
)
from trueline.policy.comparable import losses, otherness
from trueline.policy.gate import run_head
from trueline.policy.keys import keyed, prefix

NEWS: tuple[Change, ...] = ("new", "regressed", "newly-expired")
"""Changes that somebody has to hear of."""

UNFIXED = (
    "It was resolved before and failed again: the template that nodes or manifests are made from may still "
    "be unfixed."
)
_ANOTHER = "The check asserts something else than it did."
_UNKNOWN: tuple[str, ...] = (Outcome.ERROR, Outcome.UNKNOWN)
_DECIDED: tuple[str, ...] = (Outcome.PASS, Outcome.FAIL)
_OPEN = (*_UNKNOWN, Outcome.FAIL, Outcome.NOTCHECKED)
_MOVING = re.compile(r" process \d+|, line \d+")
_NO_PAST: Mapping[str, Sequence[str]] = MappingProxyType({})


class _Pair(NamedTuple):
    """A finding in both runs. `past` are its earlier outcomes that facts decided, the oldest first."""

    key: str
    before: Result | None
    after: Result | None
    past: tuple[str, ...] = ()
    alike: bool = True

    @property
    def last(self) -> str:
        """The last outcome before the later run that facts decided; "" where there is none."""
        return next((one for one in reversed(self.past) if one in _DECIDED), "")


class _Judged(NamedTuple):
    change: Change
    hint: str = ""


def drift(before: Assessment, after: Assessment, *, earlier: Mapping[str, Sequence[str]] = _NO_PAST) -> Drift:
    """What became of each finding from `before` to `after`.

    `earlier` has for findings' keys their outcomes in runs before `before`, the oldest first. A finding is
    resolved only by a pass with the same key and meaning on all nodes, in a run that saw no less.
    """
    others = tuple(otherness(before, after))
    pairs = _paired(before, after) if before.benchmark.id != after.benchmark.id else _matched(before, after)
    alike = before.tool.name == after.tool.name  # what another program does not check is no loss
    gone = tuple(pair.before.number for pair in pairs if alike and pair.before and not pair.after)
    pairs = [_with_past(pair, earlier, alike=alike) for pair in pairs]
    less = () if others else tuple(losses(before, after, gone))
    judged = [(pair, _certain(_judge(pair), others, less)) for pair in pairs]
    return Drift(
        schema=DRIFT_SCHEMA,
        before=run_head(before),
        after=run_head(after),
        incomparable=(*others, *less),
        items=tuple(_item(pair, verdict) for pair, verdict in judged if _shown(pair, verdict)),
        counts=_counts(verdict.change for _, verdict in judged),
    )


def _counts(changes: Iterable[Change]) -> dict[str, int]:
    found = Counter(changes)
    return {name: found[name] for name in get_args(Change)}


def _matched(before: Assessment, after: Assessment) -> list[_Pair]:
    """By key, in the order of the later run; what only the earlier one has comes last.

    Keys of another target or of a renamed cluster are read as those of the later run.
    """
    there, here = prefix(before), prefix(after)
    old = {here + key.removeprefix(there): result for key, result in keyed(before)}
    pairs = [_Pair(key, old.pop(key, None), result) for key, result in keyed(after)]
    return [*pairs, *(_Pair(key, result, None) for key, result in old.items())]


def _paired(before: Assessment, after: Assessment) -> list[_Pair]:
    """By the identity of rules, as numbers of two benchmarks mean different things."""
    left = dict(keyed(before))
    alike: dict[frozenset[str], list[str]] = {}
    for key, result in left.items():
        alike.setdefault(frozenset(result.rules), []).append(key)
    pairs = []
    for key, result in keyed(after):
        open_ones = [one for one in alike.get(frozenset(result.rules), ()) if one in left and result.rules]
        same_target = (one for one in open_ones if left[one].target == result.target)
        found = next(same_target, open_ones[0] if open_ones else "")
        pairs.append(_Pair(key, left.pop(found, None), result))
    return [*pairs, *(_Pair(key, result, None) for key, result in left.items())]


def _with_past(pair: _Pair, earlier: Mapping[str, Sequence[str]], *, alike: bool) -> _Pair:
    now = (pair.before.outcome.value,) if pair.before else ()
    return pair._replace(past=(*earlier.get(pair.key, ()), *now), alike=alike)


def _certain(verdict: _Judged, others: Sequence[str], less: Sequence[str]) -> _Judged:
    """What may be said of a finding where the runs as a whole can't be compared."""
    if others:
        return _Judged("incomparable", "" if verdict.change == "incomparable" else others[0])
    if less and verdict.change == "resolved":
        return _Judged("incomparable", f"It passes, but is not closed. {less[0]}")
    return verdict


def _judge(pair: _Pair) -> _Judged:
    old, new = pair.before, pair.after
    if new is None:
        return _Judged("incomparable", "The later run has no result of it.")
    if new.outcome is Outcome.FAIL:
        return _failing(pair, new)
    if new.outcome is Outcome.PASS:
        return _passing(pair, new)
    if old is None:
        return _Judged("incomparable", "The earlier run has no result of it.")
    if old.outcome in _DECIDED:
        return _Judged("incomparable", f"It could not be decided: {new.reason or new.outcome.value}")
    if new.outcome in _UNKNOWN and _expired(old, new):
        return _Judged("newly-expired")
    return _Judged("unchanged" if _same(pair, old, new) else "changed")


def _failing(pair: _Pair, new: Result) -> _Judged:
    old = pair.before
    if pair.last == Outcome.PASS:
        if Outcome.FAIL in pair.past:
            return _Judged("regressed", UNFIXED)
        return _Judged("new", _ANOTHER if old and _asserts_otherwise(old, new) else "")
    if not pair.last:
        return _Judged("new", "No earlier run decided it, so it may be older.")
    if old is None or old.outcome is not Outcome.FAIL:
        return _Judged("unchanged", "It failed already when it was last decided.")
    added = _failed(new) - _failed(old)
    if more := sorted(added & _nodes(old)):
        return _Judged("new", f"It failed before, but not on {', '.join(more)}.")
    if _expired(old, new):
        return _Judged("newly-expired")
    if added:
        return _Judged("changed", f"It fails on {', '.join(sorted(added))}, too, of which nothing was known.")
    if fewer := sorted((_failed(old) - _failed(new)) & _passed(new)):
        return _Judged("changed", f"It passes on {', '.join(fewer)}; it is closed when it passes on all.")
    return _Judged("unchanged" if _same(pair, old, new) else "changed")


def _passing(pair: _Pair, new: Result) -> _Judged:
    old = pair.before
    if pair.last == Outcome.FAIL:
        doubt = _doubt(old, new)
        hint = "" if pair.alike else "Another program judged it before."
        return _Judged("incomparable", doubt) if doubt else _Judged("resolved", hint)
    if old is None:
        known = pair.last == Outcome.PASS
        return (
            _Judged("unchanged") if known else _Judged("incomparable", "The earlier run has no result of it.")
        )
    return _Judged("unchanged" if _same(pair, old, new) else "changed")


def _doubt(old: Result | None, new: Result) -> str:
    """Why a pass does not close the finding; "" where it does."""
    if old is None:
        return "It passes, but the earlier run has no result of it."
    if _asserts_otherwise(old, new):
        return f"It passes, but is not closed. {_ANOTHER}"
    nodes = _nodes(new)
    if lost := sorted(_nodes(old) - nodes):
        return f"It passes, but is not closed: {', '.join(lost)} gave no result."
    if new.spread and (new.spread.missing or set(new.spread.nodes) - {Outcome.PASS}):
        return "It does not pass on all nodes."
    return ""


def _asserts_otherwise(old: Result, new: Result) -> bool:
    return bool(old.meaning and new.meaning and old.meaning != new.meaning)


def _expired(old: Result, new: Result) -> bool:
    return new.disposition == "expired" and old.disposition != "expired"


def _nodes(result: Result) -> set[str]:
    return {node for names in result.spread.nodes.values() for node in names} if result.spread else set()


def _failed(result: Result) -> set[str]:
    return set(result.spread.nodes.get(Outcome.FAIL, ())) if result.spread else set()


def _passed(result: Result) -> set[str]:
    return set(result.spread.nodes.get(Outcome.PASS, ())) if result.spread else set()


def _same(pair: _Pair, old: Result, new: Result) -> bool:
    """Whether outcome and observations are the same. Those of two programs can't be compared."""
    if old.outcome is not new.outcome:
        return False
    return not pair.alike or _observed(old.evidence) == _observed(new.evidence)


def _observed(evidence: Iterable[Evidence]) -> list[tuple[str, str, str]]:
    """Without what differs whenever a program is started again or a line is put above another."""
    return sorted((one.fact, _MOVING.sub("", one.source), one.observed) for one in evidence)


def _shown(pair: _Pair, verdict: _Judged) -> bool:
    """What stayed as it was is shown where it is open; what is left out is in the counts."""
    return verdict.change != "unchanged" or (pair.after is not None and pair.after.outcome in _OPEN)


def _item(pair: _Pair, verdict: _Judged) -> DriftItem:
    shown = pair.after or pair.before
    assert shown is not None  # a pair has at least one result
    return DriftItem(
        key=pair.key,
        number=shown.number,
        target=shown.target,
        title=shown.title,
        change=verdict.change,
        before=pair.before.outcome.value if pair.before else "",
        after=pair.after.outcome.value if pair.after else "",
        evidence_before=pair.before.evidence if pair.before else (),
        evidence_after=pair.after.evidence if pair.after else (),
        component=shown.component,
        owner=shown.owner,
        severity=shown.severity,
        disposition=shown.disposition,
        hint=" ".join(part for part in (_elsewhere(pair), verdict.hint) if part),
    )


def _elsewhere(pair: _Pair) -> str:
    if pair.before and pair.after and pair.before.number != pair.after.number:
        return f"It was {pair.before.number} there."
    return ""


def news(found: Drift) -> Iterator[DriftItem]:
    """What is worse than it was."""
    return (item for item in found.items if item.change in NEWS)
