"""Judges what a cloud's API said of a managed cluster."""

from collections.abc import Iterator, Sequence
from typing import Any

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.values import describe, parse, satisfies, show
from trueline.model.cloud import CloudDump, CloudKind
from trueline.model.cloudtest import CloudTest
from trueline.model.results import Evidence, Outcome
from trueline.model.rule import Test

NO_DUMP = "No answer of this cloud's API was handed in."
_MISSING = object()
_Place = tuple[str, Any]


def cloud_kinds(*tests: Test | None) -> set[CloudKind]:
    """The kinds of dumps that these tests ask for; empty where they ask for none."""
    kinds: set[CloudKind] = set()
    for test in tests:
        if test is not None:
            kinds |= {test.cloud.kind} if test.cloud else set()
            kinds |= cloud_kinds(*(test.all or ()), *(test.any or ()), test.not_)
    return kinds


def answered(test: Test | None, dumps: Sequence[CloudDump]) -> bool:
    """Whether the test asks for one of these dumps."""
    return not cloud_kinds(test).isdisjoint(dump.kind for dump in dumps)


def judge_cloud(test: CloudTest, dumps: Sequence[CloudDump]) -> Decision:
    """Each dump of the kind must fulfil the test; without one, this cloud is not the cluster's."""
    asked = [dump for dump in dumps if dump.kind == test.kind]
    if not asked:
        return decided(Outcome.NOTAPPLICABLE, NO_DUMP)
    return all_of(_judge(test, dump) for dump in asked)


def _judge(test: CloudTest, dump: CloudDump) -> Decision:
    try:
        places = list(_find(dump.data, test.path))
        if test.type == "list":
            places = list(_merged(places, test.path))
        return all_of(_place(test, dump, place) for place in places)
    except ValueError as error:
        reason = f"{dump.source}: {test.path} is not as this version knows it: {error}."
        return decided(Outcome.ERROR, reason)


def _place(test: CloudTest, dump: CloudDump, place: _Place) -> Decision:
    where, raw = place
    missing = raw is _MISSING
    value = None if missing else parse(test.type, raw)
    observed = "not set" if value is None else show(test.type, value) or "empty"
    source = f"{dump.source}: {where}"
    evidence = (Evidence(fact=test.path, source=source, observed=observed, expected=describe(test)),)
    if value is None:
        outcome = Outcome(test.absent)
    else:
        outcome = Outcome.PASS if satisfies(test, value, test.type) else Outcome.FAIL
    if outcome is Outcome.PASS and not test.enough:
        outcome = Outcome.NOTCHECKED
    reason = f"{where} is {observed} ({dump.source})"
    expected = "" if outcome is Outcome.PASS else f", expected {describe(test)}"
    return decided(outcome, f"{reason}{expected}.", evidence=evidence)


def _merged(places: list[_Place], path: str) -> Iterator[_Place]:
    """All members of the lists that were found as one list; what was missing stays missing."""
    members: list[Any] = []
    for _, raw in places:
        if raw is not _MISSING:
            members += raw if isinstance(raw, list) else [raw]
    if any(raw is not _MISSING for _, raw in places):
        yield path, members
    yield from ((where, raw) for where, raw in places if raw is _MISSING)


def _find(data: Any, path: str) -> Iterator[_Place]:
    places: list[_Place] = [("", data)]
    for step in path.split("."):
        key, _, selector = step.rstrip("]").partition("[")
        places = [found for place in places for found in _step(place, key, selector)]
    return iter(places)


def _step(place: _Place, key: str, selector: str) -> Iterator[_Place]:
    where, value = place
    name = f"{where}.{key}".lstrip(".")
    if value is _MISSING:
        yield name, value
        return
    if not isinstance(value, dict):
        raise ValueError(f"{where} is no object")
    member = value.get(key)
    if member is None or not selector:
        yield name, _MISSING if member is None else member
        return
    if not isinstance(member, list):
        raise ValueError(f"{name} is no list")
    chosen = [
        (f"{name}[{index}]", _MISSING if entry is None else entry)
        for index, entry in enumerate(member)
        if _chosen(entry, selector)
    ]
    yield from chosen or [(name, _MISSING)]


def _chosen(entry: Any, selector: str) -> bool:
    if selector == "*":
        return True
    key, _, wanted = selector.partition("=")
    if not isinstance(entry, dict):
        raise ValueError("a member is no object")
    found = entry.get(key)
    return (str(found).lower() if isinstance(found, bool) else str(found)) == wanted
