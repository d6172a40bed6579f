"""Recommendations are judged where their component runs, and nowhere else."""

import pytest

from tests.node_tree import NodeTree
from trueline.model.results import Outcome

JUDGED = {Outcome.PASS, Outcome.FAIL, Outcome.ERROR}
ROLES = {
    "controlplane": ("kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    "etcd": ("etcd",),
    "worker": ("kubelet", "kube-proxy"),
}
TARGETS = {"controlplane": "master", "etcd": "etcd", "worker": "node"}


def judged_targets(results):
    """Targets of which at least one recommendation got a verdict; policies need a cluster."""
    return {one.target for one in results.values() if one.outcome in JUDGED} - {"policies", "controlplane"}


@pytest.mark.parametrize("benchmark", ["cis-1.12", "rke-cis-1.7", "rke2-cis-1.8", "k3s-cis-1.9", "rh-1.8"])
@pytest.mark.parametrize("role", ROLES)
def test_c5_each_node_gets_the_tests_of_its_type(tmp_path, role, benchmark):
    tree = NodeTree(tmp_path / "node")
    for component in ROLES[role]:
        tree.component(component)
    assert judged_targets(tree.results(benchmark)) == {TARGETS[role]}


def test_c5_a_node_with_all_roles_gets_all_tests(tmp_path):
    tree = NodeTree(tmp_path / "node")
    for components in ROLES.values():
        for component in components:
            tree.component(component)
    assert judged_targets(tree.results("rke-cis-1.7")) == set(TARGETS.values())


@pytest.mark.parametrize("benchmark", ["gke-1.0", "ack-1.0", "eks-stig", "gke-stig"])
def test_a15_a_worker_of_a_managed_cluster_has_no_verdict_on_the_control_plane(tmp_path, benchmark):
    tree = NodeTree(tmp_path / "node")
    tree.component("kubelet")
    results = tree.results(benchmark).values()
    owned = [one for one in results if one.component.startswith("kube-") and one.component != "kube-proxy"]
    assert len(owned) > 20
    for one in [*owned, *(other for other in results if other.component == "etcd")]:
        assert one.outcome is Outcome.NOTCHECKED, one.number
    assert any(one.component == "kubelet" and one.outcome in JUDGED for one in results)


def test_a15_a_dedicated_control_plane_is_judged_like_any_other(tmp_path):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver", "--profiling=false")
    results = tree.results("ack-1.0")
    assert results["1.2.19"].outcome is Outcome.PASS
    assert results["1.2.1"].outcome is Outcome.PASS
    assert results["1.3.2"].disposition == "provider-owned"
