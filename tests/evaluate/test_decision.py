"""Three-valued logic: unknown never becomes a pass."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.evaluate.decision import all_of, any_of, decided, negated
from trueline.model.results import Outcome

OUTCOMES = [
    Outcome.PASS,
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.UNKNOWN,
    Outcome.NOTCHECKED,
    Outcome.NOTAPPLICABLE,
]
decisions = st.lists(
    st.sampled_from(OUTCOMES).map(lambda outcome: decided(outcome, outcome.value)), min_size=1
)


@pytest.mark.parametrize(
    ("outcomes", "every", "some"),
    [
        ("pass pass", "pass", "pass"),
        ("pass fail", "fail", "pass"),
        ("fail fail", "fail", "fail"),
        ("fail error", "fail", "error"),
        ("pass error", "error", "pass"),
        ("pass unknown", "unknown", "pass"),
        ("fail unknown", "fail", "unknown"),
        ("error unknown", "error", "error"),
        ("pass notchecked", "notchecked", "pass"),
        ("pass notapplicable", "pass", "pass"),
        ("fail notapplicable", "fail", "fail"),
        ("notapplicable notapplicable", "notapplicable", "notapplicable"),
    ],
)
def test_tables(outcomes, every, some):
    for order in itertools.permutations(outcomes.split()):
        listed = [decided(Outcome(word)) for word in order]
        assert (all_of(listed).outcome.value, any_of(listed).outcome.value) == (every, some)


@given(decisions)
def test_all_passes_only_if_nothing_is_open(listed):
    open_ones = {Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.NOTCHECKED}
    if all_of(listed).outcome is Outcome.PASS:
        assert not open_ones & {decision.outcome for decision in listed}


@given(decisions)
def test_any_fails_only_if_everything_that_applies_does(listed):
    if any_of(listed).outcome is Outcome.FAIL:
        assert {decision.outcome for decision in listed} <= {Outcome.FAIL, Outcome.NOTAPPLICABLE}


@given(decisions, st.randoms())
def test_order_never_matters(listed, random):
    shuffled = list(listed)
    random.shuffle(shuffled)
    assert all_of(listed).outcome is all_of(shuffled).outcome
    assert any_of(listed).outcome is any_of(shuffled).outcome


@given(decisions)
def test_not_exchanges_and_or(listed):
    assert negated(all_of(listed)).outcome is any_of(map(negated, listed)).outcome


def test_nothing_to_judge_is_no_pass():
    assert all_of([]).outcome is Outcome.NOTAPPLICABLE
    assert any_of([]).outcome is Outcome.NOTAPPLICABLE


def test_each_reason_is_said_once_and_three_in_full():
    listed = [decided(Outcome.FAIL, f"{number % 5} is wrong.") for number in range(10)]
    assert all_of(listed).reason == "0 is wrong. 1 is wrong. 2 is wrong. And 2 more."
