"""`trueline linux-bench` has linux-bench's flags, text, JSON and exit codes."""

import json
import os

import pytest

from tests.kubebench.folder import Node
from trueline.cli.linuxbench import call

DEFINITIONS = """\
---
controls:
id: 1
description: Host
type: master
groups:
- id: 1.1
  description: Files
  checks:
  - id: 1.1.1
    description: mode of the table
    audit: stat -c %a /etc/table
    tests: {test_items: [{flag: "644", compare: {op: eq, value: "644"}}]}
    remediation: chmod 644 /etc/table
    scored: true
  - id: 1.1.2
    description: by distribution
    sub_checks:
    - check:
        audit: echo never
        constraints: {platform: [debian]}
        tests: {test_items: [{flag: never}]}
        remediation: apt
    - check:
        audit: echo value=2
        constraints: {platform: [rhel9]}
        tests: {test_items: [{flag: value, compare: {op: eq, value: "1"}}]}
        remediation: dnf
    scored: true
  - {id: 1.1.3, description: by hand, type: manual, remediation: look}
- id: 1.2
  description: Elsewhere
  constraints: {platform: [debian]}
  checks:
  - {id: 1.2.1, description: other, audit: echo a, scored: true, remediation: r,
     tests: {test_items: [{flag: a}]}}
"""
TEXT = """\
[INFO] 1 Host
[INFO] 1.1 Files
[PASS] 1.1.1 mode of the table
[FAIL] 1.1.2 by distribution
[WARN] 1.1.3 by hand
[INFO] 1.2 Elsewhere
[INFO] 1.2.1 other

== Remediations ==
1.1.2 dnf
1.1.3 look
1.2.1 r

== Summary ==
1 checks PASS
1 checks FAIL
1 checks WARN
1 checks INFO
"""


@pytest.fixture
def bench(tmp_path, capsys):
    node = Node(tmp_path / "node")
    node.write("/etc/os-release", "ID=rhel\nVERSION_ID=9.4\n")
    node.write("/etc/table", "a", 0o644)
    (tmp_path / "cfg" / "2.0.0").mkdir(parents=True)
    (tmp_path / "cfg" / "2.0.0" / "definitions.yaml").write_text(DEFINITIONS)

    def run(*words):
        status = call(["-D", str(tmp_path / "cfg"), "--root", str(node.root), *words])
        out, err = capsys.readouterr()
        return status, out, err

    run.folder = tmp_path / "cfg"
    return run


def test_text(bench):
    status, out, err = bench()
    assert (status, out) == (0, TEXT)
    assert "Red_hat_enterprise_linux_9; 2.0.0 is taken" in err


def test_text_in_parts(bench):
    head, remediations, summary = TEXT.split("\n\n")
    assert bench("--noresults", "--nosummary")[1] == f"{remediations}\n\n"
    assert bench("--noremediations")[1] == f"{head}\n\n{summary}"
    assert "\t value=2\n" in bench("--include-test-output")[1]


def test_json_has_the_keys_in_their_order(bench):
    status, out, _ = bench("--json")
    document = json.loads(out)
    assert status == 0
    assert list(document) == [
        "id",
        "text",
        "tests",
        "total_pass",
        "total_fail",
        "total_warn",
        "total_info",
        "DefinedConstraints",
    ]
    assert document["DefinedConstraints"] == {"platform": ["rhel9"]}
    first, second = document["tests"]
    assert list(first) == [
        "section",
        "desc",
        "Constraints",
        "type",
        "results",
        "pass",
        "fail",
        "warn",
        "info",
    ]
    assert second["Constraints"] == {"platform": ["debian"]}
    plain, divided, _ = first["results"]
    assert list(plain) == [
        "test_number",
        "test_desc",
        "SubChecks",
        "audit_type",
        "audit",
        "type",
        "test_info",
        "status",
        "actual_value",
        "expected_result",
        "scored",
        "IsMultiple",
    ]
    assert (plain["audit"], plain["SubChecks"], plain["actual_value"]) == (
        "stat -c %a /etc/table",
        None,
        "644",
    )
    assert [part["audit"] for part in divided["SubChecks"]] == ["echo never", "echo value=2"]
    assert (divided["status"], divided["test_info"]) == ("FAIL", ["dnf"])


def test_json_into_a_file(bench, tmp_path):
    status, out, _ = bench("--json=true", "--outputfile", str(tmp_path / "out.json"))
    assert (status, out) == (0, "")
    assert json.loads((tmp_path / "out.json").read_text())["total_fail"] == 1


def test_chosen_checks_are_judged_wherever_they_belong(bench):
    document = json.loads(bench("-c", "1.2.1,1.1.1", "--json")[1])
    assert [[one["status"] for one in group["results"]] for group in document["tests"]] == [
        ["PASS"],
        ["PASS"],
    ]


def test_folder_of_the_distribution_goes_first(bench):
    own = bench.folder / "Red_hat_enterprise_linux_9"
    own.mkdir()
    (own / "definitions.yaml").write_text("id: 9\ndescription: Own\ngroups: []\n")
    assert bench()[1].startswith("[INFO] 9 Own\n")
    assert bench("--version", "2.0.0")[1] == TEXT


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--exit-code", "4"], 4),
        (["-c", "1.1.1", "--exit-code", "4"], 0),
        (["--version", "9.9"], 1),
        (["--version", "../cfg/2.0.0"], 1),
        (["-c", "1.1.1", "-g", "1.1"], 1),
        (["--json", "--outputfile", "/nowhere/out"], 1),
        (["--nope"], 2),
        (["--json=perhaps"], 2),
        (["run"], 2),
        (["-v", "3", "--logtostderr"], 0),
        (["--help"], 0),
    ],
)
def test_exit_status(bench, words, status):
    assert bench(*words)[0] == status


@pytest.mark.parametrize(
    "text",
    [
        "groups: [",
        "groups: [{checks: [{audit: {a: b}}]}]",
        "groups: [{id: 1, checks: [{id: a, tests: {test_items: [{flag: '('}]}}]}]",
        "\0",
        "[" * 2000,
        "a: &a [*a]",
    ],
)
def test_hostile_definitions_are_an_error_with_their_file(bench, text):
    (bench.folder / "2.0.0" / "definitions.yaml").write_text(text)
    status, out, err = bench()
    assert (status, out) == (1, "")
    assert "definitions.yaml" in err
    assert "Traceback" not in err


def test_same_numbers_twice_are_printed(bench):
    group = "{id: '1', description: a, checks: [{id: '1', audit: echo a}, {id: '1', type: skip}]}"
    (bench.folder / "2.0.0" / "definitions.yaml").write_text(f"groups: [{group}, {group}]\n")
    document = json.loads(bench("--json")[1])
    assert [len(one["results"]) for one in document["tests"]] == [2, 2]


def test_fifo_and_missing_folder(bench, tmp_path):
    path = bench.folder / "2.0.0" / "definitions.yaml"
    path.unlink()
    os.mkfifo(path)
    assert bench()[0] == 1
    assert call(["-D", str(tmp_path / "none")]) == 1


def test_report_and_policy_work_on_it(bench, tmp_path):
    report = tmp_path / "report.json"
    assert bench("--report", str(report))[0] == 0
    outcomes = {one["number"]: one["outcome"] for one in json.loads(report.read_text())["results"]}
    assert outcomes == {"1.1.1": "pass", "1.1.2": "fail", "1.1.3": "notchecked", "1.2.1": "notapplicable"}
