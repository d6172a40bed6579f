"""The ten counters of CIS-CAT's reports: they add up, and only scored recommendations move the score."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.sample import result
from trueline.assess import totals
from trueline.model.results import Outcome, Result, Tally
from trueline.policy.select import select

PARTS = ("notapplicable", "notchecked", "notselected", "informational")
RESULTS = st.lists(
    st.builds(
        lambda section, outcome, **fields: result("1", "t", "host", section, outcome, **fields),
        section=st.sampled_from(["1", "1.1", "1.1.2", "2.3", "", "a..b"]),
        outcome=st.sampled_from([outcome.value for outcome in Outcome]),
        level=st.integers(0, 2),
        scored=st.booleans(),
        automated=st.booleans(),
    ),
    max_size=30,
)


def tally_of(*results: Result) -> Tally:
    return totals(results).tally


def parts(tally: Tally) -> list[int]:
    return [tally.passed, tally.failed, tally.error, tally.unknown, *(getattr(tally, name) for name in PARTS)]


def assert_identity(tally: Tally) -> None:
    assert tally.total == sum(parts(tally))
    assert tally.scored == sum(parts(tally)[:4])
    assert min(parts(tally)) >= 0


@given(RESULTS)
def test_d4_counters_add_up_for_any_run(results):
    found = totals(results)
    assert found.tally.total == len(results)
    for tally in (found.tally, *found.section_tallies.values()):
        assert_identity(tally)
    for name in (*PARTS, "total", "scored", "passed", "failed", "error", "unknown"):
        top = [tally for number, tally in found.section_tallies.items() if "." not in number]
        assert sum(getattr(tally, name) for tally in top) == getattr(found.tally, name)


@given(RESULTS, st.sampled_from([outcome.value for outcome in Outcome]))
def test_d5_what_is_not_scored_never_moves_the_score(results, outcome):
    flipped = [
        one if one.scored else msgspec.structs.replace(one, outcome=Outcome(outcome)) for one in results
    ]
    before, after = totals(results), totals(flipped)
    assert (before.tally.passed, before.tally.scored) == (after.tally.passed, after.tally.scored)
    assert before.tally.percent == after.tally.percent
    assert before.score == after.score


@given(RESULTS)
def test_percent_is_the_share_of_scored_ones_that_passed(results):
    tally = tally_of(*results)
    counted = [one for one in results if one.scored and one.outcome in ("pass", "fail", "error", "unknown")]
    if not counted:
        assert tally.percent is None
    else:
        assert tally.percent == pytest.approx(
            100 * len([one for one in counted if one.outcome == "pass"]) / len(counted)
        )


def linux(informational: int) -> list[Result]:
    """A benchmark of 204: 128 + 17 scored ones of level 1, 36 of level 2, 23 that are not scored."""

    def some(count: int, outcome: str, **fields) -> list[Result]:
        return [result(f"1.{outcome}.{index}", "t", "host", "1", outcome, **fields) for index in range(count)]

    return [
        *some(128, "pass"),
        *some(17, "fail"),
        *some(30, "pass", level=2),
        *some(6, "fail", level=2),
        *some(informational, "fail", scored=False),
        *some(23 - informational, "notchecked", scored=False),
    ]


@pytest.mark.parametrize("informational", [0, 9, 23])
def test_d3_counters_of_a_run_at_level_1(informational):
    tally = tally_of(*select(linux(informational), level=1))
    ten = [tally.total, tally.scored, *parts(tally)]
    assert ten == [204, 145, 128, 17, 0, 0, 0, 23 - informational, 36, informational]
    assert f"{tally.percent:.1f}" == "88.3"
    assert_identity(tally)


def test_d2_the_same_run_at_level_2_selects_all():
    tally = tally_of(*select(linux(9), level=2))
    assert (tally.notselected, tally.scored, tally.passed) == (0, 181, 158)


@pytest.mark.parametrize(
    ("outcome", "scored", "counter"),
    [
        ("pass", True, "passed"),
        ("fail", True, "failed"),
        ("error", True, "error"),
        ("unknown", True, "unknown"),
        ("notapplicable", True, "notapplicable"),
        ("notchecked", True, "notchecked"),
        ("notselected", True, "notselected"),
        ("informational", True, "informational"),
        ("pass", False, "informational"),
        ("fail", False, "informational"),
        ("informational", False, "informational"),
        ("error", False, "notchecked"),
        ("unknown", False, "notchecked"),
        ("notchecked", False, "notchecked"),
        ("notapplicable", False, "notapplicable"),
        ("notselected", False, "notselected"),
    ],
)
def test_each_result_is_in_one_counter(outcome, scored, counter):
    tally = tally_of(result("1", "t", "host", "1", outcome, scored=scored))
    shown = msgspec.to_builtins(tally)
    assert {name for name, number in shown.items() if number} - {"total", "scored", "percent"} == {counter}


def test_what_a_person_must_judge_counts_once_facts_decide_it():
    found = totals([result("1", "t", "host", "1", "fail", automated=False)])
    assert (found.tally.failed, found.tally.scored, found.score.maximum) == (1, 1, 0)


def test_sections_above_hold_what_is_below_them():
    found = totals(
        [result("1.1.2.1", "t", "host", "1.1.2", "pass"), result("1.2.1", "t", "host", "1.2", "fail")]
    ).section_tallies
    assert [(number, tally.passed, tally.failed) for number, tally in found.items()] == [
        ("1", 1, 1),
        ("1.1", 1, 0),
        ("1.1.2", 1, 0),
        ("1.2", 0, 1),
    ]
