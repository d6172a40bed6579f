"""Entries follow their rules to another benchmark; what means something else needs a new approval."""

import pytest

from tests.policies import entry, policy
from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.rule import Rule
from trueline.policy.renumber import describe, moves

RULES = {
    name: Rule(
        id=name, title=name, why="w", severity="low", component="c", look_at="l", parameters={"m": "1"}
    )
    for name in ("kept", "moved", "harder", "dropped", "split-a", "split-b")
}


def benchmark(name, entries):
    listed = tuple(
        Recommendation(number=number, scored=True, rules=rules) for number, rules in entries.items()
    )
    return Benchmark(
        id=name,
        title=name,
        version="1",
        sections=(Section(number="1", title="s", target="master", recommendations=listed),),
    )


OLD = benchmark(
    "old",
    {
        "1.1": {"kept": {}},
        "1.2": {"moved": {}},
        "1.3": {"harder": {}},
        "1.4": {"dropped": {}},
    },
)
NEW = benchmark("new", {"1.1": {"kept": {}}, "1.5": {"moved": {}}, "1.3": {"harder": {"m": "2"}}})


def meaning(one):
    return repr(
        sorted(
            (rule, sorted({**RULES[rule].parameters, **given}.items())) for rule, given in one.rules.items()
        )
    )


def moved(check, where="waivers", benchmark="old"):
    if where == "waivers":
        given = policy(entry(check=check, benchmark=benchmark))
    else:
        given = policy(decisions=[{"check": check, "benchmark": benchmark, "decision": "accept"}])
    return moves(given, OLD, NEW, RULES, meaning)


@pytest.mark.parametrize("where", ["waivers", "decisions"])
@pytest.mark.parametrize(
    ("check", "kind", "to"),
    [
        ("1.1", "moved", "1.1"),
        ("1.2", "moved", "1.5"),
        ("moved", "moved", "moved"),
        ("1.3", "changed", "1.3"),
        ("harder", "changed", "harder"),
        ("1.4", "gone", ""),
        ("dropped", "gone", ""),
        ("9.9", "gone", ""),
    ],
)
def test_where_an_entry_goes(check, kind, to, where):
    (found,) = moved(check, where)
    assert (found.kind, found.to, found.where) == (kind, to, where)


def test_what_differs_is_told():
    (found,) = moved("1.3")
    assert found.fields == {"harder m": ("1", "2")}
    assert list(describe(found)) == ["! EXC-1: 1.3 (old -> new) needs a new approval", "    harder m: 1 -> 2"]
    assert found.meanings == (meaning(OLD.sections[0].recommendations[2]),)


def test_entries_of_other_benchmarks_stay():
    assert moved("1.2", benchmark="other") == ()


def test_lines_of_a_move():
    assert list(describe(moved("1.2")[0])) == ["~ EXC-1: 1.2 -> 1.5 (old -> new), it means the same"]
    assert list(describe(moved("1.4")[0])) == ["- EXC-1: 1.4 has no successor in new"]
