"""Each operator of a test item, with the words that it expects in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.kubebench.compare import compare
from trueline.kubebench.controls import OPERATORS


@pytest.mark.parametrize(
    ("op", "found", "wanted", "passed"),
    [
        ("eq", "a", "a", True),
        ("eq", "a", "A", False),
        ("eq", "TRUE", "true", True),
        ("eq", "False", "false", True),
        ("eq", "false", "False", False),
        ("eq", "true", "True", False),
        ("eq", "", "", True),
        ("noteq", "a", "b", True),
        ("noteq", "a", "a", False),
        ("noteq", "True", "true", False),
        ("noteq", "true", "True", True),
        ("gt", "5", "4", True),
        ("gt", "4", "4", False),
        ("gt", " 5 ", "\t4\n", True),
        ("gt", "+5", "-4", True),
        ("gt", "9223372036854775807", "1", True),
        ("gt", "9223372036854775808", "1", False),
        ("gte", "4", "4", True),
        ("gte", "3", "4", False),
        ("lt", "3", "4", True),
        ("lt", "4", "4", False),
        ("lte", "4", "4", True),
        ("lte", "5", "4", False),
        ("lt", "1_0", "20", False),
        ("lt", "1 0", "20", False),
        ("lt", "1.5", "20", False),
        ("lt", "٣", "20", False),
        ("gte", "", "0", False),
        ("has", "Node,RBAC", "RBAC", True),
        ("has", "Node,RBAC", "rbac", False),
        ("has", "anything", "", True),
        ("nothave", "Node,RBAC", "AlwaysAllow", True),
        ("nothave", "AlwaysAllow", "Always", False),
        ("regex", "a1b", "[0-9]", True),
        ("regex", "a1b", "^[0-9]+$", False),
        ("regex", "a\n", "a$", False),
        ("regex", "\u0663", r"\d", False),
        ("regex", "\v", r"\s", False),
        ("valid_elements", "a,b", "a,b,c", True),
        ("valid_elements", "a, b,", "b ,a", True),
        ("valid_elements", "a,d", "a,b,c", False),
        ("valid_elements", "", "", True),
        ("valid_elements", ",,", "", True),
        ("valid_elements", "", "a", False),
        ("valid_elements", "a", "", False),
        ("valid_elements", "a,,b", "a,b", False),
        ("bitmask", "600", "644", True),
        ("bitmask", "644", "644", True),
        ("bitmask", "640", "600", False),
        ("bitmask", "4600", "644", False),
        ("bitmask", "0", "644", True),
        ("bitmask", " 600", "644", False),
        ("bitmask", "680", "644", False),
        ("bitmask", "600", "x", False),
        ("", "a", "a", False),
        ("noteqx", "a", "b", False),
    ],
)
def test_operator(op, found, wanted, passed):
    assert compare(op, found, wanted, "K").passed is passed


@pytest.mark.parametrize(
    ("op", "found", "wanted", "expected"),
    [
        ("eq", "1", "2", "'K' is equal to '2'"),
        ("noteq", "1", "2", "'K' is not equal to '2'"),
        ("gt", "1", "2", "'K' is greater than 2"),
        ("gte", "1", "2", "'K' is greater or equal to 2"),
        ("lt", "1", "2", "'K' is lower than 2"),
        ("lte", "1", "2", "'K' is lower or equal to 2"),
        ("gt", "x", "2", "Invalid Number(s) used for comparison: 'x' '2'"),
        ("has", "1", "2", "'K' has '2'"),
        ("nothave", "1", "2", "'K' does not have '2'"),
        ("regex", "1", "2", "'K' matched by regex expression '2'"),
        ("valid_elements", "1", "2", "'K' contains valid elements from '2'"),
        ("bitmask", "600", "644", "K has permissions 600, expected 644 or more restrictive"),
        ("bitmask", "x", "644", "Not numeric value - flag: x"),
        ("bitmask", "600", "y", "Not numeric value - flag: y"),
        ("other", "1", "2", ""),
    ],
)
def test_expected_text(op, found, wanted, expected):
    assert compare(op, found, wanted, "K").expected == expected


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "^(a*)*b$"])
def test_pattern_that_hangs_other_engines_is_answered(pattern):
    assert compare("regex", "a" * 50_000 + "!", pattern, "K").passed is False


@given(st.sampled_from((*OPERATORS, "", "other")), st.text(), st.text())
def test_any_comparison_ends_in_a_verdict(op, found, wanted):
    assert compare(op, found, wanted, "K").passed in (True, False)
