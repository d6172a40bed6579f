"""A scan of a machine with a known operating system judges it too, from one collection."""

import json

import pytest

from tests.cli.test_scan import run
from tests.node_tree import NodeTree


@pytest.fixture
def tree(tmp_path):
    found = NodeTree(tmp_path / "node")
    (found.root / "etc").mkdir(parents=True, exist_ok=True)
    (found.root / "etc/os-release").write_text('ID="alinux"\nVERSION_ID="2.1903"\n', encoding="utf-8")
    found.write("/etc/shadow", "root:!:19000:0:99999:7:::\n", 0o600)
    return found


def test_a_part_of_a_system_is_judged_for_kubernetes_alone(tree):
    (tree.root / "etc/shadow").unlink()
    tree.component("kube-apiserver", "--profiling=true")
    done = run("scan", "--root", tree.root, "--format", "json")
    assert len(assessments(done)) == 1


def test_the_example_is_judged_where_no_kubernetes_runs_whatever_the_system_is(tree):
    done = run("scan", "--root", tree.root, "--or-example", "--format", "json")
    (only,) = assessments(done)
    assert only["benchmark"]["id"] == "cis-2.0"
    assert only["notices"][0].startswith("No Kubernetes component runs on this machine")


def assessments(done):
    first = json.loads(done.stdout)
    return [first, *first["further"]]


def test_a_cluster_node_with_a_known_system_gets_both_benchmarks(tree):
    tree.component("kube-apiserver", "--profiling=true")
    done = run("scan", "--root", tree.root, "--format", "json")
    ids = [one["benchmark"]["id"] for one in assessments(done)]
    assert len(ids) == 2, done.stderr
    assert ids[1] == "cis-aliyun-linux-2-1.0.0"


def test_a_tree_with_neither_processes_nor_files_of_kubernetes_is_judged_as_a_system_alone(tmp_path):
    bare = tmp_path / "bare"
    for name in ("etc", "usr", "var"):  # whole, not a part of what is mounted elsewhere
        (bare / name).mkdir(parents=True)
    (bare / "etc/os-release").write_text('ID="alinux"\nVERSION_ID="2.1903"\n', encoding="utf-8")
    (bare / "etc/shadow").write_text("root:!:19000:0:99999:7:::\n", encoding="utf-8")
    (only,) = assessments(run("scan", "--root", bare, "--format", "json"))
    assert only["benchmark"]["id"] == "cis-aliyun-linux-2-1.0.0"
    (bare / "etc/kubernetes").mkdir()
    (bare / "etc/kubernetes/kubelet.conf").touch()
    assert len(assessments(run("scan", "--root", bare, "--format", "json"))) == 2


def test_what_was_not_mounted_is_no_pass(tree):
    done = run(
        "scan", "--root", tree.root, "--benchmark", "cis-alinux-2", "--only", "5.4.1.1", "--format", "json"
    )
    (result,) = assessments(done)[0]["results"]
    assert result["outcome"] != "pass"


def test_another_benchmark_than_the_machines_applies_nowhere(tree):
    done = run("scan", "--root", tree.root, "--benchmark", "cis-debian-12", "--format", "json")
    assert {one["outcome"] for one in assessments(done)[0]["results"]} == {"notapplicable"}
    assert done.returncode == 3


def test_d2_level_1_of_a_system_leaves_out_level_2(tree):
    words = ("--benchmark", "cis-alinux-2", "--level", "1", "--format", "json")
    done = run("scan", "--root", tree.root, *words)
    results = assessments(done)[0]["results"]
    assert {one["outcome"] for one in results if one["level"] == 2} == {"notselected"}
