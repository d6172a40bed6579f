"""States and reasons of checks, source order, rows and combinations, by given outputs."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.kubebench.controls import OPERATORS, Check, Controls, Group, TestItem, Tests
from trueline.kubebench.evaluate import Selection, evaluate, needed_scripts
from trueline.model.facts import CommandOutput, NodeFacts

FLAG = TestItem(flag="--a")
ABSENT = TestItem(flag="--a", set=False)


def run(check, outputs, *, group_type="", strict=False, selection=None):
    controls = Controls(id="1", type="node", groups=(Group(id="1.1", type=group_type, checks=(check,)),))
    made = {
        script: output if isinstance(output, CommandOutput) else CommandOutput(output=output)
        for script, output in outputs.items()
    }
    judged = evaluate([controls], made, selection or Selection(), strict_compat=strict)
    return judged.controls[0].groups[0].checks[0]


def check(*items, bin_op="", **fields):
    fields = {"id": "1.1.1", "audit": "A", "scored": True, **fields}
    return Check(tests=Tests(bin_op=bin_op, items=items), **fields)


def bare(**fields):
    return Check(**{"id": "1.1.1", "audit": "A", "scored": True, **fields})


# Rows 0 to 4 of the state machine, none of which runs a script.
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("definition", "group_type", "skip", "state", "reason", "kind"),
    [
        (check(FLAG), "skip", "", "INFO", "Test marked as skip", "skip"),
        (check(FLAG), "", "1.1", "INFO", "Test marked as skip", "skip"),
        (check(FLAG), "", "1.1.1", "INFO", "Test marked as skip", "skip"),
        (check(FLAG, type="manual"), "", "1.1.1", "INFO", "Test marked as skip", "skip"),
        (check(FLAG, type="skip"), "", "", "INFO", "Test marked as skip", "skip"),
        (bare(), "", "", "WARN", "There are no tests", ""),
        (bare(type="  "), "", "", "WARN", "There are no tests", "  "),
        (bare(type="manual"), "", "", "WARN", "Test marked as a manual test", "manual"),
        (bare(type="other"), "", "", "FAIL", "No tests defined", "other"),
        (bare(type="Manual"), "", "", "FAIL", "No tests defined", "Manual"),
        (check(FLAG, type="manual"), "", "", "WARN", "Test marked as a manual test", "manual"),
        (check(), "", "", "FAIL", "No tests defined", ""),
        (check(scored=False), "", "", "WARN", "No tests defined", ""),
        (bare(scored=False), "", "", "WARN", "No tests defined", ""),
    ],
)
def test_state_without_running(definition, group_type, skip, state, reason, kind, strict):
    selection = Selection(skip=frozenset({skip} - {""}))
    result = run(definition, {}, group_type=group_type, strict=strict, selection=selection)
    assert (result.state, result.reason, result.type) == (state, reason, kind)
    assert (result.actual, result.expected) == ("", "")
    assert (
        needed_scripts(
            [Controls(groups=(Group(id="1.1", type=group_type, checks=(definition,)),))], selection
        )
        == []
    )


def test_b12_manual_tests_are_warn_and_skipped_ones_info():
    assert run(check(FLAG, type="manual"), {"A": "--a"}).state == "WARN"
    assert run(check(FLAG, type="skip"), {"A": "--a"}).state == "INFO"


@pytest.mark.parametrize(("scored", "state"), [(True, "FAIL"), (False, "WARN")])
def test_audit_error(scored, state):
    result = run(
        check(FLAG, scored=scored, audit='x "y"'), {'x "y"': CommandOutput(output="no\n", exit_code=3)}
    )
    assert result.state == state
    assert result.reason == r'failed to run: "x \"y\"", output: "no\n", error: exit status 3'
    assert (result.actual, result.expected, result.cause) == ("", "", "audit")


@pytest.mark.parametrize(
    "output",
    [
        CommandOutput(exit_code=None, error="stopped after 60 s", output="--a"),
        CommandOutput(exit_code=None, error="not executed below another root"),
    ],
)
def test_script_without_an_end_never_passes(output):
    result = run(check(FLAG), {"A": output})
    assert (result.state, result.cause) == ("WARN", "audit")
    assert output.error in result.reason
    assert run(check(FLAG), {"A": output}, strict=True).state == "FAIL"


def test_script_that_nobody_ran_never_passes():
    assert run(check(ABSENT), {}).state == "WARN"
    assert run(check(ABSENT), {}, strict=True).state == "FAIL"


def test_blank_script_prints_nothing():
    assert run(check(ABSENT, audit=" \n"), {}).state == "PASS"
    assert run(check(FLAG, audit=""), {}).state == "FAIL"


@pytest.mark.parametrize(("scored", "state"), [(True, "FAIL"), (False, "WARN")])
def test_unknown_binary_operator(scored, state):
    result = run(check(FLAG, bin_op="xor", scored=scored), {"A": "--a"})
    reason = "unknown binary operator for tests xor"
    assert (result.state, result.reason, result.actual, result.expected) == (state, reason, f"{reason}\n", "")


@pytest.mark.parametrize(("scored", "failed"), [(True, "FAIL"), (False, "WARN")])
def test_evaluated(scored, failed):
    definition = check(FLAG, scored=scored)
    assert run(definition, {"A": "--a"}).state == "PASS"
    assert run(definition, {"A": "--b"}).state == failed
    assert run(definition, {"A": "--b"}).reason == ""


@pytest.mark.parametrize(
    ("item", "output", "state", "expected"),
    [
        (FLAG, "--a", "PASS", "'--a' is present"),
        (FLAG, "", "FAIL", "'--a' is present"),
        (ABSENT, "", "PASS", "'--a' is not present"),
        (ABSENT, "--a", "FAIL", "'--a' is not present"),
        (TestItem(flag="--a", set=False, op="eq", value="1"), "--a=1", "FAIL", "'--a' is not present"),
        (TestItem(flag="--a", op="eq", value="1"), "--a=1", "PASS", "'--a' is equal to '1'"),
        (TestItem(flag="--a", op="noteq", value="1"), "--b", "FAIL", "'--a' is present"),
        (TestItem(flag="--a", op="nothave", value="1"), "--b", "FAIL", "'--a' is present"),
        (TestItem(flag="--a", op="unheard", value="1"), "--a=1", "FAIL", ""),
        (TestItem(path="{.a}"), "a: 1", "FAIL", "'' is present"),
    ],
)
def test_presence_and_comparison(item, output, state, expected):
    result = run(check(item), {"A": output})
    assert (result.state, result.expected) == (state, expected)


# Section by section: flag, then config, then environment.
EVERYWHERE = TestItem(flag="--a", path="{.a}", env="A", op="eq", value="1")
NOWHERE = TestItem(flag="--a", path="{.a}", env="A", set=False)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("item", "audit", "config", "env", "state", "expected", "actual"),
    [
        (EVERYWHERE, "--a=1", "a: 2", "A=2", "PASS", "'--a' is equal to '1'", "--a=1"),
        (EVERYWHERE, "--a=2", "a: 1", "A=1", "FAIL", "'--a' is equal to '1'", "--a=2"),
        (EVERYWHERE, "--b", "a: 1", "A=2", "PASS", "'{.a}' is equal to '1'", "a: 1"),
        (EVERYWHERE, "--b", "a: 2", "A=1", "FAIL", "'{.a}' is equal to '1'", "a: 2"),
        (EVERYWHERE, "--b", "b: 1", "A=1", "PASS", "'A' is equal to '1'", "A=1"),
        (EVERYWHERE, "--b", "b: 1", "B=1", "FAIL", "'A' is present", "B=1"),
        (EVERYWHERE, "--b", "", "A=1", "PASS", "'A' is equal to '1'", "A=1"),
        (NOWHERE, "--a", "b: 1", "B=1", "FAIL", "'--a' is not present", "--a"),
        (NOWHERE, "--b", "a: 1", "B=1", "FAIL", "'{.a}' is not present", "a: 1"),
        (NOWHERE, "--b", "b: 1", "A=1", "FAIL", "'A' is not present", "A=1"),
        (NOWHERE, "--b", "b: 1", "B=1", "PASS", "'A' is not present", "B=1"),
        (TestItem(flag="--a"), "--b", "a: 1", "", "FAIL", "'' is present", "a: 1"),
        (TestItem(path="{.a}"), "--b", "a: 1", "", "PASS", "'{.a}' is present", "a: 1"),
    ],
)
def test_source_order(item, audit, config, env, state, expected, actual, strict):
    definition = check(item, audit_config="C", audit_env="E")
    result = run(definition, {"A": audit, "C": config, "E": env}, strict=strict)
    assert (result.state, result.expected, result.actual) == (state, expected, actual)


@pytest.mark.parametrize(
    ("config", "audit", "state"),
    [
        (CommandOutput(output="sh: x: not found", exit_code=127), "--a", "PASS"),
        (CommandOutput(output="cat: No such file or directory", exit_code=1), "--a", "PASS"),
        (CommandOutput(output="cat: No such file or directory", exit_code=1), "", "FAIL"),
        (CommandOutput(output="cat: Permission denied", exit_code=1), "--a", "FAIL"),
    ],
)
def test_config_that_fails_is_forgiven_only_where_another_source_speaks(config, audit, state):
    assert run(check(FLAG, audit_config="C"), {"A": audit, "C": config}).state == state


@pytest.mark.parametrize("broken", ["A", "E"])
def test_failure_of_audit_or_environment_ends_the_check(broken):
    outputs = {"A": "--a=1", "C": "a: 1", "E": "A=1"} | {broken: CommandOutput(exit_code=1)}
    result = run(check(EVERYWHERE, audit_config="C", audit_env="E"), outputs)
    assert (result.state, result.cause) == ("FAIL", "audit")
    assert f'failed to run: "{broken}"' in result.reason


# Rows.
@pytest.mark.parametrize(
    ("output", "state", "expected"),
    [
        ("p=600\np=600\n", "PASS", "p has permissions 600, expected 644 or more restrictive"),
        ("p=600\np=777\np=1", "FAIL", "p has permissions 777, expected 644 or more restrictive"),
        ("p=600\n\np=600", "FAIL", "'p' is present"),
        ("", "FAIL", "'p' is present"),
        ("p=600 \n \n", "PASS", "p has permissions 600, expected 644 or more restrictive"),
    ],
)
def test_rows(output, state, expected):
    definition = check(TestItem(flag="p", op="bitmask", value="644"), multiple=True)
    result = run(definition, {"A": output})
    assert (result.state, result.expected) == (state, expected)


def test_row_that_lacks_the_key_falls_back_to_config():
    item = TestItem(flag="--a", path="{.a}", op="eq", value="1")
    result = run(check(item, multiple=True, audit_config="C"), {"A": "--a=1\nb", "C": "a: 1\n"})
    assert (result.state, result.actual) == ("PASS", "a: 1")


def test_rows_of_config_are_parsed_alone():
    item = TestItem(path="{.a}", op="eq", value="1")
    definition = check(item, multiple=True, audit_config="C")
    assert run(definition, {"A": "x", "C": "a: 1\na: 1"}).state == "PASS"
    assert run(definition, {"A": "x", "C": "a: 1\nb: 1"}).state == "FAIL"


# Combination.
@pytest.mark.parametrize(
    ("bin_op", "output", "state"),
    [
        ("", "--a --b", "PASS"),
        ("", "--a", "FAIL"),
        ("and", "--b", "FAIL"),
        ("or", "--b", "PASS"),
        ("or", "--c", "FAIL"),
    ],
)
def test_combination(bin_op, output, state):
    result = run(check(FLAG, TestItem(flag="--b"), bin_op=bin_op), {"A": f"{output} \n\n"})
    joined = " OR " if bin_op == "or" else " AND "
    assert (result.state, result.actual) == (state, output)
    assert result.expected == f"'--a' is present{joined}'--b' is present"


def test_actual_value_is_the_output_of_the_first_item():
    items = (TestItem(flag="--a", path="{.a}"), TestItem(flag="--b"))
    definition = check(*items, bin_op="or", audit_config="C")
    assert run(definition, {"A": "--b", "C": "a: 1"}).actual == "a: 1"


# What can't be read: by default it decides nothing, strictly it fails.
@pytest.mark.parametrize(
    ("items", "bin_op", "config", "state", "strict_state"),
    [
        ((TestItem(flag="--a", path="{.a}", set=False),), "", "a: [", "WARN", "FAIL"),
        ((EVERYWHERE,), "", "a: [", "WARN", "FAIL"),
        ((NOWHERE, TestItem(flag="--b")), "or", "a: [", "PASS", "PASS"),
        ((NOWHERE, TestItem(flag="--c", path="{.c}")), "and", "a: [", "WARN", "FAIL"),
        ((TestItem(path="{.a"),), "", "a: 1", "WARN", "FAIL"),
    ],
)
def test_b9_config_that_can_not_be_parsed_decides_nothing(items, bin_op, config, state, strict_state):
    definition = check(*items, bin_op=bin_op, audit_config="C")
    outputs = {"A": "--b", "C": config}
    assert run(definition, outputs).state == state
    assert run(definition, outputs, strict=True).state == strict_state


def test_config_that_can_not_be_parsed_is_not_made_good_by_an_empty_environment():
    definition = check(NOWHERE, audit_config="C", audit_env="E")
    outputs = {"A": "--b", "C": "a: [", "E": "B=1"}
    assert run(definition, outputs).state == "WARN"
    assert run(definition, outputs, strict=True).state == "PASS"
    assert run(definition, outputs | {"E": "A=1"}).state == "FAIL"


def test_b10_path_errors_are_told():
    definition = check(TestItem(path="{.a[0]}"), audit_config="C")
    result = run(definition, {"A": "x", "C": "a: secret-text"})
    assert "path '{.a[0]}' can't be followed" in result.reason
    assert "secret-text" not in result.reason
    assert run(definition, {"A": "x", "C": "a: 1"}, strict=True).reason == ""
    assert result.cause == "unreadable"


@pytest.mark.parametrize("op", ["eq", "noteq", "has", "nothave", "regex", "valid_elements"])
def test_secret_that_was_not_kept_is_not_compared(op):
    result = run(check(TestItem(flag="token", op=op, value="admin")), {"A": "token: REDACTED"})
    assert (result.state, result.cause) == ("WARN", "unreadable")
    assert run(check(TestItem(flag="token")), {"A": "token: REDACTED"}).state == "PASS"


def test_value_that_is_no_number_fails_but_is_known_to_be_unreadable():
    definition = check(TestItem(flag="--a", op="gt", value="1"))
    result = run(definition, {"A": "--a=many"})
    assert (result.state, result.cause) == ("FAIL", "unreadable")
    assert result.expected == "Invalid Number(s) used for comparison: 'many' '1'"
    both = check(TestItem(flag="--a", op="gt", value="1"), TestItem(flag="--b"))
    assert run(both, {"A": "--a=many"}).cause == "evaluated"


# Groups, selection, order.
def group(number, *checks, **fields):
    return Group(id=number, checks=checks, **fields)


ONE = bare(id="1.1.1", text="one", remediation="fix")
TWO = bare(id="1.1.2", text="two", scored=False)
THREE = bare(id="1.2.1", text="three")
CONTROLS = Controls(
    id="1",
    type="node",
    groups=(group("1.1", ONE, TWO, text="first"), group("1.2", THREE), group("1.1", THREE, text="again")),
)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), {"1.1": ["1.1.1", "1.1.2", "1.2.1"], "1.2": ["1.2.1"]}),
        (Selection(checks=frozenset({"1.1.2"})), {"1.1": ["1.1.2"]}),
        (Selection(groups=frozenset({"1.2"})), {"1.2": ["1.2.1"]}),
        (Selection(groups=frozenset({"1"})), {}),
        (Selection(scored=False), {"1.1": ["1.1.2"]}),
        (Selection(unscored=False), {"1.1": ["1.1.1", "1.2.1"], "1.2": ["1.2.1"]}),
    ],
)
def test_selection(selection, expected):
    found = evaluate([CONTROLS], {}, selection).controls[0].groups
    assert {each.id: [one.id for one in each.checks] for each in found} == expected


def test_groups_with_one_number_are_one_under_the_first_title():
    groups = evaluate([CONTROLS], {}).controls[0].groups
    assert [(each.id, each.text, each.counts.total) for each in groups] == [
        ("1.1", "first", 3),
        ("1.2", "", 1),
    ]


def test_counts_add_up():
    run_of_all = evaluate([CONTROLS], {})
    assert run_of_all.counts.total == 4
    assert run_of_all.counts == run_of_all.controls[0].counts


def test_controls_are_sorted_by_number():
    names = ["10", "2", "x", "-1", "1"]
    judged = evaluate([Controls(id=name) for name in names], {})
    assert [each.id for each in judged.controls] == ["-1", "x", "1", "2", "10"]


def test_remediation_is_kept_as_test_info():
    result = evaluate([CONTROLS], {}).controls[0].groups[0].checks[0]
    assert (result.remediation, result.test_info) == ("fix", ("fix",))


def test_each_script_is_needed_once():
    checks = [check(FLAG, id=str(number), audit="same", audit_config=f"c{number % 2}") for number in range(6)]
    assert needed_scripts([Controls(groups=(group("1", *checks),))]) == ["same", "c0", "c1"]
    chosen = Selection(checks=frozenset({"1"}))
    assert needed_scripts([Controls(groups=(group("1", *checks),))], chosen) == ["same", "c1"]


def test_judging_asks_for_exactly_the_needed_scripts():
    asked = []

    class Outputs(dict):
        def get(self, script, default=None):
            asked.append(script)
            return CommandOutput(output="x")

    definition = check(EVERYWHERE, audit_config="C", audit_env="E")
    controls = [Controls(groups=(group("1", definition, bare(), check(FLAG, type="manual", audit="M")),))]
    evaluate(controls, Outputs())
    assert sorted(asked) == sorted(needed_scripts(controls)) == ["A", "C", "E"]


def test_recorded_outputs_are_judged_again_without_the_node():
    definition = check(EVERYWHERE, audit_config="C", audit_env="E")
    outputs = {
        "A": CommandOutput(output="\x00\ufffd é"),
        "C": CommandOutput(output="a: 1"),
        "E": CommandOutput(),
    }
    recorded = msgspec.json.encode(NodeFacts(hostname="n", commands=outputs))
    again = msgspec.json.decode(recorded, type=NodeFacts).commands
    assert again == outputs
    assert run(definition, again) == run(definition, outputs)


TEXT = st.text(alphabet='ab-=: \n{}[]".*1', max_size=30)
ITEMS = st.builds(
    TestItem,
    flag=TEXT,
    env=TEXT,
    path=TEXT,
    set=st.booleans(),
    op=st.sampled_from(["", "unheard", *OPERATORS]),
    value=TEXT,
)
CHECKS = st.builds(
    Check,
    id=st.just("1"),
    audit=st.sampled_from(["", "A"]),
    audit_config=st.sampled_from(["", "C"]),
    audit_env=st.sampled_from(["", "E"]),
    type=st.sampled_from(["", "manual", "skip", "odd"]),
    tests=st.none()
    | st.builds(
        Tests, bin_op=st.sampled_from(["", "and", "or", "nor"]), items=st.lists(ITEMS, max_size=3).map(tuple)
    ),
    scored=st.booleans(),
    multiple=st.booleans(),
)
OUTPUTS = st.builds(
    CommandOutput, output=st.text(max_size=40) | TEXT, exit_code=st.sampled_from([0, 0, 1, 127, None])
)


@given(CHECKS, st.dictionaries(st.sampled_from("ACE"), OUTPUTS), st.booleans())
def test_judging_never_raises(definition, outputs, strict):
    result = run(definition, outputs, strict=strict)
    assert result.state in ("PASS", "FAIL", "WARN", "INFO")
    assert not (
        result.state == "PASS"
        and any(
            outputs.get(s, CommandOutput(exit_code=1)).exit_code is None
            for s in (definition.audit, definition.audit_env)
            if s
        )
    )


@pytest.mark.parametrize(("strict", "state"), [(False, "WARN"), (True, "PASS")])
def test_script_with_a_variable_that_stands_for_nothing_never_passes(strict, state):
    found = run(check(ABSENT, missing=("fooconf", "foobin")), {"A": ""}, strict=strict)
    assert (found.state, found.reason) == (
        state,
        "" if strict else "there is no variable $fooconf, $foobin",
    )
    assert run(check(FLAG, missing=("fooconf",)), {"A": ""}).state == "FAIL"
