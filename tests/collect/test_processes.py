"""Processes are told by their program and their user, never by what they call themselves."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collect.nodetree import (
    APISERVER,
    COMPONENTS,
    ETCD,
    KUBELET,
    Tree,
    need_namespaces,
    need_root,
    open_to_all,
    run_python,
)
from trueline.collect.access import Root
from trueline.collect.processes import find_processes
from trueline.model.facts import Unavailable

EXE = "/usr/local/bin/kube-apiserver"


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "node")


def found(tree):
    return find_processes(tree.root(), COMPONENTS).processes


def test_a_component_is_found_by_its_program(tree):
    tree.process(10, ["kube-apiserver", "--anonymous-auth=false", "--v", "2", ""], exe=EXE, cwd="/srv")
    (process,) = found(tree)
    assert (process.pid, process.component, process.executable) == (10, "kube-apiserver", EXE)
    assert process.arguments == ("--anonymous-auth=false", "--v", "2", "")
    assert (process.uid, process.user, process.directory) == (0, "root", "/srv")
    assert (process.impostor, process.wrapper, process.root) == (None, None, "")


REAL = [
    (["/opt/other-name"], EXE, None),
    (["kube-apiserver"], f"{EXE} (deleted)", None),
    (["/hyperkube", "kube-apiserver", "--a=1"], "/hyperkube", "hyperkube kube-apiserver"),
    (["k3s", "server", "--a=1"], "/usr/local/bin/k3s", "k3s server"),
    (["k3s", "--debug", "server", "--a=1"], "/usr/local/bin/k3s", "k3s server"),
    (["kube-apiserver", "--a=1"], "/hyperkube", "hyperkube kube-apiserver"),
    (["kube-apiserver", "--a=1"], None, None),
    (["/usr/bin/kube-apiserver"], None, None),
]


@pytest.mark.parametrize(("argv", "exe", "wrapper"), REAL)
def test_real_ones(tree, argv, exe, wrapper):
    tree.process(10, argv, exe=exe)
    (process,) = found(tree)
    assert process.impostor is None
    assert process.wrapper == wrapper
    assert ("--a=1" in process.arguments) == ("--a=1" in argv)
    assert "server" not in process.arguments


NOTHING = [
    ["/bin/grep", "kube-apiserver", "x"],
    ["/bin/bash", "-c", "grep kube-apiserver /var/log/syslog"],
    ["k3s", "agent"],
    ["hyperkube", "kubectl"],
    ["kube-apiserver-exporter"],
    ["my-kube-apiserver"],
    ["vim", "/etc/kubernetes/manifests/kube-apiserver.yaml"],
    [""],
    [],
]


@pytest.mark.parametrize("argv", NOTHING)
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("uid", [0, 1000])
def test_those_that_only_mention_a_name_are_nothing(tree, argv, recorded, uid):
    exe = argv[0] if recorded and argv and argv[0] else None
    tree.process(10, argv, exe=exe and f"/usr/bin/{Path(exe).name}", uid=uid)
    assert found(tree) == ()


IMPOSTORS = [
    (["kube-apiserver", "--secret"], EXE, 1000, None),
    (["kube-apiserver"], EXE, 65534, None),
    (["kube-apiserver"], None, 1000, None),
    (["kube-apiserver"], "/usr/bin/sleep", 1000, None),
    (["kube-apiserver"], "/usr/bin/sleep", 0, None),
    (["kube-apiserver: worker"], "/usr/bin/perl", 1000, None),
    (["kube-apiserver --secure-port=1"], "/usr/bin/perl", 0, None),
    (["kube-apiserver"], EXE, 1000, 0),
    (["kube-apiserver"], EXE, 0, 1000),
    (["k3s", "server"], "/home/me/k3s", 1000, None),
]


@pytest.mark.parametrize(("argv", "exe", "uid", "effective"), IMPOSTORS)
def test_impostors_are_reported_and_never_merged(tree, argv, exe, uid, effective):
    tree.process(9, argv, exe=exe, uid=uid, effective=effective)
    tree.process(10, ["kube-apiserver", "--anonymous-auth=false"], exe=EXE)
    impostor, real = found(tree)
    assert (impostor.pid, real.pid) == (9, 10)
    assert impostor.impostor
    assert impostor.arguments == ()
    assert real.impostor is None


def test_the_nodes_own_login_defs_say_who_is_ordinary(tree):
    tree.process(10, ["etcd"], exe="/usr/bin/etcd", uid=600)
    assert found(tree)[0].impostor is None
    tree.write("/etc/login.defs", "# UID_MIN 5\nUID_MIN\t\t  500\n")
    assert found(tree)[0].impostor


def test_a_process_whose_user_is_not_known_is_not_taken_for_a_component(tree):
    tree.process(10, ["etcd"], exe="/usr/bin/etcd")
    tree.write("/proc/10/status", "Name: etcd\n")
    assert "could not be read" in found(tree)[0].impostor


def test_variables_of_the_component_only(tree):
    pairs = [
        "ETCD_NAME=a=b",
        "PATH=/bin",
        "ETCD_ROOT_PASSWORD=x",
        "ETCD_URL=http://u:p@h",
        "XETCD_A=1",
        "ETCD_E=",
    ]
    tree.process(10, ["etcd"], exe="/usr/bin/etcd", environ=pairs)
    tree.process(11, ["kube-apiserver"], exe=EXE, environ=pairs)
    etcd, apiserver = found(tree)
    assert etcd.environment == {
        "ETCD_NAME": "a=b", "ETCD_ROOT_PASSWORD": "REDACTED", "ETCD_URL": "http://REDACTED@h", "ETCD_E": "",
    }  # fmt: skip
    assert apiserver.environment == {}
    assert etcd.unread == {}


def test_variables_that_can_not_be_read_are_not_empty(tree):
    tree.process(10, ["etcd"], exe="/usr/bin/etcd")
    os.truncate(tree.path / "proc/10/environ", 10 * 1024**3)
    assert found(tree)[0].unread["environment"].kind == "too-large"
    (tree.path / "proc/10/environ").unlink()
    assert found(tree)[0].unread["environment"].kind == "vanished"


def test_arguments_of_megabytes_and_more(tree):
    tree.process(10, ["kube-apiserver", *(f"--flag{n}=x" for n in range(150_000))], exe=EXE)
    tree.process(11, ["kube-apiserver"], exe=EXE)
    os.truncate(tree.path / "proc/11/cmdline", 10 * 1024**3)
    search = find_processes(tree.root(), COMPONENTS)
    (process,) = search.processes
    assert len(process.arguments) == 150_000
    assert search.limits == ["1 of 2 processes could not be read."]


def test_arguments_that_are_no_text(tree):
    tree.process(10, ["kube-apiserver", os.fsdecode(b"--a=\xff\xfe")], exe=EXE)
    (process,) = found(tree)
    assert msgspec.json.decode(msgspec.json.encode(process))["arguments"] == ["--a=\ufffd\ufffd"]


def test_secrets_among_the_arguments(tree):
    tree.process(10, ["k3s", "server", "--token", "marker", "--agent-token=marker"], exe="/bin/k3s")
    (process,) = found(tree)
    assert process.arguments == ("--token", "REDACTED", "--agent-token=REDACTED")


def test_without_proc_nothing_is_known_of_processes(tree, tmp_path):
    assert found(tree).kind == "not-mounted"
    (tree.path / "proc").rmdir()
    assert found(tree).kind == "not-mounted"


def test_many_impostors_do_not_fill_the_snapshot(tree):
    for pid in range(10, 115):
        tree.process(pid, ["etcd"], exe="/home/me/etcd", uid=1000)
    search = find_processes(tree.root(), COMPONENTS)
    assert len(search.processes) == 100
    assert "105" in search.limits[0]


def test_a_container_is_told_by_its_mount_namespace(tree):
    tree.process(1, ["/sbin/init"], exe="/sbin/init", namespace="mnt:[1]")
    tree.process(10, ["etcd"], exe="/bin/etcd", namespace="mnt:[2]")
    tree.process(11, ["kubelet"], exe="/bin/kubelet", namespace="mnt:[1]")
    tree.process(12, ["kube-apiserver"], exe=EXE)
    assert [process.root for process in found(tree)] == ["/proc/10/root", "", ""]


@contextlib.contextmanager
def running(*command, **options):
    with subprocess.Popen(command, **options) as process:
        try:
            time.sleep(0.3)  # until exec: its name is this one's before
            yield process.pid
        finally:
            process.kill()


@pytest.fixture
def program(tmp_path):
    open_to_all(tmp_path)
    return shutil.copy("/bin/sleep", tmp_path / "kube-apiserver")


def live(pid):
    search = find_processes(Root("/"), (APISERVER, ETCD, KUBELET))
    assert not isinstance(search.processes, Unavailable), search
    return next((process for process in search.processes if process.pid == pid), None)


def test_a_real_process_of_root(program):
    need_root()
    with running(program, "3600", cwd="/usr") as pid:
        process = live(pid)
        assert (process.component, process.arguments, process.impostor) == ("kube-apiserver", ("3600",), None)
        assert (process.executable, process.directory, process.uid) == (str(program), "/usr", 0)
        Path(program).unlink()
        assert live(pid).executable == str(program)


def test_a_real_process_of_nobody(program):
    need_root()
    with running(program, "3600", user=65534, group=65534) as pid:
        assert "65534" in live(pid).impostor


def test_a_real_process_that_poses(program):
    need_root()
    with running("kube-apiserver", "3600", executable="/bin/sleep") as pid:
        assert "sleep" in live(pid).impostor


def test_processes_that_come_and_go(program):
    """Hundreds of short-lived processes start and end while they are listed."""
    with running("sh", "-c", "while true; do /bin/true & done", start_new_session=True) as pid:
        try:
            for _ in range(5):
                find_processes(Root("/"), COMPONENTS)
        finally:
            os.killpg(pid, 9)


NAMESPACE = """
import os, subprocess, sys, time, msgspec, yaml
from tests.collect.nodetree import COMPONENTS
from trueline.collect.access import Root
from trueline.collect.processes import find_processes
child = subprocess.Popen([sys.argv[1], "60"]) if sys.argv[1] else None
time.sleep(0.3)
if sys.argv[2]:
    subprocess.run(["mount", "-o", "remount,hidepid=2", "/proc"], check=True)
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(msgspec.json.encode(find_processes(Root("/"), COMPONENTS)).decode())
"""


def in_namespace(program, hidden=""):
    need_namespaces()
    # The first process of the namespace must not be the script: nobody may always see himself.
    first = ("sh", "-c", '"$@"; exit $?', "sh")
    prefix = ("unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc", *first)
    return msgspec.json.decode(run_python(NAMESPACE, str(program), hidden, prefix=prefix))


def test_a_container_of_its_own_does_not_show_the_node():
    processes, limits = in_namespace("")
    assert processes["kind"] == "not-mounted"
    assert "PID namespace" in limits[0]


def test_components_in_the_same_container_are_found_there(program):
    processes, limits = in_namespace(program)
    assert [process["component"] for process in processes] == ["kube-apiserver"]
    assert "PID namespace" in limits[0]


def test_hidden_processes_are_not_absent(program):
    processes, limits = in_namespace(program, "hidden")
    assert (processes["state"], processes["kind"]) == ("unavailable", "denied")
    assert "hidepid" in limits[0]


BYTES = st.binary(max_size=40) | st.sampled_from(
    [b"etcd\0--a\0", b"kube-apiserver\0", b"k3s\0server\0", b"Uid:\t0\t0\n"]
)


@settings(max_examples=60, deadline=None)
@given(BYTES, BYTES, BYTES, st.sampled_from([None, "/bin/etcd", "\udcff", "etcd", "/"]))
def test_no_content_of_proc_raises(tmp_path_factory, cmdline, status, environ, exe):
    tree = Tree(tmp_path_factory.mktemp("node"))  # its folders are made below
    for name, content in (("cmdline", cmdline), ("status", status), ("environ", environ)):
        tree.write(f"/proc/10/{name}", content)
    if exe:
        tree.link("/proc/10/exe", exe)
    msgspec.json.encode(find_processes(tree.root(), COMPONENTS))
