"""Versions and the choice of a benchmark."""

import msgspec
import pytest

from trueline.evaluate.versions import choose_benchmark, kubernetes_version, minor
from trueline.model.benchmark import Benchmark
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


BENCHMARKS = [
    msgspec.convert(
        {"id": name, "title": name, "version": "1", "sections": [], "kubernetes": versions}, Benchmark
    )
    for name, versions in [
        ("cis-2.0", ["1.34", "1.35"]),
        ("cis-1.6", ["1.16", "1.17", "1.18"]),
        ("cis-1.12", ["1.32", "1.33", "1.34"]),
        ("cis-1.20", ["1.19", "1.20", "1.21"]),
    ]
]


@pytest.mark.parametrize(
    ("version", "expected", "warns"),
    [
        ("v1.18.4", "cis-1.6", False),
        ("v1.19.0", "cis-1.20", False),
        ("v1.34.1", "cis-1.12", False),
        ("v1.35.0", "cis-2.0", False),
        ("v1.36.2", "cis-2.0", True),
        ("v1.25.0", "cis-1.20", True),
        ("v1.10.0", "cis-1.6", True),
        (None, "cis-2.0", True),
    ],
)
def test_choice(version, expected, warns):
    benchmark, because, warning = choose_benchmark(version, "a test", BENCHMARKS)
    assert benchmark.id == expected
    assert because
    assert bool(warning) is warns
