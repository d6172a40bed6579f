"""Profiles mark recommendations before evaluation; who extends whom decides which mark holds."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.profile import Profile
from trueline.model.results import Outcome
from trueline.policy.profiles import Mark, head, mark, merge, notes, pinned, tailor

KINDS = ("", "deselected", "skipped", "not-applicable")
MARKS = st.one_of(
    st.builds(Mark, selected=st.booleans()),
    st.builds(Mark, kind=st.sampled_from(KINDS[1:]), reason=st.sampled_from("abc"), selected=st.booleans()),
)


def entry(number="1.2.5", *rules, level=1, **given_values):
    return Recommendation(
        number=number,
        level=level,
        scored=True,
        automated=True,
        rules={name: dict(given_values) for name in rules or ("rule-a",)},
    )


def benchmark(*entries):
    section = Section(number="1", title="s", target="master", recommendations=entries)
    return Benchmark(id="b-1", title="B", version="1", sections=(section,))


def profile(name="p", **fields):
    return Profile(id=name, title=name.upper(), **fields)


def said(*profiles, of=None):
    of = of or entry()
    left_out = tailor(profiles, benchmark(of)).left_out.get(("master", of.number))
    return (left_out.outcome.value, left_out.reason) if left_out else None


NA = ("notapplicable", "base NA")
SKIP = ("notselected", "base skip")


@pytest.mark.parametrize(
    ("base", "own", "expected"),
    [
        ({}, {}, None),
        ({"not_applicable": {"1.2.5": "base NA"}}, {}, NA),
        ({"not_applicable": {"1.2.5": "base NA"}}, {"skipped": {"1.2.5": "own skip"}}, NA),
        ({"not_applicable": {"1.2.5": "base NA"}}, {"not_applicable": {"1.2.5": "own NA"}}, NA),
        ({"not_applicable": {"1.2.5": "base NA"}}, {"select": ("1.2.5",)}, NA),
        ({"skipped": {"1.2.5": "base skip"}}, {}, SKIP),
        ({"skipped": {"1.2.5": "base skip"}}, {"skipped": {"1.2.5": "own skip"}}, SKIP),
        ({"skipped": {"1.2.5": "base skip"}}, {"deselect": ("1.2.5",)}, SKIP),
        (
            {"skipped": {"1.2.5": "base skip"}},
            {"not_applicable": {"1.2.5": "own NA"}},
            ("notapplicable", "own NA"),
        ),
        ({"skipped": {"1.2.5": "base skip"}}, {"select": ("1.2.5",)}, None),
        ({"deselect": ("1.2",)}, {"select": ("1.2.5",)}, None),
        ({"select": ("1.2.5",)}, {"skipped": {"1.2.5": "own skip"}}, ("notselected", "own skip")),
        ({"level": 1}, {"select": ("1.2.5",)}, None),
    ],
)
def test_not_applicable_goes_before_a_default_skip_and_that_before_a_users_skip(base, own, expected):
    assert said(profile("base", **base), profile("own", **own)) == expected


@given(MARKS, MARKS, MARKS)
def test_merging_is_associative_and_an_empty_mark_changes_nothing(one, two, three):
    assert merge(merge(one, two), three) == merge(one, merge(two, three))
    assert merge(Mark(), one) == one == merge(one, Mark())


@given(st.lists(MARKS, max_size=6))
def test_once_not_applicable_always_not_applicable(marks):
    merged = reduce(merge, marks, Mark())
    inapplicable = [one for one in marks if one.kind == "not-applicable"]
    if inapplicable:
        assert (merged.kind, merged.reason) == ("not-applicable", inapplicable[0].reason)
    else:
        last = max((index for index, one in enumerate(marks) if one.selected), default=0)
        strongest = max((KINDS.index(one.kind) for one in marks[last:]), default=0)
        assert KINDS.index(merged.kind) == strongest


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"deselect": ("all",), "select": ("1.2",)}, ""),
        ({"deselect": ("1.2",), "select": ("all",)}, "deselected"),
        ({"deselect": ("1.2",), "select": ("1.2.5",)}, ""),
        ({"deselect": ("1.2.5",), "select": ("1.2",)}, "deselected"),
        ({"deselect": ("1",), "select": ("rule-b",)}, ""),
        ({"deselect": ("rule-a",), "select": ("1.2.5",)}, "deselected"),
        ({"deselect": ("1.2.50", "1.20", "rule-c", "2")}, ""),
        ({"skipped": {"1": "r"}, "select": ("1.2",)}, ""),
        ({"skipped": {"1.2": "r"}, "deselect": ("all",)}, "skipped"),
        ({"not_applicable": {"all": "r"}, "skipped": {"1.2.5": "r"}, "select": ("1.2.5",)}, "not-applicable"),
    ],
)
def test_within_a_profile_the_most_exact_word_counts(fields, kind):
    assert mark(profile(**fields), entry("1.2.5", "rule-a", "rule-b")).kind == kind


def test_the_reason_is_that_of_the_most_exact_word():
    own = profile(skipped={"1": "whole chapter", "1.2.5": "this one", "1.2": "section"})
    assert said(own) == ("notselected", "this one")


def test_a_level_leaves_out_what_is_above_it_and_the_nearest_profile_sets_it():
    two = entry(level=2)
    outside = ("notselected", "Level 2 is outside the selected level 1.")
    assert said(profile(level=1), of=two) == outside
    assert said(profile(level=1), of=entry(level=1)) is None
    assert said(profile(level=1), of=entry(level=0)) is None
    assert said(profile(level=1), profile(level=2), of=two) is None
    assert said(profile(level=2), profile(level=1), of=two) == outside
    assert said(profile(level=1), profile(), of=two) == outside


def test_parameters_and_severities_of_the_nearest_profile_hold():
    given_entry = entry("1.2.5", "rule-a", "rule-b", mode="644", owner="root:root")
    chain = (
        profile("base", parameters={"rule-a": {"mode": "640"}}, severities={"rule-b": "low"}),
        profile("own", parameters={"rule-a": {"mode": "600"}}, severities={"rule-b": "critical"}),
    )
    ((_, found),) = tailor(chain, benchmark(given_entry)).benchmark.recommendations()
    assert found.rules == {
        "rule-a": {"mode": "600", "owner": "root:root"},
        "rule-b": {"mode": "644", "owner": "root:root"},
    }
    assert found.severity == "critical"
    assert given_entry.rules["rule-a"]["mode"] == "644"


def test_without_a_profile_nothing_changes():
    given_benchmark = benchmark(entry("1.1"), entry("1.2", level=2))
    tailored = tailor((), given_benchmark)
    assert (tailored.benchmark, tailored.left_out) == (given_benchmark, {})
    assert head(()) is None
    assert pinned(()) == ""


def test_a_number_that_two_targets_share_is_left_out_of_both():
    sections = tuple(
        Section(number="1", title="s", target=target, recommendations=(entry(),))
        for target in ("master", "node")
    )
    both = Benchmark(id="b-1", title="B", version="1", sections=sections)
    left_out = tailor((profile(skipped={"1.2.5": "r"}),), both).left_out
    assert {key: one.outcome for key, one in left_out.items()} == {
        ("master", "1.2.5"): Outcome.NOTSELECTED,
        ("node", "1.2.5"): Outcome.NOTSELECTED,
    }


def test_the_head_names_all_and_its_digest_tells_a_changed_base():
    base, own = profile("base", note="read this"), profile("own")
    found = head((base, own))
    assert (found.id, found.title, found.extends) == ("own", "OWN", ("base",))
    assert found.digest.startswith("sha256:")
    assert head((profile("base", skipped={"1": "r"}), own)).digest != found.digest
    assert list(notes((base, own))) == ["Profile base: read this"]
