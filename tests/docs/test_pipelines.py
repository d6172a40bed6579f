"""The sample pipelines work: their steps run here against a cluster that a fake kubectl plays (W58)."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml

from tests.policies import HEAD, assessment, live, result, text

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
SCRIPT = EXAMPLES / "audit-job.sh"
HASH_OR_VERSION = re.compile(r"@(v\d+|[0-9a-f]{40})$")
KUBECTL = f"""#!{sys.executable}
import json, os, sys
from pathlib import Path

home = Path(os.environ["FAKE_CLUSTER"])
plan = json.loads((home / "plan.json").read_text())
words = sys.argv[1:]
with (home / "calls").open("a") as calls:
    calls.write(json.dumps(words) + "\\n")
verb, line = words[0], " ".join(words)
if verb == "create":
    if plan.get("refused"):
        sys.exit("Error from server (AlreadyExists): jobs.batch exists")
    (home / "job").write_text("x")
    print("trueline trueline-audit", end="")
elif not (home / "job").exists():
    sys.exit("Error from server (NotFound)")
elif verb == "get" and "pods" in words:
    print(plan.get("code", ""), end="")
elif verb == "get":
    asked = home / "asked"
    count = int(asked.read_text()) if asked.exists() else 0
    asked.write_text(str(count + 1))
    print(plan.get("state", "") if count >= plan.get("after", 0) else "", end="")
elif verb == "logs":
    if "log" not in plan:
        sys.exit("Error from server (BadRequest): container is waiting to start: ContainerCreating")
    sys.stdout.write(plan["log"])
elif verb == "describe":
    print("Events: FailedMount")
elif verb == "delete":
    if plan.get("stays"):
        sys.exit("Error from server (Forbidden)")
    (home / "job").unlink()
else:
    sys.exit("what?")
"""
GOOD = result(outcome="pass")


@pytest.fixture
def cluster(tmp_path):
    """Plays a cluster; call it with what should happen there."""
    home, programs = tmp_path / "cluster", tmp_path / "bin"
    home.mkdir()
    programs.mkdir()
    kubectl = programs / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o755)
    (programs / "trueline").symlink_to(Path(sys.executable).parent / "trueline")

    def plan(**given):
        (home / "plan.json").write_text(json.dumps(given))
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "FAKE_CLUSTER": str(home), "AUDIT_PAUSE": "0.05"}

    plan.home = home
    return plan


def report(*results, **fields):
    return msgspec.json.format(msgspec.json.encode(assessment(*results, **fields)), indent=2).decode() + "\n"


def audit(environment, directory, **more):
    return subprocess.run(
        [SCRIPT, "job.yaml", directory],
        capture_output=True,
        check=False,
        text=True,
        env={**environment, **more},
        timeout=60,
    )


def calls(cluster):
    return [json.loads(line) for line in (cluster.home / "calls").read_text().splitlines()]


@pytest.mark.parametrize(
    ("state", "code"),
    [("Complete", 0), ("SuccessCriteriaMet Complete", 0), ("FailureTarget Failed", 1), ("Failed", 3)],
)
def test_w58_the_script_fetches_the_report_and_deletes_the_job(cluster, tmp_path, state, code):
    log = f"hint: something on standard error\n{report(GOOD)}hint: and after it\n"
    out = tmp_path / "out"
    done = audit(cluster(state=state, after=2, log=log, code=str(code)), out)
    assert done.returncode == code, done.stderr
    assert json.loads((out / "report.json").read_text())["schema"] == "trueline.dev/assessment/v1"
    assert (out / "job.log").read_text() == log
    assert "FailedMount" in (out / "job.txt").read_text()
    assert not (cluster.home / "job").exists()
    assert all(words[1:3] == ["--namespace", "trueline"] for words in calls(cluster)[1:])


@pytest.mark.parametrize(
    ("plan", "more", "status", "words"),
    [
        ({"refused": True}, {}, 2, "could not be created"),
        ({"state": ""}, {"AUDIT_TIMEOUT": "1"}, 124, "did not end within 1 seconds"),
        ({"state": "Failed"}, {}, 2, "has no log"),
        (
            {"state": "Failed", "log": "error: there is no benchmark 'x'\n", "code": "2"},
            {},
            2,
            "no benchmark 'x'",
        ),
        ({"state": "Failed", "log": report(GOOD)[:-20], "code": "1"}, {}, 2, "without a whole report"),
        ({"state": "Failed", "log": report(GOOD), "code": "137"}, {}, 2, "ended with 137"),
        ({"state": "Failed", "log": report(GOOD), "code": ""}, {}, 2, "ended with no status"),
    ],
)
def test_w9_w58_a_failed_run_is_no_report_and_leaves_no_job(cluster, tmp_path, plan, more, status, words):
    out = tmp_path / "out"
    done = audit(cluster(**plan), out, **more)
    assert done.returncode == status, done.stderr
    assert words in done.stderr
    assert not (cluster.home / "job").exists()
    assert ("delete" in [words[0] for words in calls(cluster)]) is ("refused" not in plan)


def test_w58_an_interrupted_script_deletes_the_job(cluster, tmp_path):
    script = subprocess.Popen(
        [SCRIPT, "job.yaml", tmp_path / "out"], env=cluster(state=""), stderr=subprocess.PIPE, text=True
    )
    assert "runs in trueline" in script.stderr.readline()
    script.terminate()
    script.communicate(timeout=30)
    assert script.returncode == 143
    assert not (cluster.home / "job").exists()


def test_w58_a_job_that_stays_is_an_error(cluster, tmp_path):
    done = audit(cluster(state="Complete", log=report(GOOD), code="0", stays=True), tmp_path / "out")
    assert done.returncode == 2
    assert "delete job/trueline-audit yourself" in done.stderr


def test_an_old_report_is_not_taken_for_a_new_one(cluster, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text("{}")
    audit(cluster(refused=True), out)
    assert not (out / "report.json").exists()


WORKFLOW = yaml.load((EXAMPLES / "github-workflow.yaml").read_text(), Loader=yaml.BaseLoader)
GITLAB = yaml.load((EXAMPLES / "gitlab-ci.yaml").read_text(), Loader=yaml.BaseLoader)
STEPS = WORKFLOW["jobs"]["audit"]["steps"]


def test_w58_the_workflow_is_well_formed():
    assert set(WORKFLOW) <= {"name", "on", "permissions", "concurrency", "jobs", "env"}
    assert {"workflow_dispatch", "schedule"} <= set(WORKFLOW["on"])
    assert [one["cron"] for one in WORKFLOW["on"]["schedule"]] == ["15 3 * * 1"]
    assert WORKFLOW["permissions"] == {"contents": "read", "security-events": "write"}
    job = WORKFLOW["jobs"]["audit"]
    assert int(job["timeout-minutes"]) * 60 > int(job["env"]["AUDIT_TIMEOUT"])
    for step in STEPS:
        assert ("uses" in step) != ("run" in step)
        assert set(step) <= {"name", "uses", "run", "with", "env", "if", "id"}
        if "uses" in step:
            assert HASH_OR_VERSION.search(step["uses"])
        else:
            assert "${{" not in step["run"]  # what comes from outside comes by a variable, never as code
            subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)
    (upload,) = [step for step in STEPS if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "always()"


def test_w58_the_gitlab_job_is_well_formed():
    job = GITLAB["cluster-audit"]
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"] in (part for part in job["script"][1].split())
    for line in (*job["before_script"], *job["script"]):
        subprocess.run(["sh", "-n"], input=line, text=True, check=True)


@pytest.fixture
def checkout(tmp_path):
    """The repository as a pipeline sees it, with a policy."""
    place = tmp_path / "checkout"
    (place / "docs").mkdir(parents=True)
    shutil.copytree(EXAMPLES, place / "docs" / "examples")
    (place / "policy").mkdir()
    (place / "policy" / "owners.yaml").write_text('owners: {"*": platform}\n')
    return place


def shell(program, code, place, environment):
    return subprocess.run(
        [*program, code], cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def github(cluster, place, **plan):
    """Runs the workflow's own steps as GitHub does; the status of the first that fails, else 0."""
    environment = {
        **cluster(**plan),
        **WORKFLOW["jobs"]["audit"]["env"],
        "MANIFEST": "job.yaml",
        "GITHUB_STEP_SUMMARY": str(place / "summary.md"),
    }
    for step in STEPS:
        if step.get("name") in ("Audit", "Gate"):
            done = shell(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"], step["run"], place, environment
            )
            if done.returncode:
                return done.returncode
    return 0


FAILED = result(rule="apiserver-kubelet-certificate-authority-set")


@pytest.mark.parametrize(
    ("plan", "waivers", "status"),
    [
        ({"state": "Complete", "log": report(GOOD), "code": "0"}, [], 0),
        ({"state": "Failed", "log": report(GOOD, FAILED), "code": "1"}, [], 1),
        ({"state": "Failed", "log": report(GOOD, FAILED), "code": "1"}, [live(check="1.2.5")], 0),
        ({"state": "Failed", "log": report(GOOD, result(outcome="error")), "code": "3"}, [], 3),
        ({"state": "Failed", "log": "error: x\n", "code": "2"}, [], 2),
    ],
)
def test_w58_the_steps_of_the_workflow_run(cluster, checkout, plan, waivers, status):
    (checkout / "policy" / "waivers.yaml").write_text(text(*waivers))
    assert github(cluster, checkout, **plan) == status
    if status != 2:
        assert "## Gate: " in (checkout / "summary.md").read_text()
        assert (checkout / "results" / "gate.github.sarif").exists()
    assert not (cluster.home / "job").exists()


def test_w43_w58_the_workflow_takes_a_baseline(cluster, checkout):
    plan = {"state": "Failed", "log": report(GOOD, FAILED), "code": "1"}
    assert github(cluster, checkout, **plan) == 1
    made = shell(
        ["bash", "-c"],
        "trueline baseline create results/report.json -o policy/baseline.json",
        checkout,
        cluster(**plan),
    )
    assert made.returncode == 0
    assert github(cluster, checkout, **plan) == 0


@pytest.mark.parametrize("code", [0, 1])
def test_w58_the_steps_of_the_gitlab_job_run(cluster, checkout, code):
    results = [GOOD, FAILED] if code else [GOOD]
    environment = {**cluster(state="Failed", log=report(*results), code=str(code)), "MANIFEST": "job.yaml"}
    script = "set -e\n" + "\n".join(GITLAB["cluster-audit"]["script"])
    done = shell(["sh", "-c"], script, checkout, environment)
    assert done.returncode == code, done.stderr
    assert (checkout / "results" / "gate.xml").exists()


def test_w1_an_audit_that_did_not_pin_its_benchmark_stops_the_pipeline(cluster, checkout):
    log = report(GOOD, benchmark=msgspec.structs.replace(HEAD, pinned=False))
    assert github(cluster, checkout, state="Complete", log=log, code="0") == 2
