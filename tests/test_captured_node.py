"""A real control-plane node, judged from its files: against the verdicts that kube-bench recorded on it."""

import json
import shutil

import pytest

from tests.conftest import SHARED
from tests.node_tree import NodeTree, judged
from trueline.cli.gather import Place, collect_snapshot, example
from trueline.cli.progress import Progress
from trueline.collect.snapshot import read_snapshot, write_snapshot

# number: (kube-bench's state, ours, why ours is right)
DIFFERENCES = {
    "1.1.9": ("WARN", "PASS", "kube-bench looks at IPAM state and a removed flag, and so at no file at all"),
    "1.1.10": ("WARN", "PASS", "the same"),
    "4.1.1": ("PASS", "FAIL", "the kubelet's drop-in has mode 644; kube-bench reads the unit alone"),
    "4.1.4": ("WARN", "PASS", "kube-bench does not find the kubeconfig that kube-proxy's config file names"),
    "5.1.2": ("PASS", "WARN", "kube-bench asks for a built-in group only; two bindings open all Secrets"),
    "5.1.4": ("PASS", "WARN", "the same for pods"),
}


@pytest.fixture(scope="module")
def verdicts():
    path = SHARED / "fixtures" / "kube-bench-verdicts" / "cis-1.12-all.json"
    if not path.exists():
        pytest.skip(f"SKIPPED FOR WANT OF RECORDED VERDICTS: {path} is not there")
    return {
        result["test_number"]: result["status"]
        for controls in json.loads(path.read_text())["Controls"]
        for group in controls["tests"]
        for result in group["results"]
    }


def test_every_difference_to_kube_bench_is_explained(verdicts):
    ours = {result.number: result.state for result in judged(example()).results}
    differences = {
        number: (verdicts[number], state) for number, state in ours.items() if state != verdicts[number]
    }
    assert differences == {number: (theirs, own) for number, (theirs, own, _) in DIFFERENCES.items()}


def test_the_example_is_complete():
    assessment = judged(example())
    assert not assessment.coverage.unavailable
    assert assessment.target.kubernetes == "v1.36.2"
    assert set(assessment.target.roles) == {"master", "controlplane", "etcd", "node", "policies"}
    assert assessment.counts.total.outcomes["notapplicable"] == 0


def test_the_example_is_what_our_collector_reads_of_the_tree(captured_root):
    snapshot, _ = collect_snapshot(Place(root=str(captured_root)), Progress())
    recorded = {result.number: result for result in judged(example()).results}
    for result in judged(snapshot).results:
        if result.target != "policies":
            assert result == recorded[result.number]


def test_a_snapshot_gives_byte_identical_results(captured_root, tmp_path):
    snapshot, _ = collect_snapshot(Place(root=str(captured_root)), Progress())
    path = str(tmp_path / "node.json.gz")
    write_snapshot(path, snapshot)
    assert judged(read_snapshot(path)) == judged(snapshot)


@pytest.mark.parametrize("number", ["1.2.5", "1.2.15", "1.2.16", "1.2.17", "1.2.18", "1.2.19", "1.2.30"])
def test_a_decoy_changes_nothing(captured_root, tmp_path, number):
    root = tmp_path / "node"
    shutil.copytree(captured_root, root, symlinks=True)
    decoy = ["less", "kube-apiserver", "--profiling=false", "--audit-log-path=/x", "--audit-log-maxage=99"]
    extra = NodeTree(root, existing=True)
    extra.process(decoy, exe="/usr/bin/less", uid=65534)
    extra.process(["kube-apiserver", *decoy[2:]], exe="/usr/bin/less", uid=65534)
    snapshot, _ = collect_snapshot(Place(root=str(root)), Progress())
    assert next(one for one in judged(snapshot).results if one.number == number).state == "FAIL"
