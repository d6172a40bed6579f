"""Versions and the choice of a benchmark."""

import pytest

from trueline.content.load import load_editions
from trueline.errors import UsageError
from trueline.evaluate.versions import (
    choose_benchmark,
    choose_kubernetes_auto,
    kubernetes_version,
    minor,
    mismatch,
)
from trueline.model.benchmark import Edition
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import SNAPSHOT_SCHEMA, Document, NodeFacts, Snapshot, Tool


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1.36.2", "1.36"),
        ("1.9", "1.9"),
        ("1.27+", "1.27"),
        ("v1.27.6+rke2r1", "1.27"),
        ("v1.25.13-gke.1", "1.25"),
        ("1.2x", None),
        ("", None),
        (None, None),
        (".", None),
    ],
)
def test_minor(text, expected):
    assert minor(text) == expected


def snapshot(images=(), cluster=None):
    documents = {
        f"/etc/kubernetes/manifests/{number}.yaml": Document(
            kind="Pod", data={"spec": {"containers": [{"image": image}]}}
        )
        for number, image in enumerate(images)
    }
    return Snapshot(
        schema=SNAPSHOT_SCHEMA,
        tool=Tool(name="t", version="0"),
        started_at="",
        finished_at="",
        node=NodeFacts(hostname="n", documents=documents),
        cluster=cluster,
    )


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (["registry.k8s.io/etcd:3.6.8-0", "registry.k8s.io/kube-apiserver:v1.34.1"], "v1.34.1"),
        (["example.com:5000/mirror/kube-apiserver-amd64:v1.9.3"], "v1.9.3"),
        (["registry.k8s.io/kube-scheduler:v1.30.0@sha256:00ff"], "v1.30.0"),
        (["ghcr.io/kube-vip/kube-vip:v0.8.0"], None),
        (["registry.k8s.io/kube-apiserver@sha256:00ff"], None),
        ([], None),
    ],
)
def test_image_tags_tell_the_version(images, expected):
    assert kubernetes_version(snapshot(images))[0] == expected


def test_the_api_server_goes_first():
    seen = snapshot(["registry.k8s.io/kube-apiserver:v1.34.1"], ClusterFacts(version="v1.35.0"))
    assert kubernetes_version(seen) == ("v1.35.0", "the API server's answer")


def edition(name, versions=(), platforms=("kubeadm",)):
    return Edition(id=name, title=name, version="1", kubernetes=tuple(versions), platforms=tuple(platforms))


EDITIONS = [
    edition("cis-2.0", ["1.34", "1.35"]),
    edition("cis-1.5", ["1.15"]),
    edition("cis-1.6", ["1.16", "1.17", "1.18"]),
    edition("cis-1.12", ["1.32", "1.33", "1.34"]),
    edition("cis-1.20", ["1.19", "1.20", "1.21"]),
    edition("eks-1.0", ["1.30"], ["eks"]),
    edition("eks-1.1", [], ["eks"]),
    edition("eks-2.0", ["1.33", "1.34"], ["eks"]),
    edition("ack-1.0", [], ["ack"]),
]


@pytest.mark.parametrize(
    ("platform", "version", "expected", "warns"),
    [
        ("kubeadm", "v1.18.4", "cis-1.6", False),
        ("kubeadm", "v1.19.0", "cis-1.20", False),
        ("kubeadm", "v1.34.1", "cis-1.12", False),
        ("kubeadm", "v1.35.0", "cis-2.0", False),
        ("kubeadm", "v1.36.2", "cis-2.0", True),
        ("kubeadm", "v1.25.0", "cis-1.20", True),
        ("kubeadm", "v1.10.0", "cis-1.5", True),
        ("kubeadm", None, "cis-2.0", True),
        ("eks", "v1.30.1-eks-4c69", "eks-1.0", False),
        ("eks", "v1.31.0", "eks-1.0", True),
        ("eks", "v1.34.0", "eks-2.0", False),
        ("eks", None, "eks-2.0", True),
        ("ack", "v1.30.1-aliyun.1", "ack-1.0", False),
        ("ack", None, "ack-1.0", False),
        ("unheard-of", "v1.20.0", "cis-1.20", False),
    ],
)
def test_choice(platform, version, expected, warns):
    chosen, because, warning = choose_benchmark(version, "a test", EDITIONS, platform)
    assert chosen.id == expected
    assert because
    assert bool(warning) is warns


@pytest.mark.parametrize(
    ("version", "expected", "warns"),
    [
        ("v1.15.0", "cis-1.5", False),
        ("v1.16.0", "cis-1.6", False),
        ("v1.18.20", "cis-1.6", False),
        ("v1.19.0", "cis-1.6", True),
        ("v1.36.2", "cis-1.6", True),
    ],
)
def test_a4_auto_of_the_inspector_goes_by_the_server_version(version, expected, warns):
    chosen, because, warning = choose_kubernetes_auto(version, "a test", EDITIONS)
    assert chosen.id == expected
    assert "cis-kubernetes-auto" in because
    assert bool(warning) is warns


@pytest.mark.parametrize("version", ["v1.14.9", "v1.9.3", None, "nonsense"])
def test_a4_auto_of_the_inspector_refuses_older_and_unknown_versions(version):
    with pytest.raises(UsageError, match=r"1\.15 or newer"):
        choose_kubernetes_auto(version, "a test", EDITIONS)


@pytest.mark.parametrize(
    ("name", "version", "platform", "expected"),
    [
        ("cis-1.6", "v1.18.0", "kubeadm", ""),
        ("cis-1.6", None, "kubeadm", ""),
        ("cis-1.6", "v1.15.0", "kubeadm", "1.16 to 1.18, and this is 1.15"),
        ("cis-1.5", "v1.16.0", "kubeadm", "written for Kubernetes 1.15, and this is 1.16"),
        ("cis-1.6", "v1.18.0", "eks", ""),
        ("ack-1.0", "v1.30.0", "ack", ""),
        ("ack-1.0", "v1.30.0", "kubeadm", "written for ack; this was taken for kubeadm"),
    ],
)
def test_a5_a_benchmark_that_does_not_fit_is_warned_of(name, version, platform, expected):
    found = next(entry for entry in EDITIONS if entry.id == name)
    warning = mismatch(found, version, platform)
    assert expected in warning
    assert bool(warning) is bool(expected)


def minors(first, last):
    return [f"1.{number}" for number in range(first, last + 1)]


PUBLISHED = {  # platform: versions that each benchmark is taken for, without a warning
    "kubeadm": {
        "cis-1.3": minors(11, 12),
        "cis-1.4": minors(13, 14),
        "cis-1.5": minors(15, 15),
        "cis-1.6": minors(16, 18),
        "cis-1.20": minors(19, 21),
        "cis-1.23": minors(22, 23),
        "cis-1.24": minors(24, 24),
        "cis-1.7": minors(25, 25),
        "cis-1.8": minors(26, 26),
        "cis-1.9": minors(27, 27),
        "cis-1.10": minors(28, 28),
        "cis-1.11": minors(29, 31),
        "cis-1.12": minors(32, 34),
        "cis-2.0": minors(35, 35),
    },
    "eks": {
        "eks-1.0.1": minors(15, 19),
        "eks-1.5.0": minors(20, 28),
        "eks-1.7.0": minors(29, 31),
        "eks-1.8.0": minors(32, 34),
        "eks-2.0.0": minors(35, 35),
    },
    "aks": {
        "aks-1.0": minors(19, 24),
        "aks-1.7": minors(29, 31),
        "aks-1.8": minors(25, 28) + minors(32, 35),
    },
    "gke": {
        "gke-1.0": minors(15, 19),
        "gke-1.2.0": minors(20, 27),
        "gke-1.6.0": minors(28, 29),
        "gke-1.8.0": minors(30, 30),
        "gke-1.9.0": minors(31, 34),
    },
    "k3s": {
        "cis-1.6-k3s": minors(16, 21),
        "k3s-cis-1.23": minors(22, 23),
        "k3s-cis-1.24": minors(24, 24),
        "k3s-cis-1.7": minors(25, 25),
        "k3s-cis-1.8": minors(26, 26),
        "k3s-cis-1.9": minors(27, 29),
    },
    "rke": {
        "rke-cis-1.23": minors(23, 23),
        "rke-cis-1.24": minors(24, 24),
        "rke-cis-1.7": minors(25, 27),
    },
    "rke2": {
        "rke2-cis-1.23": minors(23, 23),
        "rke2-cis-1.24": minors(24, 24),
        "rke2-cis-1.7": minors(25, 25),
        "rke2-cis-1.8": minors(26, 27),
        "rke2-cis-1.9": minors(28, 29),
    },
    "openshift": {  # 3.10 holds Kubernetes 1.10, 4.1 holds 1.13, and from 4.3 on 4.N holds 1.(N + 13)
        "rh-0.7": ["1.10", "1.11"],
        "rh-1.0": ["1.13", "1.14", *minors(16, 23)],
        "rh-1.4": minors(24, 25),
        "rh-1.8": minors(26, 26),
        "rh-1.9": minors(27, 33),
    },
    "ack": {"ack-1.0": minors(16, 40)},
    "tkg": {"tkgi-1.2.53": minors(16, 40)},
    "oke": {"oke-1.7.0": minors(20, 40)},
    "microk8s": {"cis-1.24-microk8s": minors(24, 24)},
}
NEWEST = {  # what is taken, with a warning, for a version that no benchmark names yet
    "kubeadm": "cis-2.0",
    "eks": "eks-2.0.0",
    "aks": "aks-1.8",
    "gke": "gke-1.9.0",
    "k3s": "k3s-cis-1.9",
    "rke": "rke-cis-1.7",
    "rke2": "rke2-cis-1.9",
    "openshift": "rh-1.9",
    "microk8s": "cis-1.24-microk8s",
}


@pytest.mark.parametrize(
    ("platform", "version", "expected"),
    [
        (platform, version, name)
        for platform, chosen in PUBLISHED.items()
        for name, versions in chosen.items()
        for version in versions
    ],
)
def test_shipped_benchmarks_are_taken_as_the_published_tables_say(platform, version, expected):
    chosen, _, warning = choose_benchmark(f"v{version}.3", "a test", load_editions(), platform)
    assert (chosen.id, warning) == (expected, "")


@pytest.mark.parametrize(("platform", "expected"), NEWEST.items())
@pytest.mark.parametrize("version", ["v1.36.2", "v1.99.0"])
def test_the_newest_is_taken_with_a_warning_for_what_is_newer_still(platform, expected, version):
    chosen, _, warning = choose_benchmark(version, "a test", load_editions(), platform)
    assert chosen.id == expected
    assert "newer than" in warning


@pytest.mark.parametrize("version", [f"v1.{number}.0" for number in range(8, 41)])
def test_a_cluster_of_no_known_kind_gets_a_generic_benchmark(version):
    chosen, _, _ = choose_benchmark(version, "a test", load_editions(), "unheard-of")
    assert chosen.platforms == ("kubeadm",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cis-kubernetes-1.5", "cis-1.5"),
        ("cis-kubernetes-1.6", "cis-1.6"),
        ("cis-kubernetes-ack-1.0", "ack-1.0"),
    ],
)
def test_a3_the_benchmarks_of_the_inspector_are_found_by_its_names(name, expected):
    assert [one.id for one in load_editions() if name in one.aliases] == [expected]


@pytest.mark.parametrize("platform", ["kubeadm", "eks", "unheard-of"])
def test_a5_a_benchmark_of_ack_is_never_chosen_elsewhere(platform):
    chosen, _, _ = choose_benchmark("v1.20.0-aliyun.1", "a test", load_editions(), platform)
    assert chosen.id != "ack-1.0"
