"""`trueline harden export` and `harden kubernetes`, as they are called."""

import json
import subprocess
import sys

import msgspec
import pytest
import yaml

from tests.node_tree import NodeTree
from tests.report.plans import plan
from trueline.harden.plan import digest_of


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "trueline", "harden", *map(str, words)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture
def plan_file(tmp_path):
    file = tmp_path / "plan.json"
    made = msgspec.structs.replace(plan(), digest=digest_of(plan()))
    file.write_bytes(msgspec.json.encode(made))
    return file


@pytest.mark.parametrize(
    ("name", "start"), [("bash", "#!/bin/bash\n"), ("ansible", "---\n"), ("cloud-init", "#cloud-config\n")]
)
def test_a_plan_is_exported(plan_file, tmp_path, name, start):
    done = run("export", plan_file, "--format", name)
    assert (done.returncode, done.stdout[: len(start)]) == (0, start)
    assert run("export", plan_file, "--format", name, "-o", tmp_path / "out").returncode == 0
    assert (tmp_path / "out").read_text() == done.stdout


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1", b"\xff\xfe", b'{"schema": "trueline.dev/assessment/v1"}']
)
def test_what_is_no_plan_is_refused_with_a_hint(tmp_path, content):
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    done = run("export", file, "--format", "bash")
    assert done.returncode == 2
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_of_a_node_are_proposed(tmp_path):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver", "--profiling=true")
    files = tmp_path / "files"
    done = run(
        "kubernetes", "--root", tree.root, "--benchmark", "cis-1.12", "--only", "1.2.15",
        "--format", "kubeadm-patches", "-o", files, "--no-progress",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load((files / "kube-apiserver+json.yaml").read_text()) == [
        {"op": "add", "path": "/spec/containers/0/command/-", "value": "--profiling=false"}
    ]


def test_nothing_to_propose_is_said(tmp_path):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver", "--profiling=false")
    done = run(
        "kubernetes",
        "--root",
        tree.root,
        "--benchmark",
        "cis-1.12",
        "--only",
        "1.2.15",
        "--format",
        "kubelet",
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "Nothing to write" in done.stderr


def test_the_schema_of_a_plan_holds_for_it():
    schema = subprocess.run(
        [sys.executable, "-m", "trueline", "content", "schema", "hardening-plan"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(msgspec.json.encode(plan())), json.loads(schema.stdout))
