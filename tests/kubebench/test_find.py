"""Values of flags, variables and paths in what a command printed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.kubebench.find import Unreadable, env_value, flag_value, path_value


@pytest.mark.parametrize(
    ("output", "flag", "value"),
    [
        ("--foo=bar", "--foo", "bar"),
        ("--foo=bar --baz", "--foo", "bar"),
        ("--foo bar", "--foo", "true"),
        ("--foo", "--foo", "true"),
        ("--empty=", "--empty", "true"),
        ("--foo=x", "--fo", "o=x"),
        ("--foo=1 --foo=2", "--foo", "1"),
        ("--foo: bar", "--foo", "bar"),
        ("foo: bar", "foo", "bar"),
        ("foo:bar", "foo", "bar"),
        ("foo=: =bar", "foo", "bar"),
        ("permissions=600", "permissions", "600"),
        ("root:root", "root:root", "root:root"),
        ('{"key": 0}', "key", '":'),
        ("x --foo=a,b,c y", "--foo", "a,b,c"),
        ("-foo\vbar", "-foo", "\vbar"),
        ("--foo=bar", "--other", None),
        ("", "--foo", None),
        ("--foo=bar", "", None),
        ("--Foo=bar", "--foo", None),
        ("roota", "root.", None),
    ],
)
def test_flag(output, flag, value):
    assert flag_value(output, flag) == value


def test_flag_that_is_there_only_as_text_is_unreadable():
    with pytest.raises(Unreadable):
        flag_value("a[b", "a[b")
    with pytest.raises(Unreadable):
        flag_value("a+b", "a+b")


@pytest.mark.parametrize(
    ("output", "name", "value"),
    [
        ("NAME=value", "NAME", "value"),
        ("A=1\nNAME=value\nB=2", "NAME", "value"),
        ("MYNAME=value", "NAME", "value"),
        ("NAME=a NAME=b", "NAME", "a NAME=b"),
        ("NAME=", "NAME", None),
        ("NAME=\nB=2", "NAME", None),
        ("OTHER=1", "NAME", None),
        ("", "NAME", None),
        ("NAME=1", "", None),
    ],
)
def test_env(output, name, value):
    assert env_value(output, name) == value


@pytest.mark.parametrize(
    ("output", "path", "value"),
    [
        ("a: 1", "{.a}", "1"),
        ('{"a": {"b": false}}', "{.a.b}", "false"),
        ("a: 1", "{.b}", None),
        ("a: ''", "{.a}", None),
        ("a: null", "{.a}", "null"),
        ("", "{.a}", None),
        ("a: 1", "", None),
    ],
)
def test_path(output, path, value):
    assert path_value(output, path, strict_compat=True) == value


@pytest.mark.parametrize(("output", "path"), [("a: [", "{.a}"), ("a: 1", "{.a"), ("a: 1", "{.a[0]}")])
def test_path_that_can_not_be_followed(output, path):
    with pytest.raises(Unreadable) as error:
        path_value(output, path, strict_compat=True)
    assert "a: " not in str(error.value)


@given(st.text(), st.text(max_size=10), st.booleans())
def test_any_output_gives_a_value_or_its_own_error(output, name, strict):
    for find in (flag_value, env_value):
        with contextlib.suppress(Unreadable):
            assert find(output, name) is None or isinstance(find(output, name), str)
    with contextlib.suppress(Unreadable):
        path_value(output, name, strict_compat=strict)
