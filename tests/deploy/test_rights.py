"""Real processes, looked at with the rights of the Job's container and with fewer."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.collect.nodetree import open_to_all
from tests.deploy.manifests import container
from tests.sandbox import need_mounts, run_mounted

CAPABILITIES = [
    name.lower() for name in container("job-control-plane")["securityContext"]["capabilities"]["add"]
]
MOUNTED = ("etc/kubernetes", "etc/passwd", "etc/group", "var/lib/etcd", "var/lib/kubelet/config.yaml")
ETCD = 996
# $1 is the folder of the programs, the rest is the scan. Each program is a shell with the script "wait".
START = """
cd "$1"; shift
export ETCD_CLIENT_CERT_AUTH=true
setpriv --reuid 996 --regid 995 --clear-groups ./etcd wait --data-dir=/var/lib/etcd/data &
unshare -m sh -c 'mount --bind inside outside && exec ./kube-apiserver wait --profiling=false \
    --audit-policy-file='"$PWD"'/outside/policy.yaml' &
./kubelet wait --config=/var/lib/kubelet/config.yaml --streaming-connection-idle-timeout=5m &
sleep 0.7
"$@"
"""
# In a container: namespaces of its own but for files, a root that can't be written, and few capabilities.
CONFINE = ("unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--net", "--mount-proc", "sh", "-c")
READ_ONLY = 'mount -o remount,bind,ro / && exec "$0" "$@"'


@pytest.fixture
def place(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("SKIPPED FOR WANT OF ROOT: capabilities can only be taken from one who has them")
    if not shutil.which("setpriv"):
        pytest.skip("SKIPPED FOR WANT OF setpriv (util-linux)")
    need_mounts()
    open_to_all(tmp_path)
    _programs(tmp_path)
    _node(tmp_path / "node")
    return tmp_path


def _programs(folder):
    for name in ("etcd", "kube-apiserver", "kubelet"):
        shutil.copy("/bin/sh", folder / name)
    (folder / "wait").write_text("sleep 60; :\n")
    for name, level in (("inside", "Metadata"), ("outside", "None")):
        (folder / name).mkdir()
        (folder / name / "policy.yaml").write_text(
            f"{{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{{level: {level}}}]}}"
        )


def _node(node):
    for folder in MOUNTED[:1] + MOUNTED[3:4] + ("var/lib/kubelet", "var/lib/etcd/data"):
        (node / folder).mkdir(parents=True)
    (node / "etc/kubernetes/manifests").mkdir()
    manifest = node / "etc/kubernetes/manifests/kube-apiserver.yaml"
    manifest.write_text("apiVersion: v1\nkind: Pod\n")
    manifest.chmod(0o600)
    (node / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\netcd:x:996:995::/:/bin/sh\n")
    (node / "etc/group").write_text("root:x:0:\netcd:x:995:\n")
    config = node / MOUNTED[4]
    config.write_text(
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nprotectKernelDefaults: true\n"
    )
    config.chmod(0o600)
    for folder in ("var/lib/etcd/data", "var/lib/etcd"):  # 700, as its owner alone may enter
        os.chown(node / folder, ETCD, 995)
        (node / folder).chmod(0o700)


def scan(place, capabilities, *, confine=True):
    bounds = "".join(f",+{name}" for name in capabilities)
    less = ("setpriv", f"--bounding-set=-all{bounds}", "--inh-caps=-all", "--no-new-privs")
    confined = (*CONFINE, READ_ONLY, *less) if confine else ()
    host = place / "host"
    words = ("--root", host, "--benchmark", "cis-1.12", "--platform", "kubeadm", "--node-name", "n")
    done = run_mounted(
        [sys.executable, "-B", "-m", "trueline", "scan", *words, "--format", "json"],
        {place / "node" / path: host / path for path in MOUNTED} | {"/proc": host / "proc"},
        options=("--pid", "--fork", "--kill-child", "--mount-proc"),
        inside=("sh", "-c", START, "sh", str(place), *confined),
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)["results"]
    return {result["number"]: result["outcome"] for result in found}


PASSED = ("1.1.1", "1.1.11", "1.1.12", "2.2", "4.2.4", "4.1.9")
# Capability to what can't be told without it: variables of etcd; what is below a directory of its own
LOST = {"sys_ptrace": {"2.1", "2.2", "2.3"}, "dac_read_search": {"1.1.11", "1.1.12"}}


def test_two_capabilities_show_what_all_show_and_less_never_passes(place):
    """Also with a root that can't be written: were anything written, the scan would fail (W10)."""
    before = _state(place)
    whole = scan(place, (), confine=False)
    assert all(whole[number] == "pass" for number in PASSED), whole
    assert scan(place, CAPABILITIES) == whole
    for capability, expected in LOST.items():
        less = scan(place, [name for name in CAPABILITIES if name != capability])
        changed = {number for number in whole if less[number] != whole[number]}
        assert {less[number] for number in changed} <= {"error", "unknown"}
        assert expected <= changed
    assert _state(place) == before


def _state(place):
    """What changes when anything is written: sizes and times of all files but the mounts' places."""
    found = {}
    for path in sorted(place.glob("node/**/*")):
        status = Path(path).lstat()
        found[path] = (status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return found
