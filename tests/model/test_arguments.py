"""The argument vector of a process is split as the program itself does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.model.arguments import Argument, last_value, parse_arguments

PAIRS = [
    (["--secure-port=6443"], [("secure-port", "6443")]),
    (["--secure-port", "6443"], [("secure-port", "6443")]),
    (["-secure-port", "6443"], [("secure-port", "6443")]),
    (["-v=2"], [("v", "2")]),
    (["--secure_port=6443"], [("secure-port", "6443")]),
    (["--feature-gates=A=true,B=false"], [("feature-gates", "A=true,B=false")]),
    (["--feature-gates", "A=true"], [("feature-gates", "A=true")]),
    (["--admission-plugins="], [("admission-plugins", "")]),
    (["--anonymous-auth"], [("anonymous-auth", None)]),
    (["--anonymous-auth", "false"], [("anonymous-auth", None)]),
    (["--anonymous_auth", "--profiling=false"], [("anonymous-auth", None), ("profiling", "false")]),
    (["--unknown-switch", "--profiling=false"], [("unknown-switch", None), ("profiling", "false")]),
    (["--unknown-switch", "-v", "4"], [("unknown-switch", None), ("v", "4")]),
    (["--oom-score-adj", "-999"], [("oom-score-adj", "-999")]),
    (["--node-ip", "::"], [("node-ip", "::")]),
    (['--tls-cipher-suites="A,B"'], [("tls-cipher-suites", "A,B")]),
    (["--tls-cipher-suites='A,B'"], [("tls-cipher-suites", "A,B")]),
    (["--name", '"x y"'], [("name", "x y")]),
    (["--name='"], [("name", "'")]),
    (["--name=\"a'"], [("name", "\"a'")]),
    (["--a=1", "--", "--b=2"], [("a", "1")]),
    (["--a", "--", "--b=2"], [("a", None)]),
    (["--a=1", "--a=2"], [("a", "1"), ("a", "2")]),
    (["server", "--a=1", "word", "-"], [("a", "1")]),
    (["--", "--a=1"], []),
    (["--=x", "-", "", "--9"], []),
    (["--a"], [("a", None)]),
    ([], []),
]


@pytest.mark.parametrize(("arguments", "expected"), PAIRS)
def test_flags_and_values(arguments, expected):
    found = parse_arguments(arguments, ["anonymous-auth"])
    assert [(argument.name, argument.value) for argument in found] == expected


def test_text_is_what_was_written():
    found = parse_arguments(["--a_b=1", "--c", "2", "--d"])
    assert [argument.text for argument in found] == ["--a_b=1", "--c 2", "--d"]


def test_flag_names_keep_their_case():
    assert parse_arguments(["--Secure-Port=1"]) == (
        Argument(name="Secure-Port", value="1", text="--Secure-Port=1"),
    )


def test_no_flag_is_found_in_the_middle_of_a_value():
    assert parse_arguments(["--etcd-prefix=--anonymous-auth=false"])[0].name == "etcd-prefix"
    assert len(parse_arguments(["x--anonymous-auth=false"])) == 0


@pytest.mark.parametrize(
    ("arguments", "flag", "expected"),
    [
        (["--config=/a", "--config=/b"], "config", "/b"),
        (["--config", "/a"], "config", "/a"),
        (["--config-dir=/a"], "config", None),
        (["--audit_policy_file=/a"], "audit-policy-file", "/a"),
        (["--config=/a", "--config"], "config", "/a"),
    ],
)
def test_last_value_wins(arguments, flag, expected):
    assert last_value(arguments, flag) == expected


@given(st.lists(st.text()), st.sets(st.text()))
def test_any_vector_can_be_split(arguments, booleans):
    for argument in parse_arguments(arguments, booleans):
        assert argument.name
        assert not argument.name.startswith("-")
        assert "_" not in argument.name


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z][a-z-]{0,10}", fullmatch=True), st.from_regex(r"[a-z/0-9]*", fullmatch=True)
        )
    )
)
def test_both_ways_to_write_a_value_are_the_same(pairs):
    one = parse_arguments([f"--{name}={value}" for name, value in pairs])
    two = parse_arguments([word for name, value in pairs for word in (f"--{name}", value)])
    assert [(a.name, a.value) for a in one] == [(a.name, a.value) for a in two]
