"""The words that tables for people show."""

import pytest

from trueline.model.results import Outcome, Result


@pytest.mark.parametrize(
    ("outcome", "scored", "automated", "state"),
    [
        ("pass", True, True, "PASS"),
        ("pass", False, False, "PASS"),
        ("fail", True, True, "FAIL"),
        ("fail", False, True, "WARN"),
        ("fail", True, False, "WARN"),
        ("error", True, True, "WARN"),
        ("unknown", True, True, "WARN"),
        ("notchecked", False, False, "WARN"),
        ("notapplicable", True, True, "INFO"),
        ("notselected", True, True, "INFO"),
        ("informational", True, True, "INFO"),
    ],
)
def test_state(outcome, scored, automated, state):
    result = Result(
        number="1",
        title="t",
        target="node",
        section="1",
        level=1,
        scored=scored,
        automated=automated,
        rules=("r",),
        outcome=Outcome(outcome),
        reason="",
    )
    assert result.state == state
