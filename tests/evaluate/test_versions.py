"""Versions and the choice of a benchmark."""

import pytest

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
