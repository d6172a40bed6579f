"""What a fail would be if its faults were mended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.evaluate.decision import Decision, Fault, all_of, any_of, decided, negated
from trueline.model.results import Outcome
from trueline.model.rule import SshdTest

LEAF = SshdTest(option="UsePAM", equals="yes")
FAULT = Fault(test=LEAF)
PASS, FAIL, ERROR, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN


def fail(*, mendable: bool = True) -> Decision:
    return decided(FAIL, "wrong", faults=(FAULT,) if mendable else ())


@pytest.mark.parametrize(
    ("decision", "mended"),
    [
        (fail(), PASS),
        (fail(mendable=False), FAIL),
        (all_of([fail(), decided(PASS)]), PASS),
        (all_of([fail(), decided(ERROR, "unseen")]), ERROR),
        (all_of([fail(), decided(UNKNOWN, "unclear"), decided(PASS)]), UNKNOWN),
        (all_of([fail(), fail(mendable=False)]), FAIL),
        (all_of([fail(), decided(Outcome.NOTAPPLICABLE, "none")]), PASS),
        (any_of([fail(), fail(mendable=False)]), PASS),
        (any_of([fail(mendable=False), fail()]), FAIL),
        (all_of([all_of([fail(), decided(ERROR, "unseen")]), fail()]), ERROR),
        (negated(decided(PASS)), FAIL),
        (negated(decided(PASS), LEAF), PASS),
    ],
)
def test_a_fail_says_what_is_left_when_its_faults_are_mended(decision, mended):
    assert decision.outcome is FAIL
    assert decision.mended is mended


def test_a_negated_leaf_is_a_fault_of_its_own():
    assert negated(decided(PASS), LEAF).faults == (Fault(test=LEAF, negated=True),)
    assert negated(fail(), LEAF).faults == ()


_parts = st.lists(
    st.sampled_from([fail(), fail(mendable=False), decided(PASS), decided(ERROR, "e")]), min_size=1
)


@given(_parts)
def test_mending_all_faults_of_parts_gives_what_all_of_them_give_mended(parts):
    def mend(part: Decision) -> Decision:
        return decided(part.mended, "m") if part.outcome is FAIL and part.mended is not FAIL else part

    whole = all_of(parts)
    if whole.outcome is FAIL:
        assert whole.mended is all_of([mend(part) for part in parts]).outcome
