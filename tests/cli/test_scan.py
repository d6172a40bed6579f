"""The command line as a user runs it: a process, its output, its exit status."""

import csv
import json
import os
import pty
import subprocess
import sys

import pytest

from tests.collect.apiserver import serve
from tests.node_tree import NodeTree
from tests.policies import live, text

TRUELINE = [sys.executable, "-m", "trueline"]


def run(*words, **given):
    environment = {**os.environ, "COLUMNS": "200", **given.pop("env", {})}
    environment.pop("KUBECONFIG", None)
    return subprocess.run(
        [*TRUELINE, *map(str, words)],
        capture_output=True,
        check=False,
        text=True,
        env=environment,
        timeout=60,
        **given,
    )


@pytest.fixture
def node(tmp_path):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver", "--profiling=true")
    return tree


def test_json_is_the_assessment_and_findings_end_with_1(node):
    done = run("scan", "--root", node.root, "--benchmark", "cis-1.12", "--only", "1.2.15", "--format", "json")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "trueline.dev/assessment/v1"
    (result,) = document["results"]
    assert (result["number"], result["target"], result["outcome"]) == ("1.2.15", "master", "fail")
    assert {*result["evidence"][0]} == {"fact", "source", "observed", "expected"}
    assert "--profiling=false" in result["remediation"]
    assert set(document["benchmark"]) >= {"id", "title", "version", "digest"}


@pytest.mark.parametrize(
    ("words", "variables"), [(["--node-name", "worker-7"], {}), ([], {"TRUELINE_NODE_NAME": "worker-7"})]
)
def test_a_pod_can_say_what_its_node_is_called(node, words, variables):
    only = ("--benchmark", "cis-1.12", "--only", "1.2.15", "--format", "json")
    done = run("scan", "--root", node.root, *only, *words, env=variables)
    assert json.loads(done.stdout)["target"]["name"] == "worker-7", done.stderr


@pytest.mark.parametrize(
    ("flags", "only", "status"),
    [
        (["--profiling=false"], "1.2.15", 0),
        (["--profiling=true"], "1.2.15", 1),
        (["--profiling=maybe"], "1.2.15", 3),
        ([], "1.2.1", 0),  # fails, but the recommendation is manual: a person looks at it
    ],
)
def test_exit_status(tmp_path, flags, only, status):
    tree = NodeTree(tmp_path)
    tree.component("kube-apiserver", *flags)
    done = run("scan", "--root", tmp_path, "--benchmark", "cis-1.12", "--only", only)
    assert done.returncode == status, done.stdout + done.stderr


def test_a_run_in_which_nothing_applies_is_incomplete(tmp_path):
    NodeTree(tmp_path)
    assert run("scan", "--root", tmp_path, "--benchmark", "cis-1.12").returncode == 3


def test_a_machine_without_kubernetes_is_told_what_to_do(tmp_path):
    NodeTree(tmp_path)
    done = run("scan", "--root", tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "hint:" in done.stderr
    assert "--snapshot" in done.stderr


def test_the_example_is_judged_where_nothing_runs_and_it_says_so(tmp_path):
    NodeTree(tmp_path)
    page = tmp_path / "report.html"
    done = run("scan", "--root", tmp_path, "--or-example", "-o", "-", "-o", page)
    assert done.returncode == 1
    assert "recorded example" in done.stdout
    assert "[FAIL] 1.2.15" in done.stdout
    assert "[WARN] 5.1.1" in done.stdout
    assert page.read_text().startswith("<!doctype html>")
    assert str(page) in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["scan", "--benchmark", "cis-1.99"], "there is no benchmark 'cis-1.99'"),
        (["scan", "--root", "/nowhere"], "/nowhere is not a directory"),
        (["scan", "--snapshot", "/nowhere.json"], "/nowhere.json"),
        (["scan", "--policy", "/nowhere.yaml"], "/nowhere.yaml"),
        (["scan", "--snapshot", "x", "--kubeconfig", "y"], "can't be combined"),
        (["rules", "show", "nothing"], "there is no rule 'nothing'"),
        (["benchmarks", "show", "nothing"], "there is no benchmark 'nothing'"),
    ],
)
def test_mistakes_end_with_2_and_a_hint(words, message):
    done = run(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", [["--only", "9.9"], ["--target", "nodes"]])
def test_selections_that_mean_nothing_are_refused(node, option):
    done = run("scan", "--root", node.root, "--benchmark", "cis-1.12", *option)
    assert done.returncode == 2
    assert option[1] in done.stderr


def test_several_formats_by_suffix(node, tmp_path):
    names = ["a.json", "a.csv", "a.md", "a.xml", "a.html", "a.txt"]
    outputs = [part for name in names for part in ("-o", tmp_path / name)]
    done = run("scan", "--root", node.root, "--benchmark", "cis-1.12", *outputs)
    assert done.returncode in (1, 3), done.stderr
    assert done.stdout == ""
    assert json.loads((tmp_path / "a.json").read_text())["results"]
    with (tmp_path / "a.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 131


def test_an_unknown_suffix_needs_a_format(node, tmp_path):
    words = ["scan", "--root", node.root, "--benchmark", "cis-1.12", "-o", tmp_path / "a.pdf"]
    done = run(*words)
    assert done.returncode == 2
    assert "--format" in done.stderr
    assert run(*words, "--format", "json").returncode in (1, 3)
    assert json.loads((tmp_path / "a.pdf").read_text())


def test_two_benchmarks_are_one_document_of_one_collection(node):
    done = run(
        "scan", "--root", node.root, "--benchmark", "cis-1.12", "--benchmark", "cis-2.0", "--format", "json"
    )
    first = json.loads(done.stdout)
    (second,) = first["further"]
    assert (first["benchmark"]["id"], second["benchmark"]["id"]) == ("cis-1.12", "cis-2.0")
    assert first["target"] == second["target"]


def test_two_benchmarks_are_two_files_where_a_format_holds_one(node, tmp_path):
    page = tmp_path / "r.html"
    words = ["scan", "--root", node.root, "--benchmark", "cis-1.12", "--benchmark", "cis-2.0"]
    done = run(*words, "-o", page, "-o", tmp_path / "{benchmark}.csv")
    names = {path.name for path in tmp_path.iterdir()} - {"node"}
    assert names == {"r.html", "r.cis-2.0.html", "cis-1.12.csv", "cis-2.0.csv"}, done.stderr


def test_collect_then_judge_gives_the_same_results(node, tmp_path):
    for name in ("node.json", "node.json.gz"):
        assert run("collect", "--root", node.root, "-o", tmp_path / name).returncode == 0
        recorded = run("scan", "--snapshot", tmp_path / name, "--benchmark", "cis-1.12", "--format", "json")
        live = run("scan", "--root", node.root, "--benchmark", "cis-1.12", "--format", "json")
        assert json.loads(recorded.stdout)["results"] == json.loads(live.stdout)["results"]


def test_another_root_asks_no_cluster_unless_it_is_named(node, tmp_path):
    with serve() as server:
        kubeconfig = server.kubeconfig(tmp_path)
        words = [
            "scan",
            "--root",
            node.root,
            "--benchmark",
            "cis-1.12",
            "--only",
            "5.1.1",
            "--format",
            "json",
        ]
        quiet = run(*words, env={"KUBECONFIG": kubeconfig})
        assert json.loads(quiet.stdout)["results"][0]["outcome"] == "unknown"
        assert not server.asked
        named = run(*words, "--kubeconfig", kubeconfig)
        assert json.loads(named.stdout)["results"][0]["outcome"] == "fail"
        assert {method for method, _ in server.asked} == {"GET"}


def test_waivers_keep_the_outcome_and_lift_the_exit_status(node, tmp_path):
    policy = tmp_path / "policy.yaml"
    waiver = live(id="W-1", check="1.2.15", observed="profiling: true")
    policy.write_text(text(waiver))
    words = ["scan", "--root", node.root, "--benchmark", "cis-1.12", "--only", "1.2.15", "--format", "json"]
    done = run(*words, "--policy", policy)
    (result,) = json.loads(done.stdout)["results"]
    assert (result["outcome"], result["disposition"], result["waiver"]) == ("fail", "waived", "W-1")
    assert done.returncode == 0
    policy.write_text(text({**waiver, "created": "2000-10-01", "expires": "2001-01-01"}))
    done = run(*words, "--policy", policy)
    assert done.returncode == 1
    assert json.loads(done.stdout)["entries"][0]["state"] == "expired"


def test_w39_several_files_are_one_policy_with_one_digest(node, tmp_path):
    words = ["scan", "--root", node.root, "--benchmark", "cis-1.12", "--only", "1.2.15", "--format", "json"]
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(text(live(check="1.2.15")))
    two.write_text("owners: {kube-apiserver: control}\n")
    found = json.loads(run(*words, "--policy", one, "--policy", two).stdout)
    assert (found["results"][0]["disposition"], found["results"][0]["owner"]) == ("waived", "control")
    assert found["policy"]["files"] == [str(one), str(two)]
    turned = json.loads(run(*words, "--policy", two, "--policy", one).stdout)
    assert turned["policy"]["digest"] == found["policy"]["digest"]


def test_w35_a_profile_that_asks_for_another_value_ends_an_exception(node, tmp_path):
    words = ["scan", "--root", node.root, "--benchmark", "cis-1.12", "--only", "1.2.17", "--format", "json"]
    (plain,) = json.loads(run(*words).stdout)["results"]
    policy, profile = tmp_path / "policy.yaml", tmp_path / "profile.yaml"
    policy.write_text(text(live(check="1.2.17", meaning=plain["meaning"])))
    profile.write_text(
        "id: longer\ntitle: Longer\nbenchmark: cis-1.12\n"
        "parameters: {apiserver-audit-log-maxage-sufficient: {days: '60'}}\n"
    )
    before = json.loads(run(*words, "--policy", policy).stdout)
    assert (before["entries"][0]["state"], before["results"][0]["disposition"]) == ("matched", "waived")
    after = json.loads(run(*words, "--policy", policy, "--profile", profile).stdout)
    assert (after["entries"][0]["state"], after["results"][0]["disposition"]) == ("needs-review", "required")


def test_w38_an_exception_to_what_is_critical_needs_an_approver(node, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(text(live(check="1.2.1", approver=None)))
    done = run("scan", "--root", node.root, "--benchmark", "cis-1.12", "--policy", policy)
    assert done.returncode == 2
    assert f"{policy}:6: EXC-1 has no approver, and 1.2.1 is critical" in done.stderr


@pytest.mark.parametrize(
    ("words", "status"), [([], 2), (["--allow-auto"], 0), (["--benchmark", "cis-1.12"], 0)]
)
def test_w1_a_pipeline_names_its_benchmark(node, words, status):
    done = run("scan", "--root", node.root, "--ci", *words, "--format", "json")
    assert (done.returncode == 2) is (status == 2)
    if status == 0:
        pinned = json.loads(done.stdout)["benchmark"]["pinned"]
        assert pinned is ("--benchmark" in words)


def test_a_wrong_policy_names_file_and_line(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("waivers:\n  - id: W-1\n    chek: 1.2.15\n")
    done = run("scan", "--policy", policy)
    assert done.returncode == 2
    assert f"{policy}:" in done.stderr


def test_a_reader_that_leaves_early_is_no_error(node):
    line = f"{sys.executable} -m trueline scan --root {node.root} --benchmark cis-1.12 | head -1"
    done = subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.startswith("Benchmark:")


@pytest.mark.parametrize(("extra", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(node, extra, coloured):
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", **extra}
    if not extra:
        environment.pop("NO_COLOR", None)
    words = [*TRUELINE, "scan", "--root", str(node.root), "--benchmark", "cis-1.12", "--only", "1.2.15"]
    with subprocess.Popen(words, stdout=slave, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(slave)
        output = b""
        while True:
            try:
                chunk = os.read(master, 65536)
            except OSError:
                break
            if not chunk:
                break
            output += chunk
        process.wait(60)
    os.close(master)
    assert (b"\x1b[31m[FAIL]" in output) is coloured


def test_no_progress_in_a_pipe(node):
    done = run("scan", "--root", node.root, "--benchmark", "cis-1.12", "--only", "1.2.15")
    assert done.stderr == ""


def test_version_help_and_completion():
    assert run("--version").stdout.startswith("trueline ")
    assert "scan" in run("--help").stdout
    for shell in ("bash", "zsh", "fish"):
        done = run("completion", shell)
        assert done.returncode == 0
        assert "_TRUELINE_COMPLETE" in done.stdout


def test_lists():
    listed = json.loads(run("benchmarks", "list", "--format", "json").stdout)
    entry = next(one for one in listed if one["id"] == "cis-1.12")
    assert entry["recommendations"] == sum(entry["targets"].values()) == 131
    assert "cis-1.12" in run("benchmarks", "list").stdout
    assert "1.2.15" in run("benchmarks", "show", "cis-1.12").stdout
    assert "apiserver-profiling-disabled" in run("rules", "list", "--component", "kube-apiserver").stdout
    assert "cis-1.12 1.2.15" in run("rules", "show", "apiserver-profiling-disabled").stdout


def test_content_is_sound():
    done = run("content", "lint")
    assert done.returncode == 0, done.stdout
