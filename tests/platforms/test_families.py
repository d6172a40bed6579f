"""Each family of platforms from a node's files to its verdicts, well and badly configured."""

import pytest

from tests.platforms import trees
from tests.platforms.trees import KUBELET_BAD, cluster, outcomes, results, scanned

CONTROL_PLANE = {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"}


def check(assessment, benchmark, expected):
    assert assessment.benchmark.id == benchmark
    found = outcomes(assessment)
    assert {number: found[number] for number in expected} == expected


def every(outcome, *numbers):
    return dict.fromkeys(numbers, outcome)


# RKE2


def test_rke2_good(tmp_path):
    expected = every(
        "pass", "1.1.1", "1.2.1", "1.2.6", "1.2.15", "1.4.1", "2.1", "2.2", "4.1.5", "4.2.1", "4.2.4"
    )
    check(scanned(trees.rke2_server(tmp_path)), "rke2-cis-1.9", expected)


def test_rke2_bad(tmp_path):
    tree = trees.rke2_server(tmp_path, trees.RKE2_BAD, kubelet=("--read-only-port=10255",))
    check(scanned(tree), "rke2-cis-1.9", every("fail", "1.2.1", "1.2.6", "1.2.15", "4.2.1", "4.2.4"))


def test_rke2_agent_has_no_control_plane(tmp_path):
    tree = trees.rke2_kubelet(trees.NodeTree(tmp_path))
    assessment = scanned(tree)
    assert (assessment.target.platform, assessment.target.roles) == ("rke2", ("node",))
    found = outcomes(assessment)
    assert {found[number] for number in ("1.1.1", "1.2.1", "1.3.2", "2.1")} == {"notapplicable"}
    assert found["4.2.4"] == "pass"


def test_rke2_a_node_for_etcd_alone_is_judged_as_such(tmp_path):
    tree = trees.rke2_kubelet(trees.rke2_etcd(trees.NodeTree(tmp_path)))
    assessment = scanned(tree)
    assert assessment.target.roles == ("etcd", "node")
    found = outcomes(assessment)
    assert (found["2.2"], found["1.2.1"]) == ("pass", "notapplicable")


def test_rke2_a_control_plane_without_etcd_is_not_judged_by_it(tmp_path):
    found = outcomes(scanned(trees.rke2_server(tmp_path, etcd=False)))
    assert {found[f"2.{number}"] for number in range(1, 8)} == {"notapplicable"}


# RKE


def test_rke_has_keys_in_pem_files_and_no_manifests(tmp_path):
    facts = cluster("v1.24.4", annotations={"rke.cattle.io/internal-ip": "10.0.0.1"})
    assessment = scanned(trees.rke_node(tmp_path, "--client-cert-auth=true"), facts)
    found = results(assessment)
    assert assessment.benchmark.id == "rke-cis-1.24"
    assert "rke.cattle.io/internal-ip" in assessment.target.platform_because
    keys = next(
        one for one in found.values() if "pki-keys-restrictive" in one.rules or one.number == "1.1.21"
    )
    assert keys.outcome.value == "fail"
    assert "kube-ca-key.pem" in keys.reason
    assert found["1.1.1"].outcome.value == "notapplicable"
    assert found["2.2"].outcome.value == "pass"


# MicroK8s


def test_microk8s_good(tmp_path):
    assessment = scanned(trees.microk8s(tmp_path))
    expected = every("pass", "1.1.1", "1.2.1", "1.2.6", "1.2.17", "1.3.2", "1.3.7", "1.4.1", "1.4.2")
    expected |= every("pass", "4.1.3", "4.1.5", "4.1.7", "4.2.1", "4.2.2", "4.2.3", "4.2.4")
    check(assessment, "cis-1.24-microk8s", expected)
    source = results(assessment)["1.2.17"].evidence[0].source
    assert source == "/var/snap/microk8s/current/args/kube-apiserver"


def test_microk8s_bad(tmp_path):
    expected = every("fail", "1.2.1", "1.2.6", "1.2.17", "1.3.2", "1.3.7", "4.2.1", "4.2.2", "4.2.3", "4.2.4")
    check(scanned(trees.microk8s(tmp_path, trees.MICROK8S_BAD)), "cis-1.24-microk8s", expected)


def test_microk8s_worker_starts_no_control_plane(tmp_path):
    assessment = scanned(trees.microk8s(tmp_path, control_plane=False))
    assert assessment.target.roles == ("node",)
    check(assessment, "cis-1.24-microk8s", {"1.2.1": "notapplicable", "4.2.1": "pass"})


def test_microk8s_a_missing_file_of_flags_is_never_a_pass(tmp_path):
    tree = trees.microk8s(tmp_path)
    (tree.root / "var/snap/microk8s/current/args/kubelet").unlink()
    check(scanned(tree), "cis-1.24-microk8s", every("error", "4.2.1", "4.2.3", "4.2.4"))


# Providers


@pytest.mark.parametrize(
    ("name", "benchmark", "good", "bad"),
    [
        (
            "eks",
            "eks-2.0.0",
            ("3.1.3", "3.2.1", "3.2.2", "3.2.3", "3.2.4"),
            ("3.2.1", "3.2.2", "3.2.3", "3.2.4"),
        ),
        ("bottlerocket", "eks-2.0.0", ("3.1.3", "3.2.1", "3.2.4"), ("3.2.1", "3.2.4")),
        (
            "aks",
            "aks-1.8",
            ("3.1.3", "3.2.1", "3.2.2", "3.2.3", "3.2.4"),
            ("3.2.1", "3.2.2", "3.2.3", "3.2.4"),
        ),
        ("openshift", "rh-1.9", ("4.1.9", "4.2.2", "4.2.3", "4.2.5"), ("4.2.2", "4.2.3", "4.2.5")),
    ],
)
def test_workers_of_providers(tmp_path, name, benchmark, good, bad):
    node = getattr(trees, name)
    check(scanned(node(tmp_path / "good")), benchmark, every("pass", *good))
    check(scanned(node(tmp_path / "bad", KUBELET_BAD)), benchmark, every("fail", *bad))


def test_eks_drop_ins_of_nodeadm_count(tmp_path):
    weak = "kind: KubeletConfiguration\nauthentication: {anonymous: {enabled: true}}\n"
    check(scanned(trees.eks(tmp_path, drop_in=weak)), "eks-2.0.0", {"3.2.1": "fail", "3.2.2": "pass"})


def test_eks_version_and_platform_choose_the_benchmark(tmp_path):
    assessment = scanned(trees.eks(tmp_path), cluster("v1.30.4-eks-a18cd3a"))
    assert assessment.benchmark.id == "eks-1.7.0"
    assert assessment.target.platform == "eks"


@pytest.mark.parametrize("name", ["eks", "gke", "aks", "bottlerocket"])
def test_a15_a_managed_control_plane_is_the_providers_whatever_benchmark_asks(tmp_path, name):
    tree = getattr(trees, name)(tmp_path)
    assessment = scanned(tree, benchmark="cis-1.12")
    provided = [one for one in assessment.results if one.component in CONTROL_PLANE]
    assert len(provided) > 50
    assert {one.outcome.value for one in provided} == {"notchecked"}
    assert {one.disposition for one in provided} == {"provider-owned"}
    assert all("Ask the provider" in one.reason for one in provided)


def test_a15_a_visible_control_plane_is_judged_on_a_providers_platform(tmp_path):
    tree = trees.NodeTree(tmp_path)
    tree.component("kube-apiserver", "--profiling=false", "--anonymous-auth=true")
    assessment = scanned(tree, cluster("v1.20.11-aliyun.1"))
    assert assessment.target.platform == "ack"
    found = results(assessment)
    profiling = next(one for one in found.values() if "apiserver-profiling-disabled" in one.rules)
    assert (profiling.outcome.value, profiling.disposition) == ("pass", "required")
    etcd = [one for one in found.values() if one.component == "etcd"]
    assert etcd
    assert {one.disposition for one in etcd} == {"provider-owned"}


def test_openshift_settings_in_a_file_that_is_not_read_are_errors(tmp_path):
    assessment = scanned(trees.openshift(tmp_path, master=True))
    flags = [
        one
        for one in assessment.results
        if one.number.startswith("1.2.") and one.outcome.value != "notchecked"
    ]
    assert {one.outcome.value for one in flags} <= {"error", "notapplicable", "unknown"}
    assert any("--openshift-config" in one.reason for one in flags)
    assert outcomes(assessment)["2.2"] == "pass"


def test_openshift_3_runs_all_in_one_program(tmp_path):
    tree = trees.NodeTree(tmp_path)
    config = "--config=/etc/origin/master/master-config.yaml"
    tree.process(["openshift", "start", "master", "api", config], exe="/usr/bin/openshift")
    tree.process(["openshift", "start", "master", "controllers", config], exe="/usr/bin/openshift")
    assessment = scanned(tree, cluster("v1.11.0+d4cacc0"))
    assert (assessment.target.platform, assessment.benchmark.id) == ("openshift", "rh-0.7")
    assert assessment.target.roles[:2] == ("master", "controlplane")
    judged = {one.outcome.value for one in assessment.results if one.component == "kube-apiserver"}
    assert "pass" not in judged
    assert "error" in judged


def test_remedies_name_the_lasting_place_of_the_platform(tmp_path):
    places = {
        "eks": "NodeConfig",
        "bottlerocket": "settings.kubernetes",
        "aks": "--kubelet-config",
        "openshift": "KubeletConfig",
    }
    for name, place in places.items():
        found = scanned(getattr(trees, name)(tmp_path / name, KUBELET_BAD))
        failed = [one for one in found.results if one.outcome.value == "fail" and one.component == "kubelet"]
        assert any(place in one.lasting for one in failed), name


def test_no_place_of_kubeadm_shows_up_elsewhere(tmp_path):
    for name in ("rke2_server", "microk8s", "eks", "gke", "aks", "openshift", "k3s_server"):
        found = scanned(getattr(trees, name)(tmp_path / name))
        assert not any("kubeadm-config" in one.remediation for one in found.results), name
