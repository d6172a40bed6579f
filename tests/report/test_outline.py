"""The score is said alike everywhere, and 100% means all."""

import pytest

from trueline.report.outline import share


@pytest.mark.parametrize(
    ("value", "said"),
    [(100.0, "100.0%"), (99.99, "99.9%"), (100 * 19 / 21, "90.4%"), (0.0, "0.0%"), (None, "n/a")],
)
def test_a_share_is_rounded_down(value, said):
    assert share(value) == said
