"""Which benchmark a scan takes, and what it says of the choice."""

import json

import pytest

from tests.cli.test_scan import run
from tests.node_tree import NodeTree

MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"
POD = "kind: Pod\nspec:\n  containers:\n  - image: registry.k8s.io/kube-apiserver:v{version}.2\n"


@pytest.fixture
def scan(tmp_path):
    def scanned(benchmark, version):
        tree = NodeTree(tmp_path / "node")
        tree.component("kube-apiserver")
        tree.write(MANIFEST, POD.format(version=version))
        words = ("--root", tree.root, "--benchmark", benchmark, "--target", "master", "--format", "json")
        return run("scan", *words)

    return scanned


@pytest.mark.parametrize(
    ("benchmark", "version", "expected", "notice"),
    [
        ("auto", "1.34", "cis-1.12", ""),
        ("auto", "1.14", "cis-1.4", ""),
        ("auto", "1.40", "cis-2.0", "No benchmark names Kubernetes 1.40"),
        ("cis-kubernetes-auto", "1.15", "cis-1.5", ""),
        ("cis-kubernetes-auto", "1.16", "cis-1.6", ""),
        ("cis-kubernetes-auto", "1.34", "cis-1.6", "Use --benchmark auto"),
        ("cis-kubernetes-1.6", "1.18", "cis-1.6", ""),
    ],
)
def test_a4_a_scan_takes_the_benchmark_of_the_version(scan, benchmark, version, expected, notice):
    document = json.loads(scan(benchmark, version).stdout)
    assert document["benchmark"]["id"] == expected
    notices = " ".join(document["notices"])
    assert notice in notices
    assert notice or "Kubernetes 1." not in notices


def test_a4_what_is_too_old_for_the_inspector_is_refused(scan):
    done = scan("cis-kubernetes-auto", "1.14")
    assert done.returncode == 2
    assert "1.15 or newer" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("benchmark", "version", "notice"),
    [
        ("cis-kubernetes-1.6", "1.15", "cis-1.6 is written for Kubernetes 1.16 to 1.18, and this is 1.15"),
        ("cis-kubernetes-1.5", "1.16", "cis-1.5 is written for Kubernetes 1.15, and this is 1.16"),
        ("cis-kubernetes-ack-1.0", "1.18", "ack-1.0 is written for ack"),
    ],
)
def test_a5_naming_a_benchmark_overrides_with_a_warning(scan, benchmark, version, notice):
    document = json.loads(scan(benchmark, version).stdout)
    assert any(notice in one for one in document["notices"])


def test_a3_other_names_are_refused(scan):
    done = scan("cis-kubernetes-9.9", "1.18")
    assert done.returncode == 2
    assert "there is no benchmark 'cis-kubernetes-9.9'" in done.stderr


def test_b4_a_version_and_a_benchmark_exclude_each_other_at_once(tmp_path):
    done = run("scan", "--root", tmp_path / "missing", "--version", "1.30", "--benchmark", "cis-1.12")
    assert done.returncode == 2
    assert "--version can't be combined with --benchmark cis-1.12" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--version", "newest"), "'newest' is no Kubernetes version"),
        (("--platform", "k3"), "there is no platform 'k3'"),
    ],
)
def test_what_can_not_be_is_said_before_any_work(tmp_path, words, message):
    done = run("scan", "--root", tmp_path / "missing", *words)
    assert done.returncode == 2
    assert message in done.stderr


def test_version_and_platform_override_what_facts_show(tmp_path):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver")
    tree.write(MANIFEST, POD.format(version="1.34"))
    words = ("--root", tree.root, "--target", "master", "--format", "json")
    document = json.loads(run("scan", *words, "--version", "1.24", "--platform", "rke2").stdout)
    assert document["benchmark"]["id"] == "rke2-cis-1.24"
    assert document["target"]["platform"] == "rke2"
    assert document["target"]["platform_because"] == "it was named"
    document = json.loads(
        run("scan", *words, "--version", "1.16", "--benchmark", "cis-kubernetes-auto").stdout
    )
    assert document["benchmark"]["id"] == "cis-1.6"


def test_several_benchmarks_are_judged_from_one_collection(tmp_path):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver")
    names = ("--benchmark", "cis-1.12", "--benchmark", "cis-1.6")
    done = run("scan", "--root", tree.root, *names, "--target", "master", "--format", "json")
    first = json.loads(done.stdout)
    listed = [first, *first["further"]]
    assert [one["benchmark"]["id"] for one in listed] == ["cis-1.12", "cis-1.6"]
    assert len({one["target"]["collected_at"] for one in listed}) == 1
