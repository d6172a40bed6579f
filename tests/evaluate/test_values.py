"""Values are read as the components' own flag libraries read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.evaluate.values import describe, parse, satisfies, show
from trueline.model.predicate import Predicate

KINDS = ("bool", "int", "string", "list", "duration", "map")


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("bool", "true", True),
        ("bool", "T", True),
        ("bool", "1", True),
        ("bool", "False", False),
        ("bool", "0", False),
        ("bool", False, False),
        ("int", "30", 30),
        ("int", "-1", -1),
        ("int", "0x10", 16),
        ("int", "010", 8),
        ("int", 100, 100),
        ("string", "", ""),
        ("string", "127.0.0.1", "127.0.0.1"),
        ("list", "", ()),
        ("list", "Node,RBAC", ("Node", "RBAC")),
        ("list", ["a", "b"], ("a", "b")),
        ("list", [], ()),
        ("duration", "0", 0.0),
        ("duration", "0s", 0.0),
        ("duration", "4h0m0s", 14400.0),
        ("duration", "4h", 14400.0),
        ("duration", "1m30s", 90.0),
        ("duration", "1.5h", 5400.0),
        ("duration", "300ms", 0.3),
        ("duration", "-5m", -300.0),
        ("duration", 30, 30.0),
        ("map", "", ()),
        ("map", "B=true,A=false", ("A=false", "B=true")),
        ("map", {"B": True, "A": False}, ("A=false", "B=true")),
    ],
)
def test_parse(kind, raw, value):
    result = parse(kind, raw)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("bool", "maybe"),
        ("bool", "TrUe"),
        ("bool", ""),
        ("bool", 1),
        ("bool", None),
        ("int", ""),
        ("int", "3.5"),
        ("int", "30d"),
        ("int", True),
        ("int", 3.5),
        ("int", "9" * 5000),
        ("string", 5),
        ("string", ["a"]),
        ("list", {"a": 1}),
        ("list", [1, {}]),
        ("duration", ""),
        ("duration", "4 h"),
        ("duration", "4hours"),
        ("duration", "h"),
        ("duration", True),
        ("duration", float("nan")),
        ("duration", 10**400),
        ("map", "A"),
        ("map", "=true"),
        ("map", {"A": {}}),
        ("map", [1]),
    ],
)
def test_what_the_component_would_refuse_is_no_value(kind, raw):
    with pytest.raises(ValueError, match=r"."):
        parse(kind, raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(kind=st.sampled_from(KINDS), raw=JSON)
def test_any_raw_value_is_read_or_refused(kind, raw):
    try:
        value = parse(kind, raw)
    except ValueError:
        return
    assert isinstance(value, bool | int | float | str | tuple)
    assert not (isinstance(value, float) and math.isnan(value))
    assert isinstance(show(kind, value), str)


@pytest.mark.parametrize(
    ("predicate", "kind", "value", "holds"),
    [
        ({"equals": "false"}, "bool", False, True),
        ({"equals": "false"}, "bool", True, False),
        ({"not_equals": "0"}, "duration", 0.0, False),
        ({"not_equals": "0s"}, "duration", 14400.0, True),
        ({"one_of": ("RequestResponse", "Metadata")}, "string", "Metadata", True),
        ({"one_of": ("5m", "300s")}, "duration", 300.0, True),
        ({"one_of": ("127.0.0.1",)}, "string", "127.0.0.11", False),
        ({"has": ("RBAC",)}, "list", ("Node", "RBAC"), True),
        ({"has": ("RBAC",)}, "list", ("RBACX",), False),
        ({"lacks": ("AlwaysAllow",)}, "list", ("AlwaysAllow",), False),
        ({"lacks": ("AlwaysAllow",)}, "list", (), True),
        ({"subset_of": ("A", "B")}, "list", ("A",), True),
        ({"subset_of": ("A", "B")}, "list", ("A", "C"), False),
        ({"subset_of": ("A", "B")}, "list", (), False),
        ({"at_least": "30"}, "int", 60, True),
        ({"at_least": "30"}, "int", 30, True),
        ({"at_least": "30"}, "int", 9, False),
        ({"at_most": "5m"}, "duration", 300.5, False),
        ({"present": True}, "string", "", False),
        ({"present": True}, "list", ("x",), True),
        ({"present": False}, "string", "", True),
        ({"matches": r"^127\."}, "string", "127.0.0.1:10249", True),
        ({"matches": r"^127\."}, "list", ("10.0.0.1", "127.0.0.1"), True),
        ({"equals": "A=true"}, "map", ("A=true",), True),
    ],
)
def test_satisfies(predicate, kind, value, holds):
    assert satisfies(Predicate(**predicate), value, kind) is holds


@pytest.mark.parametrize(
    ("predicate", "kind", "value"),
    [
        ({"equals": "maybe"}, "bool", True),
        ({"has": ("a",)}, "string", "a"),
        ({"subset_of": ("a",)}, "int", 1),
        ({"at_least": "1"}, "string", "1"),
        ({"at_least": "1"}, "bool", True),
        ({"at_most": "soon"}, "duration", 1.0),
        ({"present": True}, "bool", False),
        ({"present": True}, "int", 0),
        ({"matches": "("}, "string", "a"),
        ({"matches": "a"}, "int", 1),
        ({"differs_from": "etcd/trusted-ca-file"}, "string", "a"),
    ],
)
def test_predicates_that_do_not_fit_are_errors(predicate, kind, value):
    with pytest.raises(ValueError, match=r"."):
        satisfies(Predicate(**predicate), value, kind)


@pytest.mark.parametrize(
    ("predicate", "words"),
    [
        ({"equals": "false"}, "false"),
        ({"equals": ""}, "not set"),
        ({"not_equals": "0"}, "not 0"),
        ({"at_least": "30"}, "at least 30"),
        ({"one_of": ("a", "b")}, "one of a, b"),
        ({"subset_of": ("a", "b")}, "only members of a, b"),
        ({"lacks": ("AlwaysAllow",)}, "does not include AlwaysAllow"),
        ({"present": True}, "set"),
        ({"present": False}, "not set"),
    ],
)
def test_describe(predicate, words):
    assert describe(Predicate(**predicate)) == words


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("duration", 14400.0, "4h0m0s"),
        ("duration", 60.0, "1m0s"),
        ("duration", 0.0, "0s"),
        ("duration", 0.5, "0.5s"),
        ("bool", True, "true"),
        ("list", ("a", "b"), "a,b"),
        ("string", "", ""),
        ("int", 0, "0"),
    ],
)
def test_show(kind, value, text):
    assert show(kind, value) == text


@given(st.integers(min_value=0, max_value=10**7))
def test_durations_survive_being_shown(seconds):
    assert parse("duration", show("duration", float(seconds))) == seconds


@pytest.mark.parametrize(
    ("value", "expected"),
    [((), True), (("https://a",), True), (("https://a", "http://b"), False), (("http://127.0.0.1:1",), True)],
)
def test_not_matches_wants_no_member_to_match(value, expected):
    predicate = Predicate(not_matches=r"^http://(?!127\.)")
    assert satisfies(predicate, value, "list") is expected
    assert describe(predicate).startswith("nothing that matches")
