"""Definitions of linux-bench follow their own rules."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.errors import ContentError
from trueline.kubebench.controls import TestItem, Tests
from trueline.kubebench.evaluate import Selection
from trueline.kubebench.linux import evaluate_linux, linux_scripts, meets
from trueline.kubebench.linux_load import LinuxAudit, LinuxCheck, LinuxControls, LinuxGroup, load_linux
from trueline.model.facts import CommandOutput

HOST = {"platform": ("rhel9", "rhel"), "boot": ("grub2",)}
DEFINITIONS = textwrap.dedent(
    """
    controls:
    id: 1
    version: 0.10
    description: Host
    type: ignored
    groups:
    - id: 1.1
      description: Files
      checks:
      - id: 1.1.1
        description: plain
        audit: stat /a
        tests: {test_items: [{flag: a, compare: {op: eq, value: "1"}}]}
        remediation: fix
        scored: true
      - id: 1.1.2
        description: divided
        sub_checks:
        - check:
            audit: dpkg -s x
            constraints: {platform: [debian, ubuntu24]}
            tests: {test_items: [{flag: installed, set: true}]}
            remediation: apt
        - check:
            audit: rpm -q x
            constraints: {platform: [rhel9], boot: [grub, grub2]}
            tests: {test_items: [{flag: installed}]}
            remediation: dnf
        scored: true
      - id: 1.1.3
        description: elsewhere
        scored: true
        sub_checks:
        - check: {audit: x, constraints: {lsm: [selinux]}, tests: {test_items: [{flag: a}]}}
    - id: 1.2
      description: Debian only
      constraints: {platform: [debian]}
      checks:
      - {id: 1.2.1, audit: y, scored: true, tests: {test_items: [{flag: a}]}}
    """
)
CONTROLS = load_linux(DEFINITIONS, "definitions.yaml")


def states(outputs, selection=None):
    made = {script: CommandOutput(output=text) for script, text in outputs.items()}
    run = evaluate_linux(CONTROLS, made, HOST, selection or Selection())
    return {check.id: check for group in run.controls[0].groups for check in group.checks}


def test_definitions_load():
    assert (CONTROLS.id, CONTROLS.version, CONTROLS.text) == ("1", "0.10", "Host")
    divided = CONTROLS.groups[0].checks[1]
    assert divided.audits[1].constraints == {"platform": ("rhel9",), "boot": ("grub", "grub2")}


def test_first_part_that_fits_the_host_is_judged():
    assert linux_scripts(CONTROLS, HOST) == ["stat /a", "rpm -q x"]
    found = states({"stat /a": "a=1", "rpm -q x": "installed"})
    assert [found[number].state for number in ("1.1.1", "1.1.2")] == ["PASS", "PASS"]
    assert found["1.1.2"].remediation == "dnf"
    assert found["1.1.3"].reason == "Failed to find a valid sub check, check your constraints "
    assert found["1.1.3"].state == "WARN"


def test_group_for_other_hosts_is_skipped_unless_its_check_is_asked_for():
    assert states({})["1.2.1"].state == "INFO"
    chosen = states({"y": "a"}, Selection(checks=frozenset({"1.2.1"})))
    assert {number: check.state for number, check in chosen.items()} == {"1.2.1": "PASS"}


@pytest.mark.parametrize(
    ("constraints", "fits"),
    [
        ({}, True),
        ({"platform": ("rhel9",)}, True),
        ({"platform": ("debian", "rhel9")}, True),
        ({"platform": ("debian",)}, False),
        ({"lsm": ("selinux",)}, False),
        ({"platform": ("rhel9",), "boot": ("grub",)}, False),
    ],
)
def test_constraints(constraints, fits):
    assert meets(constraints, HOST) is fits


def judge(item, output, *, exit_code=0, multiple=False, scored=True, **fields):
    audit = LinuxAudit(audit="A", tests=Tests(items=(item,)), **fields)
    check = LinuxCheck(id="1", scored=scored, multiple=multiple, audits=(audit,))
    controls = LinuxControls(id="1", groups=(LinuxGroup(id="1", checks=(check,)),))
    run = evaluate_linux(controls, {"A": CommandOutput(output=output, exit_code=exit_code)}, {})
    return run.controls[0].groups[0].checks[0]


@pytest.mark.parametrize(
    ("flag", "output", "value"),
    [
        ("key", 'key = "a b"', "a b"),
        ("key", 'key: "a b"', "a b"),
        ("key", "key = a b", "a"),
        ("key", "key=a", "a"),
        ("key", '"key": a', "a"),
        ("key", "key a", "a"),
        ("key", "key -a", "key"),
        ("key", "x key y", "y"),
        ("key", "x key", "key"),
        ("key", "nokey=a", "a"),
        ("key", "other", ""),
        ("", "whole output", "whole output"),
    ],
)
def test_value_of_a_flag(flag, output, value):
    assert judge(TestItem(flag=flag, op="eq", value=value), output).state == "PASS"
    assert judge(TestItem(flag=flag, op="eq", value=f"{value}!"), output).state == "FAIL"


@pytest.mark.parametrize(
    ("item", "output", "state"),
    [
        (TestItem(flag="key"), "key", "PASS"),
        (TestItem(flag="key"), "keys", "FAIL"),
        (TestItem(flag="key"), "a key=1", "PASS"),
        (TestItem(flag="key"), "key-b", "FAIL"),
        (TestItem(flag="k.y"), "kay", "PASS"),
        (TestItem(flag="key", set=False), "", "PASS"),
        (TestItem(flag="key", set=False), "key", "FAIL"),
        (TestItem(flag="key", op="eq", value=""), "", "PASS"),
        (TestItem(path="{.a}", op="eq", value="1"), "a: 1", "PASS"),
        (TestItem(path="{.a}", op="eq", value="1"), "a: [", "FAIL"),
        (TestItem(path="{.missing}"), "a: 1", "FAIL"),
        (TestItem(path="{.a}"), "a: 1", "PASS"),
        (TestItem(path="{.missing}", set=False), "a: 1", "PASS"),
        (TestItem(path="{.a}", set=False), "a: 1", "FAIL"),
        (TestItem(flag="p", op="bitmask", value="644"), "p=600", "PASS"),
    ],
)
def test_item(item, output, state):
    assert judge(item, output).state == state


def test_failed_script_is_told_but_its_output_is_judged():
    result = judge(TestItem(flag="key"), "key", exit_code=1)
    assert result.state == "PASS"
    assert result.reason == 'failed to run: "A", output: "key", error: exit status 1'


def test_script_without_an_end_is_not_judged():
    assert judge(TestItem(flag="key", set=False), "", exit_code=None).state == "WARN"


def test_rows():
    item = TestItem(flag="p", op="eq", value="1")
    assert judge(item, "p=1\np=1\n", multiple=True).state == "PASS"
    assert judge(item, "p=1\np=2\n", multiple=True).state == "FAIL"


def test_actual_value_has_no_line_ends():
    assert judge(TestItem(flag="key"), "key a\n\tb\n").actual == "key ab"


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        ({"plugin": "text_search"}, "WARN", "audit type text_search is a plug-in that is not here"),
        ({"type": "manual"}, "WARN", ""),
        ({"type": "skip"}, "INFO", ""),
    ],
)
def test_part_that_is_not_run(fields, state, reason):
    result = judge(TestItem(flag="key"), "key", **fields)
    assert (result.state, result.reason) == (state, reason)


def test_check_without_tests_warns_scored_or_not():
    for scored in (True, False):
        check = LinuxCheck(id="1", scored=scored, audits=(LinuxAudit(audit="A"),))
        controls = LinuxControls(groups=(LinuxGroup(id="1", checks=(check,)),))
        result = evaluate_linux(controls, {}, {}).controls[0].groups[0].checks[0]
        assert (result.state, result.reason) == ("WARN", "There are no test items")


@pytest.mark.parametrize(("scored", "state"), [(True, "FAIL"), (False, "WARN")])
def test_failure_counts_where_it_is_scored(scored, state):
    assert judge(TestItem(flag="key"), "", scored=scored).state == state


@pytest.mark.parametrize(
    "text",
    [
        "groups: [}",
        "groups: a",
        "groups: [{checks: [{tests: {bin_op: xor}}]}]",
        "groups: [{checks: [{tests: {test_items: [{flag: '('}]}}]}]",
        "groups: [{checks: [{tests: {test_items: [{flag: a, compare: {op: like}}]}}]}]",
        "groups: [{checks: [{audit: [a]}]}]",
        "groups: [{constraints: [a]}]",
    ],
)
def test_broken_definitions_have_a_place(text):
    with pytest.raises(ContentError) as error:
        load_linux(text, "definitions.yaml")
    assert error.value.line == 1


TEXT = st.text(alphabet='ab=: \n"-.*', max_size=20)


@given(TEXT, TEXT, st.sampled_from(["", "eq", "gt", "regex", "bitmask"]), st.booleans(), st.text(max_size=30))
def test_judging_never_raises(flag, value, op, present, output):
    item = f"flag: {flag!r}" if "'" not in flag else "flag: a"
    try:
        load_linux(f"groups: [{{checks: [{{tests: {{test_items: [{{{item}}}]}}}}]}}]", "f")
    except ContentError:
        return
    result = judge(
        TestItem(flag=flag.replace("*", ""), op=op, value=value.replace("*", ""), set=present), output
    )
    assert result.state in ("PASS", "FAIL", "WARN")
