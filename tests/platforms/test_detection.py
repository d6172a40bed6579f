"""By which facts a platform is known, and what is not taken for a sign."""

import pytest

from tests.node_tree import NodeTree
from tests.platforms import trees
from tests.platforms.trees import cluster, judged, scanned, snapshot_of
from trueline.cli.choose import Named, platform_of
from trueline.content.load import load_platform, load_platform_heads, platform_ids
from trueline.evaluate.platforms import lineage
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot, Tool


def of_cluster(**given):
    snapshot = Snapshot(
        schema=SNAPSHOT_SCHEMA,
        tool=Tool(name="t", version="1"),
        started_at="",
        finished_at="",
        cluster=cluster(**given),
    )
    return platform_of(snapshot, Named())


@pytest.mark.parametrize(
    ("version", "platform"),
    [
        ("v1.27.6+k3s1", "k3s"),
        ("v1.27.6+k3s10", "k3s"),
        ("v1.27.6+rke2r1", "rke2"),
        ("v1.25.13-rancher1-1", "rke"),
        ("v1.30.4-eks-a18cd3a", "eks"),
        ("v1.27.3-gke.100", "gke"),
        ("v1.20.11-aliyun.1", "ack"),
        ("v1.24.9+vmware.1", "tkg"),
        ("v1.30.1", "kubeadm"),
        ("v1.30.1+", "kubeadm"),
        ("v1.30.1-k3sfork", "kubeadm"),
    ],
)
def test_versions(version, platform):
    found = of_cluster(version=version)
    assert found.platform == platform
    assert platform == "kubeadm" or version in found.because
    assert of_cluster(kubelet=version).platform == platform


@pytest.mark.parametrize(
    ("given", "platform"),
    [
        ({"labels": {"eks.amazonaws.com/nodegroup": "a"}}, "eks"),
        ({"labels": {"alpha.eksctl.io/nodegroup-name": "a"}}, "eks"),
        ({"labels": {"cloud.google.com/gke-nodepool": "a"}}, "gke"),
        ({"labels": {"kubernetes.azure.com/cluster": "a"}}, "aks"),
        ({"labels": {"alibabacloud.com/nodepool-id": "a"}}, "ack"),
        ({"labels": {"node.openshift.io/os_id": "rhcos"}}, "openshift"),
        ({"labels": {"run.tanzu.vmware.com/tkr": "a"}}, "tkg"),
        ({"labels": {"oke.oraclecloud.com/pool-id": "a"}}, "oke"),
        ({"labels": {"microk8s.io/cluster": "true"}}, "microk8s"),
        ({"annotations": {"rke.cattle.io/external-ip": "192.0.2.1"}}, "rke"),
        ({"provider_id": "k3s://node-1"}, "k3s"),
        # A cloud's machines run clusters of all kinds
        ({"provider_id": "aws:///eu-west-1a/i-0123"}, "kubeadm"),
        ({"provider_id": "azure:///subscriptions/a"}, "kubeadm"),
        ({"provider_id": "gce://project/zone/node"}, "kubeadm"),
        ({"labels": {"cloud.google.com/machine-family": "n2"}}, "kubeadm"),
    ],
)
def test_nodes_of_the_cluster(given, platform):
    found = of_cluster(version="v1.30.1", **given)
    assert found.platform == platform
    assert platform == "kubeadm" or "node-1" in found.because


@pytest.mark.parametrize(
    ("name", "platform", "because"),
    [
        ("k3s_server", "k3s", "/bin/k3s"),
        ("k3s_agent", "k3s", "/bin/k3s"),
        ("rke2_server", "rke2", "rke2r1"),
        ("rke_node", "rke", "kubecfg-kube-node.yaml"),
        ("microk8s", "microk8s", "/snap/microk8s/7964/kubelite"),
        ("eks", "eks", "/etc/eks"),
        ("gke", "gke", "/home/kubernetes/bin/kubelet"),
        ("aks", "aks", "/etc/kubernetes/azure.json"),
        ("bottlerocket", "bottlerocket", "Bottlerocket OS 1.40.0"),
        ("openshift", "openshift", "/etc/machine-config-daemon"),
    ],
)
def test_nodes_alone(tmp_path, name, platform, because):
    assessment = scanned(getattr(trees, name)(tmp_path))
    assert assessment.target.platform == platform
    assert because in assessment.target.platform_because


def test_bottlerocket_is_told_from_other_nodes_of_eks(tmp_path):
    assessment = scanned(trees.bottlerocket(tmp_path), cluster("v1.30.4-eks-a18cd3a"))
    assert assessment.target.platform == "bottlerocket"
    assert assessment.benchmark.id == "eks-1.7.0"
    assert "eks-a18cd3a" in assessment.target.platform_because


def test_a_client_program_says_nothing(tmp_path):
    tree = NodeTree(tmp_path)
    tree.component("kube-apiserver")
    for name in ("oc", "kubectl", "k3s", "openshift"):
        tree.write(f"/usr/local/bin/{name}", "#!/bin/sh\n", 0o755)
    assert scanned(tree).target.platform == "kubeadm"


def test_what_runs_goes_before_files_that_were_left_behind(tmp_path):
    tree = trees.k3s_agent(tmp_path)
    tree.write("/etc/origin/node/node-config.yaml", "")
    tree.write("/etc/eks/bootstrap.sh", "")
    assert scanned(tree).target.platform == "k3s"


def test_signs_of_two_platforms_are_told(tmp_path):
    tree = NodeTree(tmp_path)
    tree.component("kubelet")
    tree.write("/etc/eks/bootstrap.sh", "")
    tree.write("/etc/rancher/k3s/config.yaml", "")
    assessment = scanned(tree)
    assert any("There are signs of" in one and "--platform" in one for one in assessment.notices)


def test_a_poser_is_no_sign(tmp_path):
    tree = NodeTree(tmp_path)
    tree.component("kubelet")
    tree.process(["k3s", "server"], exe="/home/eve/k3s", uid=1000)
    assert scanned(tree).target.platform == "kubeadm"


def test_naming_the_platform_goes_before_all_signs(tmp_path):
    assessment = scanned(trees.eks(tmp_path), platform="kubeadm")
    assert (assessment.target.platform, assessment.target.platform_because) == ("kubeadm", "it was named")
    assert assessment.benchmark.id.startswith("cis-")


def test_a_named_version_chooses_the_benchmark_and_the_defaults(tmp_path):
    snapshot = snapshot_of(trees.k3s_server(tmp_path))
    assessment = judged(snapshot, version="1.25")
    assert assessment.benchmark.id == "k3s-cis-1.7"
    assert assessment.target.kubernetes == "1.25"
    assert not assessment.notices


def test_facts_go_before_a_named_version_where_defaults_are_judged(tmp_path):
    assessment = scanned(trees.k3s_server(tmp_path), cluster("v1.33.1+k3s1"), version="1.25")
    assert (assessment.benchmark.id, assessment.target.kubernetes) == ("k3s-cis-1.7", "v1.33.1+k3s1")


def test_every_platform_has_the_files_that_rules_need_and_a_lasting_place_for_the_kubelet():
    names = set(load_platform("kubeadm").files)
    for name in platform_ids():
        assert set(load_platform(name).files) >= names
        assert "kubelet" in load_platform(name).lasting


def test_lineage_ends_before_the_generic_platform():
    heads = load_platform_heads()
    assert lineage("bottlerocket", heads) == ["bottlerocket", "eks"]
    assert lineage("eks", heads) == ["eks"]
    assert lineage("kubeadm", heads) == ["kubeadm"]
