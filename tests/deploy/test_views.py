"""Seen through the mounts of a manifest, a node gives the same results; with one less, errors."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.deploy.manifests import container, mounts
from tests.sandbox import need_mounts, run_mounted

TRUELINE = (sys.executable, "-m", "trueline")
JOB = "job-control-plane"


@pytest.fixture(scope="module")
def node(captured_root, tmp_path_factory):
    """The captured node, with the directories that a real one has and the capture left out."""
    need_mounts()
    root = tmp_path_factory.mktemp("job") / "node"
    subprocess.run(["cp", "-a", captured_root, root], check=True)
    for path in mounts(JOB):
        if not (root / path.lstrip("/")).exists():
            (root / path.lstrip("/")).mkdir(parents=True)
    (root / "proc/1/root").mkdir()
    _contain_kube_proxy(root)
    return root


def _contain_kube_proxy(root):
    """Put kube-proxy into a container with files of its own, as kubeadm does; in the capture it isn't."""
    (pid,) = [path.parent.name for path in root.glob("proc/*/comm") if path.read_text() == "kube-proxy\n"]
    for number, namespace in (("1", "mnt:[1]"), (pid, "mnt:[2]")):
        (root / "proc" / number / "ns").mkdir()
        (root / "proc" / number / "ns/mnt").symlink_to(namespace)
    inside = root / "proc" / pid / "root/var/lib"
    inside.mkdir(parents=True)
    shutil.move(root / "var/lib/kube-proxy", inside)


def results(done):
    assert done.returncode in {0, 1, 3}, done.stderr
    return {
        result["number"]: (result["outcome"], result["reason"])
        for result in json.loads(done.stdout)["results"]
    }


def arguments(root, *more):
    words = container(JOB)["args"]
    return [*TRUELINE, *words[:1], f"--root={root}", *words[2:], *more]


def through_mounts(node, paths, *more):
    host = node.parent / "host"
    try:
        where = {node / path.lstrip("/"): host / path.lstrip("/") for path in paths}
        # what init sees is the whole node
        return results(run_mounted(arguments(host, *more), {node: node / "proc/1/root", **where}))
    finally:
        shutil.rmtree(host)


def directly(root, *more):
    return results(subprocess.run(arguments(root, *more), capture_output=True, check=False, text=True))


@pytest.fixture(scope="module")
def whole(node):
    return directly(node)


def test_b1_host_binary_container_and_job_give_the_same_results(node, whole):
    assert len(whole) > 60
    assert {outcome for outcome, _ in whole.values()} >= {"pass", "fail"}
    assert not [number for number, (outcome, _) in whole.items() if outcome == "error"]
    container_view = ["/proc", "/etc", "/var", "/usr", "/run", "/lib"]
    assert through_mounts(node, container_view) == whole
    assert through_mounts(node, mounts(JOB)) == whole


def numbers(text):
    """Numbers of recommendations; "4.2.1-6" is six of them."""
    found = set()
    for word in text.split():
        section, _, last = word.rpartition(".")
        first, _, end = last.partition("-")
        found |= {f"{section}.{number}" for number in range(int(first), int(end or first) + 1)}
    return found


# Mount to the recommendations that can't be decided without it
AFFECTED = {
    "/proc": numbers(
        "1.1.9-10 1.2.1-19 1.2.21-30 1.3.1-7 1.4.1-2 2.1-7 3.2.1 4.1.2-4 4.1.7-10 4.2.1-14 4.3.1"
    ),
    "/etc/kubernetes": numbers("1.1.1-8 1.1.13-21 2.7 4.1.5-8"),
    "/etc/cni/net.d": numbers("1.1.9-10"),
    "/etc/systemd/system": set(),
    "/run/systemd/system": set(),
    "/lib/systemd/system": set(),
    "/usr/lib/systemd/system": numbers("4.1.1-2"),
    "/var/lib/etcd": numbers("1.1.11-12"),
    "/var/lib/kubelet/config.yaml": numbers("4.1.7-10 4.2.1-6 4.2.8-14"),
    "/etc/passwd": set(),
    "/etc/group": set(),
    "/etc/machine-id": set(),
    "/etc/os-release": set(),
}


def test_the_table_has_all_mounts():
    assert set(AFFECTED) == set(mounts(JOB))


@pytest.mark.parametrize("missing", AFFECTED)
def test_w4_w5_without_a_mount_its_checks_are_errors_and_never_pass(node, whole, missing):
    seen = through_mounts(node, [path for path in mounts(JOB) if path != missing])
    changed = {number: seen[number] for number in whole if seen[number][0] != whole[number][0]}
    assert {outcome for outcome, _ in changed.values()} <= {"error", "unknown"}
    assert set(changed) == AFFECTED[missing]


# Mount to what the report says of the source that it holds, where nothing else shows the same
NAMED = {
    "/proc": "processes of the node",
    "/etc/kubernetes": "files below /etc/kubernetes",
    "/etc/cni/net.d": "files below /etc/cni",
    "/usr/lib/systemd/system": "files below /usr/lib/systemd",
    "/var/lib/etcd": "files below /var/lib/etcd",
    "/var/lib/kubelet/config.yaml": "files below /var/lib/kubelet",
    "/etc/passwd": "names of users (/etc/passwd)",
    "/etc/group": "names of groups (/etc/group)",
    "/etc/machine-id": "identity of the machine (/etc/machine-id)",
    "/etc/os-release": "operating system (/etc/os-release)",
}


def documents_through_mounts(node, paths):
    host = node.parent / "host"
    try:
        where = {node / path.lstrip("/"): host / path.lstrip("/") for path in paths}
        return json.loads(run_mounted(arguments(host), {node: node / "proc/1/root", **where}).stdout)
    finally:
        shutil.rmtree(host)


def lacking(document):
    return {
        source["name"]: set(source["numbers"]) for source in document["sources"] if not source["available"]
    }


@pytest.fixture(scope="module")
def seen_whole(node):
    return documents_through_mounts(node, mounts(JOB))


def test_w4_with_all_mounts_no_check_wants_for_anything(seen_whole):
    assert set().union(*lacking(seen_whole).values()) == set()
    assert not set(NAMED.values()) & set(lacking(seen_whole))


@pytest.mark.parametrize("missing", NAMED)
def test_w4_without_a_mount_its_source_is_named_with_exactly_the_checks_that_change(node, whole, missing):
    document = documents_through_mounts(node, [path for path in mounts(JOB) if path != missing])
    found = lacking(document)
    assert NAMED[missing] in found
    assert set().union(*found.values()) == AFFECTED[missing]
    assert document["coverage"]["not_inspectable"] == len(AFFECTED[missing])
    failed = sum(outcome == "fail" for outcome, _ in whole.values())
    assert document["counts"]["total"]["outcomes"]["fail"] <= failed
