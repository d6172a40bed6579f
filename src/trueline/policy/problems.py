"""Finds what is wrong in a policy: what makes it unusable, and what its people should know."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase

import msgspec

from trueline.model.base import Model
from trueline.model.benchmark import Benchmark, Recommendation
from trueline.model.policy import Defect, Excepting, Policy, ReviewRecord, Settings, Waiver
from trueline.model.rule import Rule
from trueline.policy.select import below
from trueline.policy.triggers import wrong
from trueline.policy.wording import weak

_BROAD = 3
_LISTS = ("waivers", "reviews", "decisions", "remediations")


class Catalog(Model, frozen=True, kw_only=True):
    """The content that a policy speaks of; `meaning` is that of a recommendation, see `Result.meaning`."""

    benchmarks: Mapping[str, Benchmark]
    rules: Mapping[str, Rule]
    components: frozenset[str]
    meaning: Callable[[Recommendation], str]


def defects(policy: Policy, settings: Settings, on: date) -> Iterator[Defect]:
    """What a file itself shows; `settings` are those of all files."""
    for position, waiver in enumerate(policy.waivers):
        for defect in _waiver(waiver, settings, on):
            yield _at(defect, "waivers", position)
    for position, review in enumerate(policy.reviews):
        for defect in _review(review, settings, on):
            yield _at(defect, "reviews", position)
    for name in _LISTS:
        for position, entry in enumerate(getattr(policy, name)):
            for field in entry.__struct_fields__:
                value = getattr(entry, field)
                if isinstance(value, str) and value and not value.strip():
                    message = f"{field} is blank"
                    yield _at(_fatal(field, message, "Write what it is, or leave it out."), name, position)


def _waiver(waiver: Waiver, settings: Settings, on: date) -> Iterator[Defect]:
    for text in weak("The reason", waiver.reason):
        yield _said("reason", text, "Say what keeps you from the change, and until when.")
    if not isinstance(waiver, Excepting):
        return
    for text in weak("The compensating control", waiver.compensating_control):
        yield _said("compensating_control", text, "Say what limits the risk meanwhile, and where it is set.")
    for trigger in waiver.triggers:
        if said := wrong(trigger):
            yield _fatal("review_trigger", said, "docs/policy.md lists what each kind of trigger compares.")
    yield from _ends(waiver, settings, on)
    if not (waiver.scope.clusters or waiver.scope.nodes.name or waiver.scope.nodes.role):
        text = f"{waiver.id} is over-broad: it has no scope, so it holds on every cluster and node"
        yield _said("id", text, "Give it a scope: {clusters: [name], nodes: {role: control-plane}}.")
    elif any(not pattern.strip("*") for pattern in waiver.scope.clusters):
        text = f"{waiver.id} is over-broad: its scope names every cluster"
        yield _said("scope", text, "Name the clusters that need it.")


def _ends(waiver: Excepting, settings: Settings, on: date) -> Iterator[Defect]:
    begins = waiver.created or on
    if waiver.created and waiver.created > waiver.expires:
        text = f"expires {waiver.expires} is before created {waiver.created}"
        yield _fatal("expires", text, "Mend one of the days.")
    elif (waiver.expires - begins).days > settings.maximum_days:
        text = f"expires {waiver.expires} is more than {settings.maximum_days} days after {begins}"
        yield _fatal("expires", text, "Choose an earlier day; settings.maximum_days says how late it may be.")
    elif waiver.expires < on:
        text = f"{waiver.id} expired on {waiver.expires}"
        yield _said("expires", text, "Mend what it is for, or have it approved anew.")
    elif (left := (waiver.expires - on).days) <= settings.announce_days:
        yield _said("expires", f"{waiver.id} expires in {left} days", "Have what it is for mended.")


def _review(review: ReviewRecord, settings: Settings, on: date) -> Iterator[Defect]:
    if review.valid_until < review.on:
        text = f"valid_until {review.valid_until} is before date {review.on}"
        yield _fatal("valid_until", text, "Mend one of the days.")
    elif (review.valid_until - review.on).days > settings.maximum_days:
        text = f"valid_until {review.valid_until} is more than {settings.maximum_days} days after {review.on}"
        yield _fatal("valid_until", text, "Choose an earlier day, or raise settings.maximum_days.")
    elif review.valid_until < on:
        text = f"the review of {review.check} lapsed on {review.valid_until}"
        yield _said("valid_until", text, "Look again, and record what you find.")


def critical(policy: Policy, whole: Policy, catalog: Catalog) -> Iterator[Defect]:
    """Exceptions to what is critical that nobody approved; `whole` are all files."""
    for position, waiver in enumerate(policy.waivers):
        benchmark = catalog.benchmarks.get(waiver.benchmark)
        lifts = waiver.kind in ("accepted-exception", "informational")
        if benchmark is None or not lifts or waiver.approver.strip():
            continue
        for entry in _entries(benchmark, waiver.check):
            if _priority(entry, whole, catalog.rules) == "critical":
                message = f"{waiver.id} has no approver, and {entry.number} is critical"
                hint = "Name in `approver` who of the seniors approved it."
                yield _at(_fatal("check", message, hint), "waivers", position)
                break


def misnomers(policy: Policy, catalog: Catalog) -> Iterator[Defect]:
    """Words of a policy that mean nothing in the content, and entries that mean too much or no longer fit."""
    for name in _LISTS:
        for position, entry in enumerate(getattr(policy, name)):
            for defect in _named(entry.benchmark, entry.check, catalog):
                yield _at(defect, name, position)
    for position, waiver in enumerate(policy.waivers):
        for defect in _meaning(waiver, catalog):
            yield _at(defect, "waivers", position)
    yield from _components(policy.owners, catalog)
    for rule, severity in policy.severities.items():
        if rule not in catalog.rules:
            yield _unknown(("severities", rule), f"there is no rule {rule!r}", rule, catalog.rules)
        elif catalog.rules[rule].severity == "critical" != severity:
            message = f"{rule} is critical: as {severity}, an exception to it needs no approver any more"
            hint = "Have this line approved as an exception would be."
            yield Defect(place=("severities", rule), message=message, hint=hint)
    yield from _priorities(policy.priorities, catalog)


def _named(benchmark: str, check: str, catalog: Catalog) -> Iterator[Defect]:
    found = catalog.benchmarks.get(benchmark)
    if found is None:
        message = f"there is no benchmark {benchmark!r}"
        yield _said("benchmark", message, "`trueline benchmarks list` names all.")
        return
    entries = _entries(found, check)
    if len(entries) > _BROAD:
        message = f"{check} is over-broad: it stands for {len(entries)} recommendations of {benchmark}"
        yield _said("check", message, "Name the recommendations one by one.")
    numbers = [entry.number for _, entry in found.recommendations()]
    if entries:
        return
    if any(below(number, check) for number in numbers):
        message = f"{check} is over-broad: it is a section of {benchmark}"
        yield _said("check", message, "An entry is for one recommendation or rule; write one for each.")
        return
    words = [*numbers, *(rule for _, entry in found.recommendations() for rule in entry.rules)]
    yield _unknown(("check",), f"{benchmark} has no recommendation or rule {check!r}", check, words)


def _meaning(waiver: Waiver, catalog: Catalog) -> Iterator[Defect]:
    found = catalog.benchmarks.get(waiver.benchmark)
    entries = _entries(found, waiver.check) if found else []
    if not entries:
        return
    now = [catalog.meaning(entry) for entry in entries]
    recorded = (waiver.meaning,) if isinstance(waiver.meaning, str) else waiver.meaning
    if not any(recorded):
        text = f"{waiver.id} has no meaning, so a change of what the check asserts goes unnoticed"
        given = f"[{', '.join(now)}]" if len(now) > 1 else now[0]
        yield _said("id", text, f"Add `meaning: {given}`.")
    elif not set(recorded) & set(now):
        text = f"{waiver.id} was approved for another meaning than {waiver.check} has"
        yield _said("meaning", text, f"Have it approved anew, then write `meaning: {now[0]}`.")


def _components(owners: Mapping[str, str], catalog: Catalog) -> Iterator[Defect]:
    for name in owners:
        if not any(fnmatchcase(component, name) for component in catalog.components | {"provider"}):
            yield _unknown(("owners", name), f"there is no component {name!r}", name, catalog.components)


def _priorities(priorities: Mapping[str, str], catalog: Catalog) -> Iterator[Defect]:
    entries = [entry for one in catalog.benchmarks.values() for _, entry in one.recommendations()]
    known = {*catalog.rules, *catalog.components, *(entry.number for entry in entries)}
    for name in priorities:
        number = name[:1].isdigit() or "." in name
        if name not in known and not (number and not catalog.benchmarks):
            message = f"there is no rule, component or number {name!r}"
            yield _unknown(("priorities", name), message, name, known)


def _entries(benchmark: Benchmark, check: str) -> list[Recommendation]:
    entries = (entry for _, entry in benchmark.recommendations())
    return [entry for entry in entries if check == entry.number or check in entry.rules]


def _priority(entry: Recommendation, policy: Policy, rules: Mapping[str, Rule]) -> str:
    first = rules[next(iter(entry.rules))]
    for name in (entry.number, *entry.rules, first.component):
        if name in policy.priorities:
            return policy.priorities[name]
    named = next((policy.severities[rule] for rule in entry.rules if rule in policy.severities), None)
    return named or entry.severity or first.severity


def _unknown(place: tuple[str, ...], message: str, word: str, known: Iterable[str]) -> Defect:
    close = get_close_matches(word, sorted(known), n=3, cutoff=0.5)
    hint = (
        f"Did you mean {', '.join(close)}?" if close else "`trueline rules list` names rules and components."
    )
    return Defect(place=place, message=message, hint=hint)


def _said(field: str, message: str, hint: str) -> Defect:
    return Defect(place=(field,), message=message, hint=hint)


def _fatal(field: str, message: str, hint: str) -> Defect:
    return Defect(place=(field,), message=message, hint=hint, fatal=True)


def _at(defect: Defect, field: str, position: int) -> Defect:
    return msgspec.structs.replace(defect, place=(field, str(position), *defect.place))
