"""What a scan of this very machine must be able to do: no network, and reports that openscap takes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ITEMS = ("--benchmark", "cis-aliyun-linux-2-1.0.0", "--no-walk")
ALONE = ["unshare", "--net", "--"]


def scan(*words, inside=()):
    environment = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    return subprocess.run(
        [*inside, sys.executable, "-m", "trueline", "scan", *map(str, words)],
        capture_output=True,
        check=False,
        text=True,
        env=environment,
        timeout=100,
    )


@pytest.fixture
def tree(tmp_path):
    """A machine of which little can be read, but enough for passes and failures."""
    files = {
        "etc/os-release": 'ID="alinux"\nVERSION_ID="2.1903"\n',
        "etc/passwd": "root:x:0:0::/root:/bin/bash\nmallory:x:0:0::/root:/bin/sh\n",
        "etc/shadow": "root:!:19000:0:99999:7:::\nmallory::19000:0:99999:7:::\n",
        "etc/group": "root:x:0:\n",
        "etc/login.defs": "PASS_MAX_DAYS 99999\nPASS_MIN_DAYS 7\nPASS_WARN_AGE 7\n",
        "etc/ssh/sshd_config": "PermitRootLogin yes\nX11Forwarding no\n",
        "usr/lib/x": "",
        "var/lib/x": "",
    }
    root = tmp_path / "root"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def need_network_namespaces():
    if shutil.which("unshare") is None:
        pytest.skip("SKIPPED FOR WANT OF unshare (util-linux)")
    done = subprocess.run([*ALONE, "true"], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"SKIPPED FOR WANT OF THE RIGHT TO LEAVE THE NETWORK: {done.stderr.decode().strip()}")


def test_d15_a_scan_needs_no_network(tree):
    need_network_namespaces()
    seen = subprocess.run(
        [*ALONE, "cat", "/proc/net/route", "/proc/net/dev"], capture_output=True, text=True, check=True
    ).stdout
    assert "eth" not in seen
    done = scan("--root", tree, *ITEMS, "--format", "json", inside=ALONE)
    assert done.returncode in (1, 3), done.stderr
    with_network = scan("--root", tree, *ITEMS, "--format", "json")
    assert outcomes(done) == outcomes(with_network)
    assert {"pass", "fail"} <= set(outcomes(done).values())


def test_d15_this_machine_is_judged_without_a_network(tmp_path):
    need_network_namespaces()
    report = tmp_path / "report.html"
    done = scan("--no-walk", "--no-cluster", "-o", report, inside=ALONE)
    assert "Traceback" not in done.stderr
    if done.returncode == 2:
        pytest.skip(f"SKIPPED: no benchmark is for this machine ({done.stderr.strip()[:100]})")
    assert done.returncode in (0, 1, 3)
    assert "<!doctype html>" in report.read_text(encoding="utf-8")


def outcomes(done):
    return {one["number"]: one["outcome"] for one in json.loads(done.stdout)["results"]}


@pytest.mark.parametrize("words", [(), ("--level", "1")])
def test_d14_openscap_takes_what_a_scan_writes(tree, tmp_path, words):
    oscap = shutil.which("oscap")
    if oscap is None:
        pytest.skip("SKIPPED FOR WANT OF oscap (openscap-scanner)")
    checklist, collection = tmp_path / "a.xccdf.xml", tmp_path / "a.arf.xml"
    done = scan("--root", tree, *ITEMS, *words, "-o", checklist, "-o", collection)
    assert done.returncode in (1, 3), done.stderr
    for command in (
        ("xccdf", "validate", "--skip-schematron", checklist),
        ("ds", "rds-validate", collection),
        ("info", collection),
    ):
        found = subprocess.run([oscap, *map(str, command)], capture_output=True, text=True, check=False)
        assert (found.returncode, found.stderr) == (0, ""), command
    rules = subprocess.run(
        [oscap, "xccdf", "validate", checklist], capture_output=True, text=True, check=False
    )
    assert "Error:" not in rules.stdout
    assert_documented(checklist)


def assert_documented(path: Path):
    text = path.read_text(encoding="utf-8")
    for part in ("<description>How it is checked:", "<rationale>", "<fixtext>", '<warning category="'):
        assert part in text, part
