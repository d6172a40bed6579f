"""The captured node brought to life: its files in place, its processes running, the shell at work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kubebench.folder import running

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
NAMESPACE = ["unshare", "--mount", "--pid", "--fork", "--mount-proc"]
TARGETS = "master,etcd,controlplane,node"  # policies ask a cluster by kubectl, which is not here
NAMES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet", "kube-proxy")
MOUNTS = """\
set -e
mount --make-rprivate /
for place in etc var/lib usr/lib/systemd; do
    test -d /$place
    mount -t overlay overlay -o lowerdir="$1/$place:/$place" /$place
done
shift
exec "$@"
"""


def recorded_processes(root):
    for folder in sorted((root / "proc").iterdir()):
        words = (
            (folder / "cmdline").read_bytes().decode().rstrip("\0").split("\0") if folder.is_dir() else [""]
        )
        name = words[0].rpartition("/")[2]
        if name in NAMES:
            yield (name, *words[1:])


def live(root, folder):
    """Runs inside the namespace: prints the documents of a run with idioms and of one without."""
    words = ["run", "-D", str(SHARED / "kube-bench-cfg"), "--benchmark", "cis-1.12", "--json", "-s", TARGETS]
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with running(Path(folder) / "bin", *recorded_processes(Path(root))):
        kept = ["--snapshot-out", f"{folder}/snapshot.json"]
        for more in (kept, ["--no-idioms"], ["--strict-compat"]):
            command = [sys.executable, "-m", "trueline", "kube-bench", *words, *more]
            subprocess.run(command, check=True, env=environ)


def verdicts(text):
    return {
        check["test_number"]: check["status"]
        for each in json.loads(text)["Controls"]
        for group in each["tests"]
        for check in group["results"]
    }


def test_same_verdicts_as_recorded(captured_root, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("SKIPPED FOR WANT OF ROOT: files can't be put in place of this machine's")
    if subprocess.run(
        [*NAMESPACE, "sh", "-c", MOUNTS, "sh", captured_root, "true"], capture_output=True, check=False
    ).returncode:
        pytest.skip("SKIPPED: this machine allows no mounts of overlays in a namespace")
    code = f"from tests.cli.test_kubebench_live import live; live({str(captured_root)!r}, {str(tmp_path)!r})"
    done = subprocess.run(
        [*NAMESPACE, "sh", "-c", MOUNTS, "sh", captured_root, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    recorded = (SHARED / "fixtures" / "kube-bench-verdicts" / "cis-1.12-all.json").read_text()
    expected = {number: state for number, state in verdicts(recorded).items() if not number.startswith("5.")}
    found = [verdicts(line) for line in done.stdout.splitlines()]
    assert len(found) == 3
    for one in found:
        assert {number: one[number] for number in expected} == expected
    commands = json.loads((tmp_path / "snapshot.json").read_text())["node"]["commands"]
    assert len(commands) > 40
    assert [script for script, output in commands.items() if not output.get("native")] == []
