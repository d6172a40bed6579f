"""A folder of controls in the tests' own words, and nodes to judge with them."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.node_tree import NodeTree

LOCK = Path(tempfile.gettempdir()) / f"trueline-tests-{os.getuid()}.lock"
CONFIG = """\
master:
  components: [apiserver, scheduler]
  apiserver:
    bins: [kube-apiserver]
    confs: [/etc/kubernetes/manifests/kube-apiserver.yaml]
    defaultconf: /etc/kubernetes/manifests/kube-apiserver.yaml
  scheduler: {bins: [kube-scheduler], optional: true}
etcd:
  components: [etcd]
  etcd: {bins: [etcd], datadirs: [/var/lib/etcd]}
node:
  components: [kubelet]
  kubelet:
    bins: [kubelet]
    confs: [/var/lib/kubelet/config.yaml]
    defaultconf: /var/lib/kubelet/config.yaml
controlplane: {components: []}
policies: {components: []}
managedservices: {components: []}
version_mapping: {"1.29": tests-1, "1.18": tests-1, "4.0": tests-4}
target_mapping:
  tests-1: [master, node, controlplane, etcd, policies]
  tests-4: [master, node]
  ack-1.0: [master, node]
  eks-1.7.0: [node, policies, managedservices]
  gke-1.9.0: [node, policies, managedservices]
  rh-1.4: [node]
"""
MASTER = """\
version: tests-1
id: 1
text: Servers
type: master
groups:
  - id: 1.1
    text: Files
    checks:
      - id: 1.1.1
        text: manifest may be read by root alone
        audit: /bin/sh -c 'if test -e $apiserverconf; then stat -c permissions=%a $apiserverconf; fi'
        tests: {test_items: [{flag: permissions, compare: {op: bitmask, value: "600"}}]}
        remediation: chmod 600 $apiserverconf
        scored: true
  - id: 1.2
    text: Flags
    checks:
      - id: 1.2.1
        text: profiling is off
        audit: /bin/ps -ef | grep $apiserverbin | grep -v grep
        tests: {test_items: [{flag: --profiling, compare: {op: eq, value: false}}]}
        remediation: |
          Start it with --profiling=false.
          Then wait.
        scored: true
      - id: 1.2.2
        text: token file is not used
        audit: /bin/ps -ef | grep $apiserverbin | grep -v grep
        tests: {test_items: [{flag: --token-auth-file, set: false}]}
        remediation: Remove --token-auth-file.
        scored: false
"""
NODE = """\
version: tests-1
id: 4
text: Workers
type: node
groups:
  - id: 4.1
    text: Kubelet
    checks:
      - id: 4.1.1
        text: anonymous requests are refused
        audit: /bin/ps -fC $kubeletbin
        audit_config: /bin/cat $kubeletconf
        tests:
          test_items:
            - flag: --anonymous-auth
              path: '{.authentication.anonymous.enabled}'
              compare: {op: eq, value: false}
        remediation: Set authentication.anonymous.enabled to false.
        scored: true
      - id: 4.1.2
        text: somebody looked at it
        type: manual
        remediation: Look at it.
        scored: false
      - id: 4.1.3
        text: left out
        type: skip
        scored: true
"""
SMALL = """\
version: tests-1
id: {id}
text: Part {id}
type: {name}
groups:
  - id: {id}.1
    text: One group
    checks:
      - id: {id}.1.1
        text: a value is there
        audit: printf 'value=1\\n'
        tests: {{test_items: [{{flag: value}}]}}
        scored: true
"""


def write_controls(folder: Path, *benchmarks: str) -> Path:
    """A config directory with the same controls for each benchmark."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG)
    for name in benchmarks or ("tests-1",):
        own = folder / name
        own.mkdir()
        (own / "config.yaml").write_text("---\n")
        (own / "master.yaml").write_text(MASTER)
        (own / "node.yaml").write_text(NODE)
        for number, target in enumerate(("etcd", "controlplane", "policies", "managedservices"), start=1):
            if target != "etcd" or name == "tests-1":
                text = SMALL.format(id={"etcd": 2, "controlplane": 3}.get(target, number + 2), name=target)
                (own / f"{target}.yaml").write_text(text)
    return folder


class Node(NodeTree):
    """A tree whose processes `ps` could list, too."""

    def process(self, argv, **given):
        number = super().process(argv, **given)
        status = self.root / f"proc/{number}/status"
        status.chmod(0o644)
        status.write_text(status.read_text() + "PPid:\t1\nState:\tS (sleeping)\n")
        return number


def control_plane(root: Path) -> Node:
    """API server, etcd and kubelet with files, well configured but for the manifest's mode."""
    node = worker(root)
    node.component("kube-apiserver", "--profiling=false")
    node.component("etcd", "--data-dir=/var/lib/etcd")
    image = "registry.k8s.io/kube-apiserver:v1.29.3"
    manifest = (
        f"{{kind: Pod, apiVersion: v1, metadata: {{name: a}}, spec: {{containers: [{{image: '{image}'}}]}}}}"
    )
    node.write("/etc/kubernetes/manifests/kube-apiserver.yaml", manifest, 0o644)
    return node


def worker(root: Path) -> Node:
    """A kubelet with its file."""
    node = Node(root)
    node.component("kubelet", "--config=/var/lib/kubelet/config.yaml")
    node.write("/var/lib/kubelet/config.yaml", "authentication: {anonymous: {enabled: false}}\n")
    return node


@contextmanager
def running(folder: Path, *commands: tuple[str, ...]):
    """Real processes of these names with these arguments: shells that wait for a line which never comes.

    Tests that run beside this one would see them in their lists of processes: one at a time has some.
    """
    folder.mkdir(exist_ok=True)
    started = []
    lock = os.open(LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, *arguments in commands:
            program = folder / name
            if not program.exists():
                shutil.copy("/bin/sh", program)
            words = [program, "-c", "read line", name, *arguments]
            started.append(subprocess.Popen(words, stdin=subprocess.PIPE))
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.kill()
            process.communicate()
        os.close(lock)
