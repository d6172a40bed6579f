"""Where the collector says that it runs."""

import os
import subprocess
import sys

import pytest

from tests.node_tree import NodeTree
from tests.sandbox import need_mounts, run_mounted
from trueline.collect.mode import Signs, decided, signs, where

POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}


@pytest.mark.parametrize(
    ("found", "mode"),
    [
        (Signs(), "host"),
        (Signs(container=True), "container"),
        (Signs(pod=True), "job"),
        (Signs(pod=True, container=True), "job"),
        (Signs(live=False), "recorded"),
        (Signs(live=False, mounted=True), "recorded"),
        (Signs(live=False, pod=True), "recorded"),
        (Signs(live=False, container=True), "recorded"),
        (Signs(live=False, pod=True, mounted=True), "job"),
        (Signs(live=False, container=True, mounted=True), "container"),
    ],
)
def test_w3_the_mode_follows_from_what_was_found(found, mode):
    assert decided(found) == mode


def own_files(folder, *, namespace="pid:[4026531836]", cgroup="0::/init.scope\n"):
    (folder / "proc/self/ns").mkdir(parents=True)
    (folder / "proc/self/ns/pid").symlink_to(namespace)
    (folder / "proc/self/ns/cgroup").symlink_to("cgroup:[4026531835]")
    (folder / "proc/self/cgroup").write_text(cgroup)
    return str(folder)


@pytest.mark.parametrize(
    ("given", "contained"),
    [
        ({}, False),
        ({"namespace": "pid:[4026532211]"}, True),
        ({"cgroup": "12:pids:/kubepods/burstable/pod12/ab\n"}, True),
        ({"cgroup": "0::/system.slice/docker-0123.scope\n"}, True),
        ({"cgroup": "0::/user.slice/user-0.slice/session-1.scope\n"}, False),
    ],
)
def test_a_container_is_known_by_its_namespaces_or_control_group(tmp_path, given, contained):
    assert signs("/", {}, own_files(tmp_path, **given)).container is contained


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_a_container_is_known_by_what_its_runtime_left(tmp_path, mark):
    own = own_files(tmp_path)
    (tmp_path / mark).parent.mkdir(exist_ok=True)
    (tmp_path / mark).write_text("")
    assert signs("/", {}, own).container


def test_a_container_is_known_by_its_variable(tmp_path):
    assert signs("/", {"container": "podman"}, own_files(tmp_path)).container


def test_a_copied_tree_is_a_recording_even_in_a_pod(tmp_path):
    tree = NodeTree(tmp_path / "node")
    assert where(str(tree.root), {}) == "recorded"
    assert where(str(tree.root), POD) == "recorded"


def test_this_machine_is_read_live():
    assert where("/", {}) in ("host", "container")
    assert where("/", POD) == "job"


def test_a_pod_without_proc_of_the_node_is_still_a_pod(tmp_path):
    need_mounts()
    tree = NodeTree(tmp_path / "node")
    program = f"from trueline.collect.mode import where; print(where({str(tmp_path / 'host')!r}, {POD}))"
    done = run_mounted([sys.executable, "-c", program], {tree.root / "etc": tmp_path / "host" / "etc"})
    assert done.stdout == "job\n", done.stderr


def test_a_process_in_a_namespace_of_its_own_is_in_a_container():
    program = "from trueline.collect.mode import where; print(where('/', {}))"
    words = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, check=False, text=True, env=dict(os.environ))
    if done.returncode and "unshare" in done.stderr:
        pytest.skip(f"SKIPPED FOR WANT OF THE RIGHT TO UNSHARE: {done.stderr.strip()}")
    assert done.stdout == "container\n", done.stderr
