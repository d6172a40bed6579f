"""Content files: strict reading, and errors that name file and line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.content.load import check_files, load_rules
from trueline.content.yaml_files import check_shape, load_yaml
from trueline.errors import ContentError
from trueline.model.benchmark import Benchmark
from trueline.model.rule import RuleFile

GOOD = """\
id: demo-1.0
title: Demo
version: 1.10
sections:
  - number: 1.10
    title: Section
    target: node
    recommendations:
      - {number: 1.10.1, level: 1, scored: true, rules: {some-rule: {mode: 0600}}}
"""


def write(tmp_path, text):
    path = tmp_path / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_scalars_keep_their_text(tmp_path):
    benchmark = load_yaml(write(tmp_path, GOOD), Benchmark)
    assert (benchmark.version, benchmark.sections[0].number) == ("1.10", "1.10")
    entry = benchmark.sections[0].recommendations[0]
    assert (entry.number, entry.level, entry.scored) == ("1.10.1", 1, True)
    assert entry.rules == {"some-rule": {"mode": "0600"}}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("target: node", "target: node\n    colour: red", 5, "unknown field `colour`"),
        ("level: 1", "level: high", 9, "int"),
        ("title: Section", "titel: Section", 5, "titel"),
        ("version: 1.10", "version: 1.10\nversion: 2", 4, "twice"),
        ("sections:", "sections: [", 5, ""),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path, old, new, line, words):
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ContentError) as caught:
        load_yaml(path, Benchmark)
    assert caught.value.file == str(path)
    assert caught.value.line == line
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "rules: [{id: a, title: t, why: w, severity: high, component: x, test: {setting: {name: a/b}}}]",
        "rules: [{id: a, title: t, why: w, severity: high, component: x, test: {}}]",
        "rules: [{id: a, title: t, why: w, severity: high, component: x}]",
        (
            "rules: [{id: a, title: t, why: w, severity: high, component: x, "
            "test: {setting: {name: a/b, equals: 1, has: [2]}}}]"
        ),
        "rules: [{id: a, title: t, why: w, severity: high, component: x, test: {setting: {name: a, is: 1}}}]",
        "rules: [{id: a, title: t, why: w, severity: grave, component: x, look_at: there}]",
    ],
)
def test_the_test_language_is_closed(tmp_path, text):
    with pytest.raises(ContentError):
        load_yaml(write(tmp_path, text), RuleFile)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"rules: " + b"[" * 200_000,
        b"\x00",
        b"- 1",
        b"rules: null",
        b"a: &a [*a]",
        b"rules: !!python/none x",
    ],
)
def test_rubbish_is_a_content_error(tmp_path, data):
    with pytest.raises(ContentError):
        load_yaml(write(tmp_path, data), RuleFile)


def test_a_directory_a_fifo_and_a_missing_file_are_content_errors(tmp_path):
    import os

    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", tmp_path / "none"):
        with pytest.raises(ContentError):
            load_yaml(path, RuleFile)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "file.yaml"
    path.write_bytes(data)
    for typed in (False, True):
        with contextlib.suppress(ContentError):
            load_yaml(path, RuleFile, typed=typed)


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: " + "[" * 500 + "]" * 500, "a: [\n"])
def test_the_shape_of_a_file_is_checked_by_itself_too(tmp_path, text):
    with pytest.raises(ContentError):
        check_shape(write(tmp_path, text))


def test_shipped_files_have_the_shape_that_loading_takes_for_granted():
    check_files()


def test_rules_by_name_are_those_of_their_files():
    names = frozenset({"apiserver-profiling-disabled", "kubelet-anonymous-auth-disabled"})
    found = load_rules(names)
    everything = load_rules()
    assert names <= set(found) < set(everything)
    assert all(everything[name] == rule for name, rule in found.items())
