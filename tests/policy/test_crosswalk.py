"""What changes between two benchmarks is found by what recommendations assert, not by their numbers."""

from itertools import pairwise

import pytest

from trueline.content.load import benchmark_ids, load_benchmark, load_rules
from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.rule import Rule
from trueline.policy.crosswalk import compare

RULES = {
    name: Rule(
        id=name,
        title=f"{name} is at most {{mode}}" if name == "mode" else f"{name} holds",
        why="w",
        severity="low",
        component="c",
        look_at="l",
        parameters={"mode": "600"} if name == "mode" else {},
    )
    for name in ("a", "b", "c", "d", "mode")
}


def entry(number, *rules, **fields):
    given = {rule: {} for rule in rules}
    return Recommendation(number=number, rules=given, **{"level": 1, **fields})


def benchmark(name, *entries, target="master"):
    sections = (Section(number="1", title="t", target=target, recommendations=entries),)
    return Benchmark(id=name, title=name, version="1", sections=sections)


def test_added_removed_and_renumbered():
    old = benchmark("old", entry("1.1", "a"), entry("1.2", "b"), entry("1.3", "c"))
    new = benchmark("new", entry("1.1", "b"), entry("1.2", "d"), entry("1.3", "c"))
    found = compare(old, new, RULES)
    assert [(one.number, one.rules, one.title) for one in found.added] == [("1.2", ("d",), "d holds")]
    assert [(one.number, one.rules) for one in found.removed] == [("1.1", ("a",))]
    assert [(one.before, one.after) for one in found.renumbered] == [("1.2", "1.1")]
    assert found.changed == ()


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        ({"level": 1}, {"level": 2}, {"level": ("1", "2")}),
        ({"level": 0}, {"level": 2}, {"level": ("not known", "2")}),
        ({"scored": True}, {"scored": False}, {"scored": ("yes", "no")}),
        ({"automated": False}, {"automated": True}, {"automated": ("no", "yes")}),
        ({}, {"owner": "provider"}, {"owner": ("operator", "provider")}),
        ({"severity": "low"}, {"severity": "high"}, {"severity": ("low", "high")}),
        ({"uncertain": True}, {"uncertain": False}, {}),
    ],
)
def test_attributes_that_changed(old, new, fields):
    found = compare(benchmark("o", entry("1", "a", **old)), benchmark("n", entry("1", "a", **new)), RULES)
    assert [one.fields for one in found.changed] == ([fields] if fields else [])


def test_parameters_change_only_if_their_values_do():
    def with_mode(name, **given):
        return benchmark(name, Recommendation(number="1", rules={"mode": given}))

    assert compare(with_mode("o"), with_mode("n", mode="600"), RULES).changed == ()
    (change,) = compare(with_mode("o", mode="644"), with_mode("n"), RULES).changed
    assert change.fields == {"mode mode": ("644", "600")}
    assert change.title == "mode is at most 600"


def test_one_that_keeps_part_of_its_rules_is_changed():
    found = compare(benchmark("o", entry("1", "a", "b")), benchmark("n", entry("2", "a")), RULES)
    assert [one.fields for one in found.changed] == [{"rules": ("a, b", "a")}]
    assert [(one.before, one.after) for one in found.renumbered] == [("1", "2")]


def test_twins_are_told_apart_by_number_and_target():
    old = benchmark("o", entry("1", "a"), entry("2", "a"))
    new = benchmark("n", entry("2", "a"), entry("3", "a"))
    found = compare(old, new, RULES)
    assert [(one.before, one.after) for one in found.renumbered] == [("1", "3")]


def test_another_target_is_a_change():
    (change,) = compare(
        benchmark("o", entry("1", "a")), benchmark("n", entry("1", "a"), target="node"), RULES
    ).changed
    assert change.fields == {"target": ("master", "node")}


@pytest.mark.parametrize("name", benchmark_ids())
def test_nothing_changes_between_a_benchmark_and_itself(name):
    found = compare(load_benchmark(name), load_benchmark(name), load_rules())
    assert (found.added, found.removed, found.renumbered, found.changed) == ((), (), (), ())


@pytest.mark.parametrize(("one", "other"), list(pairwise(benchmark_ids())))
def test_there_and_back_say_the_same(one, other):
    there = compare(load_benchmark(one), load_benchmark(other), load_rules())
    back = compare(load_benchmark(other), load_benchmark(one), load_rules())
    sizes = [len(load_benchmark(name).recommendations()) for name in (one, other)]
    assert sizes[1] - sizes[0] == len(there.added) - len(there.removed)
    assert len(there.added) == len(back.removed)
    assert len(there.removed) == len(back.added)


def test_what_is_known_of_1_10_to_1_11():
    found = compare(load_benchmark("cis-1.10"), load_benchmark("cis-1.11"), load_rules())
    assert {one.number for one in found.added} == {"1.2.30", "4.2.14", "4.2.15"}
    assert found.removed == ()
    assert ("5.7.4", "5.6.4") in [(one.before, one.after) for one in found.renumbered]
