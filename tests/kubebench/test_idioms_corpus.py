"""All published scripts, both ways and to the byte: with and without each file and process."""

import os
import re
import time
from pathlib import Path

import pytest

from tests.kubebench.folder import running
from trueline.collect.access import Root
from trueline.collect.commands import run_script
from trueline.collect.machine import Machine
from trueline.kubebench.directory import load_benchmark, read_settings
from trueline.kubebench.evaluate import needed_scripts
from trueline.kubebench.idioms import answer

CONTROLS = Path(__file__).resolve().parents[3] / "shared" / "kube-bench-cfg"
PLACES = re.compile(r"(?<![\w.])/(?=(?:etc/(?!passwd)|var/|node/|usr/lib/systemd))")
MOVING = re.compile(r"(?m)^(\S+ +\d+ +\d+ ) *\d+ +\S+ (\S+) +[\d:-]+ ")
# What asks a cluster, a journal or a certificate's program needs that program.
NEEDS_A_PROGRAM = re.compile(r"\b(?:kubectl|oc|journalctl|systemctl|openssl|master-exec)\b")
FOLDERS = (
    "etc/kubernetes/pki",
    "etc/cni/net.d",
    "etc/origin/openvswitch",
    "node/etc/kubernetes/ssl",
    "var/lib/cni/networks",
    "var/lib/etcd",
    "var/lib/rancher/k3s/server/tls",
    "var/lib/rancher/rke2/server/tls",
    "var/lib/rancher/rke2/server/db/etcd",
    "var/snap/microk8s/current/certs",
    "var/snap/microk8s/current/var/kubernetes/backend",
)
ODD = {"/bin/ps -fC $kubeletbin"}  # `ps` complains of a name that is missing
PROVIDERS = "kind: EncryptionConfiguration\nresources:\n  - providers:\n      - aescbc:\n          keys: []\n"
CONTENT = (
    "experimental-encryption-provider-config:\n  - /etc/passwd\nserviceAccountConfig:\n  privateKeyFile: a\n"
)


class Nothing:
    """A node on which nothing is found: every variable stands for its default."""

    def exists(self, path):
        return False

    def command_lines(self, name):
        return [name]


def published():
    if not CONTROLS.is_dir():
        pytest.skip(f"SKIPPED FOR WANT OF PUBLISHED CONTROLS: {CONTROLS} is not there")
    found = {}
    for folder in sorted(path for path in CONTROLS.iterdir() if path.is_dir()):
        loaded = load_benchmark(CONTROLS, folder.name, read_settings(CONTROLS, folder.name), Nothing())
        for script in needed_scripts(loaded.controls):
            found.setdefault(script, set()).add(folder.name)
    return found


@pytest.fixture(scope="module")
def scripts():
    return published()


@pytest.fixture
def calm(monkeypatch, tmp_path):
    """No variable that changes what programs print, and a working directory without files."""
    for name in ("COLUMNS", "LINES", "LANGUAGE", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    if not Machine(Root("/")).prints_like_procps or Machine(Root("/")).maker("find") != "gnu":
        pytest.skip("SKIPPED: the programs of this machine are not those of procps and GNU")


def still(text):
    return MOVING.sub(r"\1\2 ", text)


def compare(script):
    """Whether the script could be answered; then it was, as by the shell."""
    for again in (True, True, False):  # other programs of this machine come and go meanwhile
        native = answer(script, Machine(Root("/")))
        if native is None:
            return False
        real = run_script(script)
        same = (still(native.output), native.exit_code) == (still(real.output), real.exit_code)
        if same or not again:
            break
    assert (still(native.output), native.exit_code) == (still(real.output), real.exit_code), script
    return True


def left_to_the_shell(scripts, look):
    """The scripts without an answer; looked at again where odd processes of others may be the reason."""
    left = [script for script in scripts if not look(script)]
    for _ in range(3):
        if set(left) - ODD:
            time.sleep(1)
            left = [script for script in left if not look(script)]
    return left


def moved(scripts, root):
    return [PLACES.sub(f"{root}/", script) for script in scripts if not NEEDS_A_PROGRAM.search(script)]


def paths_in(script, root):
    found = re.findall(rf"{re.escape(str(root))}/[\w./-]*\w", script)
    return sorted({Path(path) for path in found})


def furnish(root, scripts):
    """Every file and folder that the scripts name, with modes of many kinds."""
    for name in FOLDERS:
        folder = root / name
        folder.mkdir(parents=True)
        for number, file in enumerate(("a.crt", "a.key", "b.crt", "b-key.pem", "b.pem", "lock", ".hidden")):
            (folder / file).write_text("x")
            (folder / file).chmod(0o600 + number)
        (folder / "deeper").mkdir(mode=0o711)
        (folder / "deeper" / "c.crt").write_text("")
        (folder / "deeper" / "link.key").symlink_to("c.crt")
        if os.geteuid() == 0:
            os.chown(folder / "a.crt", 65534, 65534)
    for script in scripts:
        for path in paths_in(script, root):
            if not path.exists() and not path.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(CONTENT)
                path.chmod(0o640)
    (root / "enc.yaml").write_text(PROVIDERS)


def processes(root):
    return (
        ("kube-apiserver", f"--encryption-provider-config={root}/enc.yaml", "--profiling=false"),
        ("kube-controller-manager", "--profiling=false"),
        ("kube-scheduler", "--profiling=false"),
        ("etcd", f"--data-dir={root}/var/lib/etcd", "--cert-file=/a"),
        (
            "kubelet",
            f"--client-ca-file={root}/etc/kubernetes/pki/a.crt",
            f"--cni-conf-dir={root}/etc/cni/net.d",
        ),
        ("kube-proxy",),
    )


def test_every_file_and_process_there(calm, scripts, tmp_path):
    root = tmp_path / "node"
    asked = moved(scripts, root)
    furnish(root, asked)
    with running(tmp_path / "bin", *processes(root)):
        left = left_to_the_shell(asked, compare)
    assert set(left) == ODD


def test_no_file_and_no_process_there(calm, scripts, tmp_path):
    with running(tmp_path / "bin"):
        left = left_to_the_shell(moved(scripts, tmp_path / "node"), compare)
    assert set(left) == ODD


def test_each_file_missing_in_turn(calm, scripts, tmp_path):
    root = tmp_path / "node"
    asked = moved(scripts, root)
    furnish(root, asked)
    compared = 0
    with running(tmp_path / "bin", *processes(root)):
        for script in asked:
            for path in paths_in(script, root):
                if path.exists():
                    path.rename(tmp_path / "aside")
                    compared += compare(script)
                    (tmp_path / "aside").rename(path)
    assert compared > 100


@pytest.mark.parametrize(
    "commands",
    [
        [("kube-apiserver",), ("etcd",), ("kubelet",)],
        [("kubelet", "--client-ca-file=/a"), ("kubelet", "--client-ca-file=/a", "--cni-conf-dir=/nowhere")],
        [("kubelet", "--client-ca-file=/a"), ("kubelet", "--client-ca-file=/b")],
        [("etcd", "--data-dir", "/tmp"), ("etcd", "--data-dir=/etc")],
        [("kube-apiserver", "--encryption-provider-config=/nowhere"), ("etcd", "--data-dir=/nowhere")],
        [("kube-apiserver", "--encryption-provider-config=/etc/passwd", "--encryption-provider-config=/b")],
        [("kube-apiserver", "--encryption-provider-config", "two words"), ("kubelet", "--client-ca-file=*")],
        [("kubelet", "--client-ca-file=$(id)", "--cni-conf-dir='a b'"), ("etcd", "--data-dir=\\1&")],
        [("kubelet", "--client-ca-file="), ("etcd", "--data-dir="), ("kube-apiserver", "é")],
    ],
)
@pytest.mark.parametrize("language", ["C", "C.UTF-8", "de_DE.UTF-8"])
def test_processes_of_many_kinds(calm, monkeypatch, scripts, tmp_path, commands, language):
    monkeypatch.setenv("LC_ALL", language)
    root = tmp_path / "node"
    about = [script for script in moved(scripts, root) if re.search(r"\bps\b", script)]
    furnish(root, about)
    with running(tmp_path / "bin", *commands):
        for script in about:
            compare(script)


def test_all_of_a_benchmark_but_what_asks_the_cluster(calm, scripts, tmp_path):
    """The aim: no program at all for processes, files and configuration."""
    asked = [
        script
        for script, benchmarks in scripts.items()
        if "cis-1.12" in benchmarks and not re.search(r"\bkubectl\b", script)
    ]
    with running(tmp_path / "bin"):
        left = left_to_the_shell(asked, lambda script: answer(script, Machine(Root("/"))))
    assert len(asked) > 35
    assert left == []
