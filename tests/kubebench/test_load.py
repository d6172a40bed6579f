"""Controls files: scalars keep their text, wrong types have a place, slips are mended."""

import contextlib
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.errors import ContentError
from trueline.kubebench.load import load_controls


def load(body, *, strict=False, binary=""):
    text = textwrap.dedent(body)
    return load_controls(text, file="node.yaml", target="node", binary=binary, strict_compat=strict)


def check_of(lines, *, strict=False, binary=""):
    body = "type: node\ngroups:\n- id: 1.1\n  checks:\n  - id: 1.1.1\n"
    body += textwrap.indent(textwrap.dedent(lines), "    ")
    return load(body, strict=strict, binary=binary).groups[0].checks[0]


def item_of(lines, *, strict=False):
    body = "tests:\n  test_items:\n  - " + textwrap.indent(textwrap.dedent(lines), "    ").strip()
    return check_of(body, strict=strict).tests.items[0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.10", "1.10"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("False", "False"),
        ("yes", "yes"),
        ("2024-01-01", "2024-01-01"),
        ("12:30:45", "12:30:45"),
        ("~", ""),
        ("null", ""),
        ("", ""),
        ('"null"', "null"),
        ("'a b'", "a b"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_text_keeps_its_source(written, read):
    assert load(f"type: node\nid: {written}\n").id == read


@pytest.mark.parametrize("word", ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
def test_words_that_mean_true(word):
    assert check_of(f"scored: {word}").scored is True


@pytest.mark.parametrize(
    "word", ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", "~", ""]
)
def test_words_that_mean_false(word):
    assert check_of(f"scored: {word}").scored is False


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ('scored: "true"', 6),
        ("scored: 1", 6),
        ("scored: [true]", 6),
        ("text: [a]", 6),
        ("text: {a: b}", 6),
        ("text: ok\naudit:\n  - a", 8),
        ("tests: [a]", 6),
        ("tests: a", 6),
        ("tests:\n  test_items: a", 7),
        ("tests:\n  test_items:\n  - a", 8),
        ("tests:\n  test_items:\n  - flag: a\n    set: 'true'", 9),
        ("tests:\n  test_items:\n  - flag: a\n    compare:\n      op: equals\n      value: 1", 10),
        ("tests:\n  test_items:\n  - flag: '('", 8),
        ("tests:\n  test_items:\n  - flag: 'a[b'", 8),
        ("tests:\n  test_items:\n  - env: '*'", 8),
        ("tests:\n  test_items:\n  - flag: a\n    compare: {op: regex, value: '['}", 9),
        ("text: 'open", 6),
    ],
)
def test_error_names_file_and_line(lines, line):
    with pytest.raises(ContentError) as error:
        check_of(lines)
    assert error.value.file == "node.yaml"
    assert error.value.line == line or (line == 6 and "open" in lines)
    assert str(error.value).startswith("node.yaml:")


def test_wrong_type_of_file_is_an_error():
    with pytest.raises(ContentError, match="non-node controls file specified"):
        load("type: master\n")
    with pytest.raises(ContentError, match="non-node"):
        load("")


def test_unknown_keys_are_ignored_and_the_last_of_two_counts():
    check = check_of("text: a\nsurprise: {x: [1]}\ntext: b\nset: true\nscored: false\nscored: true")
    assert (check.text, check.scored) == ("b", True)


def test_field_names_are_matched_exactly():
    assert check_of("Text: a\nAudit: b").audit == ""


def test_anchors_and_merge_keys():
    controls = load(
        """
        type: node
        groups:
        - id: g
          checks:
          - &first
            id: a
            audit: &script echo
            scored: true
          - <<: *first
            id: b
            audit_config: *script
        """
    )
    first, second = controls.groups[0].checks
    assert (second.id, second.audit, second.audit_config, second.scored) == ("b", "echo", "echo", True)
    assert first.id == "a"


def test_absent_tests_differ_from_empty_ones():
    assert check_of("audit: a").tests is None
    assert check_of("tests:").tests is None
    assert check_of("tests: {}").tests.items == ()
    assert check_of("tests: {test_items: []}").tests.items == ()


def test_set_is_true_unless_said_otherwise():
    assert item_of("flag: a").set is True
    assert item_of("flag: a\nset:").set is True
    assert item_of("flag: a\nset: false").set is False


def test_numbers_in_items_are_text():
    item = item_of("flag: 200\ncompare:\n  op: eq\n  value: 05")
    assert (item.flag, item.op, item.value) == ("200", "eq", "05")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("tests: {test_items: [{env: X}]}", "-C kubelet -o"),
        ("audit_env: cat x\ntests: {test_items: [{env: X}]}", "cat x"),
        ("disableenvtesting: true\ntests: {test_items: [{env: X}]}", ""),
        ("tests: {test_items: [{flag: X}]}", ""),
        ("audit: a", ""),
    ],
)
def test_environment_is_looked_at_where_an_item_wants_it(lines, expected):
    script = check_of(lines, binary="kubelet").audit_env
    assert expected in script if expected else not script


def test_environment_without_one_program_has_none():
    assert "-C  -o" in check_of("tests: {test_items: [{env: X}]}").audit_env


def test_b2_documented_spelling_turns_environment_off():
    lines = "disableEnvTesting: true\ntests: {test_items: [{env: X}]}"
    assert check_of(lines).audit_env == ""
    assert check_of(lines, strict=True).audit_env


def test_b11_misspelt_operator():
    lines = "flag: a\ncompare: {op: noteqx, value: b}"
    assert item_of(lines).op == "noteq"
    assert item_of(lines, strict=True).op == "noteqx"


@pytest.mark.parametrize(
    ("path", "mended"),
    [
        ("'.a.b'", "{.a.b}"),
        ("/var/lib/x.crt", ""),
        ("'{.a}}'", "{.a}"),
        ("'{.a}'", "{.a}"),
        ("'x{.a}'", "x{.a}"),
    ],
)
def test_b11_path_without_braces(path, mended):
    assert item_of(f"path: {path}").path == mended
    assert item_of(f"path: {path}", strict=True).path == path.strip("'")


def test_b11_keys_that_slipped_below_tests():
    lines = "tests:\n  test_items: [{flag: a}]\n  scored: true\n  remediation: do it"
    assert (check_of(lines).scored, check_of(lines).remediation) == (True, "do it")
    assert (check_of(lines, strict=True).scored, check_of(lines, strict=True).remediation) == (False, "")


def test_every_repair_is_told_with_its_place():
    controls = load("type: node\ngroups:\n- checks:\n  - tests: {test_items: [{compare: {op: noteqx}}]}\n")
    assert controls.notices == ("node.yaml:4: operator noteqx is read as noteq",)


def test_unknown_variable_is_told_with_its_place():
    body = "type: node\ngroups:\n- checks:\n  - id: a\n    audit: {}\n"
    controls = load(body.format("cat $fooconf $HOME"))
    assert controls.groups[0].checks[0].missing == ("fooconf",)
    told = controls.notices
    assert told == ("node.yaml:5: there is no variable $fooconf; to the shell it is empty",)
    for script in ("for adminconf in a b; do cat $adminconf; done", "xconf=1; cat $xconf"):
        assert load(body.format(f'"{script}"')).notices == ()


@given(st.text(alphabet="type: nodegrups\n-[]{}&*<'\"|~#!%@`1.", max_size=200))
def test_any_text_loads_or_has_a_content_error(text):
    with contextlib.suppress(ContentError):
        load_controls(text, file="f", target="node")


KEYS = ["type", "groups", "checks", "tests", "test_items", "compare", "flag", "id", "scored", "<<", "audit"]
YAML = st.recursive(
    st.sampled_from(["node", "true", "1", "~", '"x"', "("]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: "[" + ", ".join(parts) + "]")
        | st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)


@given(YAML)
def test_any_tree_loads_or_has_a_content_error(tree):
    for text in (tree, f"type: node\ngroups: {tree}", f"type: node\ngroups: [{{checks: {tree}}}]"):
        with contextlib.suppress(ContentError):
            load_controls(text, file="f", target="node")


@pytest.mark.parametrize(
    "text", ["[" * 300_000, "a: &a [*a]", "a: *b", "\x00", "%YAML 9.9\n---\na", "{? [a]: b}"]
)
def test_hostile_text(text):
    with pytest.raises(ContentError):
        load_controls(text, file="f", target="node")
