"""`trueline gate` and `baseline` as a pipeline calls them."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest

from tests.policies import HEAD, TODAY, assessment, live, result, text
from trueline.model.schemas import schema

PASS = result("1.1.1", "pass")


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "trueline", *map(str, words)],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
        timeout=60,
    )


@pytest.fixture
def write(tmp_path):
    def save(name, content):
        path = tmp_path / name
        data = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
        path.write_bytes(data)
        return path

    return save


ACCEPTED = live(check="1.2.5")
EXPIRED = {**ACCEPTED, "created": "2025-01-01", "expires": "2025-06-30"}
PROVIDERS = result("1.1.9", "notchecked", disposition="provider-owned")
PROOF = [{"url": "https://provider.example/", "date": "2026-01-01"}]
FAIL_UNPROVEN = {"gate": {"provider_without_evidence": "fail"}}


@pytest.mark.parametrize(
    ("given", "waivers", "fields", "words", "status"),
    [
        (result(outcome="pass"), [], {}, [], 0),
        (result(), [], {}, [], 1),
        (result(), [ACCEPTED], {}, [], 0),
        (result(), [EXPIRED], {}, [], 1),
        (result(), [ACCEPTED], {}, ["--on", str(TODAY + timedelta(days=91))], 1),
        (result(), [ACCEPTED], {}, ["--strict"], 1),
        (result(outcome="pass"), [], {}, ["--strict"], 0),
        (result(outcome="error"), [], {}, [], 3),
        (result(outcome="error"), [ACCEPTED], {}, [], 0),
        (result(automated=False, disposition="informational"), [], {}, [], 0),
        (result(outcome="notchecked", disposition="informational"), [], {}, [], 0),
        (PROVIDERS, [], {}, [], 0),
        (PROVIDERS, [], {"settings": FAIL_UNPROVEN}, [], 1),
        (
            PROVIDERS,
            [live(check="1.1.9", evidence=PROOF, **{"class": "provider-owned"})],
            {"settings": FAIL_UNPROVEN},
            [],
            0,
        ),
        (result(), [ACCEPTED], {"settings": {"gate": {"unowned": "fail"}}}, [], 0),
        (
            result(automated=False, disposition="informational"),
            [],
            {"settings": {"gate": {"unowned": "fail"}}},
            [],
            1,
        ),
    ],
)
def test_w41_w42_exit_status(write, given, waivers, fields, words, status):
    document = write("run.json", assessment(PASS, given))
    policy = write("policy.yaml", text(*waivers, **fields))
    done = run("gate", document, "--policy", policy, *words)
    assert done.returncode == status, done.stderr
    verdict = {0: "PASS", 1: "FAIL", 3: "INCOMPLETE"}[status]
    assert done.stdout.startswith(f"Gate: {verdict} on ")


def test_w42_strict_agrees_with_the_lines_of_the_text_report(write, tmp_path):
    document = write("run.json", assessment(PASS, result()))
    failures = [line for line in run("gate", document).stdout.splitlines() if line.startswith("[FAIL]")]
    assert failures == ["[FAIL] 1.2.5 t (prod-eu/cp-1, kube-apiserver, no owner, medium)"]


def test_w43_w48_a_baseline_tells_new_failures_from_known_ones(write, tmp_path):
    known = tmp_path / "baseline.json"
    first = write("first.json", assessment(PASS, result(), result("1.2.6", "pass")))
    made = run("baseline", "create", first, "-o", known)
    assert (made.returncode, made.stdout) == (0, "")
    jsonschema.validate(json.loads(known.read_text()), schema("baseline"))
    assert run("gate", first, "--baseline", known).returncode == 0
    second = write("second.json", assessment(PASS, result(), result("1.2.6")))
    done = run("gate", second, "--baseline", known)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    new = lines.index("New failures:")
    assert lines[new + 1].startswith("[FAIL] 1.2.6 ")
    assert "Known failures, in the baseline: 1 (1.2.5)" in lines


def test_w45_fewer_checks_than_the_baseline_has_is_incomplete(write, tmp_path):
    known = tmp_path / "baseline.json"
    run("baseline", "create", write("first.json", assessment(PASS, result())), "-o", known)
    done = run("gate", write("second.json", assessment(PASS)), "--baseline", known)
    assert done.returncode == 3
    assert "1.2.5 of cis-1.12 on prod-eu/cp-1 were not looked at" in done.stdout


def test_w45_no_baseline_of_what_was_not_decided(write, tmp_path):
    known = tmp_path / "baseline.json"
    done = run("baseline", "create", write("a.json", assessment(PASS, result(outcome="error"))), "-o", known)
    assert done.returncode == 3
    assert not known.exists()


@pytest.mark.parametrize(("words", "status"), [([], 2), (["--allow-auto"], 0)])
def test_w1_a_benchmark_that_facts_chose_is_refused(write, words, status):
    chosen = assessment(PASS, benchmark=msgspec.structs.replace(HEAD, pinned=False))
    done = run("gate", write("run.json", chosen), *words)
    assert done.returncode == status
    assert ("was not named" in done.stderr) is (status == 2)


def test_w29_without_a_policy_the_scans_own_exceptions_end(write, tmp_path):
    from tests.policies import policy
    from trueline.assess import with_policy
    from trueline.model.policy import Applied

    scanned = with_policy(assessment(PASS, result()), Applied(policy=policy(ACCEPTED)), on=TODAY)
    file = write("run.json", scanned)
    assert run("gate", file).returncode == 0
    assert run("gate", file, "--on", TODAY + timedelta(days=91)).returncode == 1


def test_several_benchmarks_in_one_file_are_all_judged(write):
    other = assessment(
        PASS, result(), benchmark=msgspec.structs.replace(HEAD, id="cis-debian-12", version="1.1.0")
    )
    both = msgspec.structs.replace(assessment(PASS), further=(other,))
    done = run("gate", write("run.json", both))
    assert done.returncode == 1
    assert "because: 1 required failure\n" in done.stdout


def test_json_has_all_and_fits_its_schema(write):
    policy = write("policy.yaml", text(live(check="1.2.7"), owners={"*": "ops"}))
    done = run("gate", write("run.json", assessment(PASS, result())), "--policy", policy, "--format", "json")
    found = json.loads(done.stdout)
    jsonschema.validate(found, schema("gate"))
    assert (found["verdict"], found["exit_code"], found["failures"][0]["owner"]) == ("fail", 1, "ops")
    assert found["idle"][0]["state"] == "unused"
    assert found["policy"]["digest"].startswith("sha256:")


def test_markdown_is_a_table(write):
    done = run("gate", write("run.json", assessment(PASS, result(title="a|b"))), "--format", "markdown")
    assert "## Gate: FAIL" in done.stdout
    assert r"| 1.2.5 a\|b \[cis-1.12\] | kube-apiserver | no owner | medium | r |" in done.stdout


def test_junit_skips_what_is_known(write, tmp_path):
    known, report = tmp_path / "baseline.json", tmp_path / "report.xml"
    first = write("first.json", assessment(PASS, result()))
    run("baseline", "create", first, "-o", known)
    second = write("second.json", assessment(PASS, result(), result("1.2.6")))
    words = ("--format", "junit", "-o", report)
    assert run("gate", second, "--baseline", known, *words).returncode == 1
    root = ET.parse(report).getroot()
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("3", "1", "1")


@pytest.mark.parametrize(
    ("format_", "words"),
    [
        ("sarif", '"version": "2.1.0"'),
        ("sarif-github", '"version": "2.1.0"'),
        ("github-annotations", "::error title=1.2.5 t::"),
    ],
)
def test_formats_for_pipelines(write, format_, words):
    done = run("gate", write("run.json", assessment(PASS, result())), "--format", format_)
    assert done.returncode == 1
    assert words in done.stdout
    assert done.stderr.startswith("Gate: FAIL")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "{", "not an assessment"),
        ("a.json", '{"schema": "trueline.dev/drift/v1"}', "not an assessment"),
    ],
)
def test_what_is_no_assessment_is_refused(write, name, content, words):
    done = run("gate", write(name, content))
    assert done.returncode == 2
    assert words in done.stderr


def test_a_broken_baseline_is_refused(write):
    done = run("gate", write("a.json", assessment(PASS)), "--baseline", write("b.json", '{"schema": 1}'))
    assert done.returncode == 2
    assert "not a baseline" in done.stderr


def test_the_same_run_twice_is_refused(write):
    one = assessment(PASS)
    done = run("gate", write("a.json", one), write("b.json", one))
    assert done.returncode == 2
    assert "two assessments of cis-1.12" in done.stderr


@pytest.mark.parametrize("command", [("gate",), ("baseline", "create")])
def test_results_that_are_not_those_counted_are_refused(write, command):
    whole = assessment(result("1.2.5", "fail"), PASS)
    torn = {
        "taken out": msgspec.structs.replace(whole, results=(PASS,)),
        "none": msgspec.structs.replace(whole, results=()),
        "turned": msgspec.structs.replace(whole, results=(result("1.2.5", "pass"), PASS)),
        "lifted": msgspec.structs.replace(
            whole, results=(result("1.2.5", "fail", disposition="waived", waiver="W"), PASS)
        ),
    }
    for name, one in torn.items():
        for further in (one, msgspec.structs.replace(assessment(PASS), further=(one,))):
            done = run(*command, write("run.json", further))
            assert (done.returncode, done.stdout) == (2, ""), name
            assert "not those that it counts" in done.stderr
    assert run("gate", write("run.json", whole)).returncode == 1


def test_a_run_of_a_part_is_not_taken_for_the_whole(tmp_path):
    from tests.node_tree import NodeTree

    NodeTree(tmp_path / "root").component("kube-apiserver", "--profiling=false")
    file = tmp_path / "run.json"
    words = ("--root", tmp_path / "root", "--benchmark", "cis-1.12", "--only", "1.2.15", "--no-progress")
    for name in ("scan", "gate"):
        call = ("scan", *words, "--format", "json", "-o", file) if name == "scan" else ("gate", file)
        done = subprocess.run(
            [sys.executable, "-m", "trueline", *map(str, call)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    assert "was limited to 1.2.15 of cis-1.12: the rest was not judged" in done.stderr
    assert json.loads(file.read_text())["benchmark"]["only"] == ["1.2.15"]
