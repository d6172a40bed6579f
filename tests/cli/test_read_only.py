"""A scan changes nothing: not the node, not the machine that it runs on, not the cluster."""

import json
import os
import re
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.collect.apiserver import serve
from tests.node_tree import NodeTree
from tests.sandbox import need_mounts

TRUELINE = [sys.executable, "-m", "trueline"]
# Calls that change a file system, whatever their arguments are.
CHANGES = (
    *("unlink", "unlinkat", "rename", "renameat", "renameat2", "rmdir", "mkdir", "mkdirat", "creat", "mknod"),
    *("mknodat", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "chown", "lchown"),
    *("fchown", "fchownat", "truncate", "ftruncate", "setxattr", "lsetxattr", "fsetxattr", "removexattr"),
    *(
        "utime",
        "utimes",
        "utimensat",
        "futimesat",
        "mount",
        "umount2",
        "chroot",
        "pivot_root",
        "kill",
        "tgkill",
    ),
)
OPENED = re.compile(r'open(?:at)?\((?:[^,]+, )?"(?P<path>(?:[^"\\]|\\.)*)", (?P<flags>[A-Z_|0-9]+)')
WRITES = re.compile("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
CALLED = re.compile(r"(?:^|\] |\d )(?P<name>[a-z0-9_]+)\(")
NAMED = re.compile(r'"((?:[^"\\]|\\.)*)"')
CONNECTED = re.compile(r"connect\(\d+, \{sa_family=AF_INET6?, sin6?_port=htons\((\d+)\)")


@pytest.fixture
def node(tmp_path):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver", "--profiling=true", "--tls-cert-file=/etc/kubernetes/pki/a.crt")
    tree.component("kubelet", "--config=/var/lib/kubelet/config.yaml")
    tree.write("/etc/kubernetes/pki/a.crt", "nothing")
    tree.write("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n")
    tree.write("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    return tree.root


def everything(root):
    """Names, metadata and content of a whole tree; times of access left out."""
    found = {}
    for path in [root, *sorted(root.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (status.st_mode, status.st_uid, status.st_mtime_ns, status.st_ctime_ns, content)
    return found


def test_w10_the_api_server_gets_only_lists_and_the_version(node, tmp_path):
    with serve() as server:
        config = server.kubeconfig(tmp_path)
        done = subprocess.run(
            [*TRUELINE, "scan", "--root", node, "--kubeconfig", config, "--format", "json"],
            capture_output=True,
            check=False,
            text=True,
        )
        asked = list(server.asked)
    assert done.returncode in (0, 1, 3), done.stderr
    assert len(asked) > 10
    assert {method for method, _ in asked} == {"GET"}
    for _, path in asked:
        assert "watch=" not in urlsplit(path).query
        assert re.fullmatch(r"/version|/api(s/[\w.]+)?/v\d\w*/\w+", urlsplit(path).path), path
        assert "secrets" not in path


def test_w10_the_node_is_the_same_afterwards(node, tmp_path):
    before = everything(node)
    for words in (
        ["scan", "--benchmark", "cis-1.12", "--benchmark", "cis-debian-12"],
        ["collect", "-o", str(tmp_path / "snapshot.json.gz")],
    ):
        done = subprocess.run(
            [*TRUELINE, *words, "--root", node], capture_output=True, check=False, text=True
        )
        assert done.returncode in (0, 1, 3), done.stderr
        assert everything(node) == before


def traced(log, words, **given):
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", log, "-s", "512", *words],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **given},
    )
    if "ptrace" in done.stderr.lower():
        pytest.skip(f"SKIPPED FOR WANT OF THE RIGHT TO TRACE: {done.stderr.strip()[:200]}")
    assert done.returncode in (0, 1, 3), done.stderr
    return log.read_text(errors="replace").splitlines()


def changes(lines):
    """Paths that were opened for writing, and other calls that change something."""
    for line in lines:
        if (found := OPENED.search(line)) and re.search(
            "O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", found["flags"]
        ):
            yield found["path"]
        elif (called := CALLED.search(line)) and called["name"] in CHANGES:
            yield " ".join((called["name"], *NAMED.findall(line)))


@pytest.mark.parametrize("live", [False, True])
def test_w10_no_call_changes_anything_but_the_report(node, tmp_path, live):
    if not shutil.which("strace"):
        pytest.skip("SKIPPED FOR WANT OF strace")
    report = tmp_path / "out" / "report.json"
    report.parent.mkdir()
    where = [] if live else ["--root", str(node)]
    with serve() as server:
        words = ["scan", *where, "--kubeconfig", server.kubeconfig(tmp_path), "--benchmark", "cis-1.12"]
        lines = traced(tmp_path / "calls", [*TRUELINE, *words, "-o", str(report)])
        port = server.server_address[1]
    assert set(changes(lines)) - {"/dev/null"} == {str(report)}
    connected = {int(found[1]) for line in lines if (found := CONNECTED.search(line))}
    assert connected == {port}
    started = [line for line in lines if re.search(r"\bexecve\(", line)]
    assert len(started) == 1  # trueline itself


def test_w10_a_machine_that_can_not_be_written_is_scanned_all_the_same(node, tmp_path):
    need_mounts()
    out = tmp_path / "out"
    out.mkdir()
    words = " ".join(
        [*TRUELINE, "scan", "--root", str(node), "--benchmark", "cis-1.12", "-o", f"{out}/r.json"]
    )
    script = f"""
        set -e
        mount --make-rprivate /
        mount -t tmpfs none {out}
        mount -o remount,bind,ro /
        test ! -w {node} || exit 9
        {words} >/dev/null 2>&1 || status=$?
        cat {out}/r.json
        exit ${{status:-0}}
    """
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], capture_output=True, check=False, text=True
    )
    if done.returncode == 9 or "remount" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"SKIPPED FOR WANT OF A READ-ONLY ROOT: {done.stderr.strip()[:200]}")
    assert done.returncode in (0, 1, 3), done.stderr
    assert json.loads(done.stdout)["counts"]["total"]["total"] > 50
