"""Compares two benchmarks: because a rule has one identity, a recommendation is found under any number."""

from collections.abc import Callable, Iterator, Mapping

from trueline.model.base import Model
from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.rule import Rule, bind

_Entry = tuple[Section, Recommendation]
_Pair = tuple[_Entry, _Entry]


class Place(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A recommendation of one benchmark."""

    number: str
    target: str
    title: str
    rules: tuple[str, ...]


class Change(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A recommendation that both have. `fields` are those that differ, each with its old and new value."""

    before: str
    after: str
    title: str
    fields: dict[str, tuple[str, str]] = {}


class Crosswalk(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What the step from `before` to `after` means; one recommendation may be renumbered and changed."""

    before: str
    after: str
    added: tuple[Place, ...]
    removed: tuple[Place, ...]
    renumbered: tuple[Change, ...]
    changed: tuple[Change, ...]


def compare(before: Benchmark, after: Benchmark, rules: Mapping[str, Rule]) -> Crosswalk:
    """Added, removed, renumbered and changed recommendations, each in the order of its benchmark."""
    old, new = before.recommendations(), after.recommendations()
    found = pairs(before, after)
    changes = [_change(left, right, rules) for left, right in found]
    met_old, met_new = {id(left[1]) for left, _ in found}, {id(right[1]) for _, right in found}
    return Crosswalk(
        before=before.id,
        after=after.id,
        added=tuple(_place(entry, rules) for entry in new if id(entry[1]) not in met_new),
        removed=tuple(_place(entry, rules) for entry in old if id(entry[1]) not in met_old),
        renumbered=tuple(change for change in changes if change.before != change.after),
        changed=tuple(change for change in changes if change.fields),
    )


def pairs(before: Benchmark, after: Benchmark) -> list[_Pair]:
    """Who stands for whom, in the new order: the closest likeness first, each entry once."""
    old, new = before.recommendations(), after.recommendations()
    found: list[_Pair] = []
    for alike in _LIKENESSES:
        taken_old, taken_new = {id(left[1]) for left, _ in found}, {id(right[1]) for _, right in found}
        open_old = [entry for entry in old if id(entry[1]) not in taken_old]
        for right in new:
            if id(right[1]) in taken_new:
                continue
            left = next((entry for entry in open_old if alike(entry, right)), None)
            if left is not None:
                open_old.remove(left)
                found.append((left, right))
    order = {id(entry[1]): position for position, entry in enumerate(new)}
    return sorted(found, key=lambda pair: order[id(pair[1][1])])


def _same_rules(left: _Entry, right: _Entry) -> bool:
    return set(left[1].rules) == set(right[1].rules)


def _same_number(left: _Entry, right: _Entry) -> bool:
    return left[1].number == right[1].number


def _same_target(left: _Entry, right: _Entry) -> bool:
    return left[0].target == right[0].target


_LIKENESSES: tuple[Callable[[_Entry, _Entry], bool], ...] = (
    lambda left, right: _same_rules(left, right) and _same_number(left, right) and _same_target(left, right),
    lambda left, right: _same_rules(left, right) and _same_target(left, right),
    _same_rules,
    lambda left, right: bool(set(left[1].rules) & set(right[1].rules)),
)


def _change(left: _Entry, right: _Entry, rules: Mapping[str, Rule]) -> Change:
    return Change(
        before=left[1].number,
        after=right[1].number,
        title=title_of(right[1], rules),
        fields=differences(left, right, rules),
    )


def differences(left: _Entry, right: _Entry, rules: Mapping[str, Rule]) -> dict[str, tuple[str, str]]:
    """The fields in which two recommendations differ, each with both values."""
    old, new = dict(_fields(left, rules)), dict(_fields(right, rules))
    return {
        name: (old.get(name, ""), new.get(name, ""))
        for name in {**old, **new}
        if old.get(name, "") != new.get(name, "")
    }


def _fields(entry: _Entry, rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:
    section, one = entry
    yield "target", section.target
    yield "level", str(one.level) if one.level else "not known"
    yield "scored", "yes" if one.scored else "no"
    yield "automated", "yes" if one.automated else "no"
    yield "severity", one.severity or "the rule's"
    yield "owner", one.owner
    yield "rules", ", ".join(one.rules)
    for rule, given in one.rules.items():
        for name, value in {**rules[rule].parameters, **given}.items():
            yield f"{rule} {name}", ",".join(sorted(value.split(",")))


def _place(entry: _Entry, rules: Mapping[str, Rule]) -> Place:
    section, one = entry
    return Place(number=one.number, target=section.target, title=title_of(one, rules), rules=tuple(one.rules))


def title_of(entry: Recommendation, rules: Mapping[str, Rule]) -> str:
    """Its own title, else that of its first rule."""
    name, given = next(iter(entry.rules.items()))
    return entry.title or bind(rules[name], given).title
