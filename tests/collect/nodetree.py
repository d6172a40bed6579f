"""Small directory trees that look like nodes, and components to find on them."""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

from trueline.collect.access import Root
from trueline.collect.node import collect_node
from trueline.model.setting import Component, Default, DocumentSource, Setting

CAPTURED = Path(__file__).parents[3] / "shared/fixtures/kubeadm-1.36-node.tar"

APISERVER = Component(
    component="kube-apiserver",
    title="API server",
    executables=("kube-apiserver",),
    wrappers=("hyperkube kube-apiserver", "k3s server"),
    documents=(
        DocumentSource(flag="encryption-provider-config", kind="EncryptionConfiguration"),
        DocumentSource(flag="admission-control-config-file", kind="AdmissionConfiguration"),
        DocumentSource(flag="audit-policy-file", kind="Policy"),
    ),
    settings=(Setting(name="anonymous-auth", type="bool"), Setting(name="client-ca-file", type="string")),
)
KUBELET = Component(
    component="kubelet",
    title="kubelet",
    executables=("kubelet",),
    config_flag="config",
    config_dir_flag="config-dir",
    documents=(
        DocumentSource(flag="config", kind="KubeletConfiguration"),
        DocumentSource(flag="config-dir", kind="KubeletConfiguration", directory=True),
        DocumentSource(flag="kubeconfig", kind="kubeconfig"),
    ),
    settings=(
        Setting(name="cert-dir", type="string", default=(Default(value="/var/lib/kubelet/pki"),)),
        Setting(name="client-ca-file", type="string", key="authentication.x509.clientCAFile"),
    ),
)
ETCD = Component(
    component="etcd",
    title="etcd",
    executables=("etcd",),
    config_flag="config-file",
    config_env="ETCD_CONFIG_FILE",
    env_prefix="ETCD_",
    documents=(DocumentSource(flag="config-file", kind="etcd-config"),),
    settings=(Setting(name="data-dir", type="string", key="data-dir", env="ETCD_DATA_DIR"),),
)
COMPONENTS = (APISERVER, KUBELET, ETCD)


class Tree:
    """A node as a directory; processes are recorded in its proc."""

    def __init__(self, path):
        self.path = path
        for name in ("etc", "usr", "var", "proc"):
            (path / name).mkdir(parents=True)
        self.write("/etc/passwd", "root:x:0:0::/:/bin/sh\netcd:x:998:998::/:/bin/sh\n")
        self.write("/etc/group", "root:x:0:\netcd:x:998:\n")

    def write(self, name, content="", mode=0o644):
        file = self.path / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(mode)
        return file

    def link(self, name, target):
        file = self.path / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)

    def process(self, pid, argv, *, exe=None, uid=0, effective=None, environ=None, cwd=None, namespace=None):
        folder = f"/proc/{pid}"
        self.write(f"{folder}/cmdline", b"".join(os.fsencode(word) + b"\0" for word in argv))
        effective = uid if effective is None else effective
        self.write(f"{folder}/status", f"Name:\tx\nUid:\t{uid}\t{effective}\t{effective}\t{effective}\n")
        self.write(f"{folder}/environ", b"".join(os.fsencode(pair) + b"\0" for pair in environ or ()))
        for name, target in (("exe", exe), ("cwd", cwd), ("ns/mnt", namespace)):
            if target:
                self.link(f"{folder}/{name}", target)

    def root(self):
        return Root(str(self.path))

    def collect(self, files=(), components=COMPONENTS):
        return collect_node(self.root(), components, files)


def unpack_captured(path):
    """The captured control-plane node, with owners where this user may set them."""
    if not CAPTURED.exists():
        pytest.skip(f"the captured node is not here: {CAPTURED}")
    with tarfile.open(CAPTURED) as archive:
        archive.extractall(path, filter="fully_trusted", numeric_owner=True)
    return path / "root"


def open_to_all(folder):
    """Lets every user into a test's folder, through those of pytest above it."""
    for each in (folder, *folder.parents):
        if each == Path(tempfile.gettempdir()):
            break
        each.chmod(0o755)


def run_python(script, *arguments, prefix=(), timeout=60):
    """Standard output of a script in a process of its own; it must end well."""
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([source, str(Path(__file__).parents[2])])}
    done = subprocess.run(
        [*prefix, sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def need_root():
    if os.geteuid() != 0:
        pytest.skip("needs root")


def need_namespaces():
    """Skip where this machine doesn't let a test have its own PID and mount namespaces."""
    need_root()
    command = ["unshare", "-m", "-p", "-f", "--mount-proc", "true"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=20)
    except OSError as error:
        pytest.skip(f"unshare: {error}")
    if done.returncode:
        pytest.skip(f"no namespaces of its own for a test: {done.stderr.decode()}")
