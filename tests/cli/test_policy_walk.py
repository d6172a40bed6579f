"""From a scan to a gate that goes on, and what happens as time, node and benchmark move on."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
import yaml

from tests.node_tree import NodeTree
from tests.policies import TODAY

WHY = ("--reason", "profiles of this API server are needed until its memory leak is found")
CONTROL = ("--compensating-control", "port 6443 is open to the network of the operators alone")


class Walk:
    """A node, and the files that a team keeps beside it."""

    def __init__(self, place):
        self.place = place
        self.files = {
            name: place / f"{name}.{suffix}" for name, suffix in (("run", "json"), ("base", "json"))
        }
        self.policy = place / "policy.yaml"

    def node(self, *flags):
        shutil.rmtree(self.place / "root", ignore_errors=True)
        (self.place / "root").mkdir()
        NodeTree(self.place / "root").component("kube-apiserver", *flags)

    def run(self, *words):
        environment = {**os.environ, "COLUMNS": "200"}
        environment.pop("KUBECONFIG", None)
        return subprocess.run(
            [sys.executable, "-m", "trueline", *map(str, words)],
            capture_output=True,
            check=False,
            text=True,
            env=environment,
            timeout=60,
        )

    def scan(self, benchmark="cis-1.10"):
        words = (
            "--ci",
            "--benchmark",
            benchmark,
            "--only",
            "1.2",
            "--format",
            "json",
            "-o",
            self.files["run"],
        )
        done = self.run("scan", "--root", self.place / "root", *words)
        assert done.returncode in (0, 1), done.stderr
        return {one["number"]: one for one in json.loads(self.files["run"].read_text())["results"]}

    def gate(self, *words):
        policy = ("--policy", self.policy) if self.policy.exists() else ()
        return self.run("gate", self.files["run"], *policy, "--baseline", self.files["base"], *words)


@pytest.fixture
def walk(tmp_path):
    return Walk(tmp_path)


def test_from_a_baseline_to_the_next_benchmark(walk):
    walk.node("--profiling=false", "--audit-log-path=/var/log/audit.log")
    assert walk.scan()["1.2.16"]["outcome"] == "pass"
    assert walk.run("baseline", "create", walk.files["run"], "-o", walk.files["base"]).returncode == 0
    assert walk.gate().returncode == 0

    walk.node("--profiling=true", "--audit-log-path=/var/log/audit.log")
    broken = next(one for one in walk.scan().values() if one["rules"] == ["apiserver-profiling-disabled"])
    failed = walk.gate()
    assert failed.returncode == 1
    assert f"[FAIL] {broken['number']} " in failed.stdout.partition("New failures:")[2].partition("Known")[0]

    words = ("--check", broken["number"], "--from", walk.files["run"], "--owner", "control", *WHY, *CONTROL)
    add = ("waivers", "add", "--policy", walk.policy, *words)
    assert "Give it with --trigger" in walk.run(*add).stderr  # the node does not tell its Kubernetes version
    assert walk.run(*add, "--trigger", "kubernetes-version=>=1.40").returncode == 0
    assert walk.gate().returncode == 0
    last = TODAY + timedelta(days=90)
    assert walk.gate("--on", last).returncode == 0
    ended = walk.gate("--on", last + timedelta(days=1))
    assert ended.returncode == 1
    assert f"expired on {last}" in ended.stdout

    walk.node("--profiling=false", "--audit-log-path=/var/log/audit.log")
    walk.scan()
    fixed = walk.gate()
    assert fixed.returncode == 0
    assert "unused" in fixed.stdout

    walk.node("--profiling=true", "--audit-log-path=/var/log/audit.log")
    new = {one["rules"][0]: one for one in walk.scan("cis-2.0").values()}["apiserver-profiling-disabled"]
    other = walk.gate()
    assert other.returncode == 3
    assert "no run of cis-1.10" in other.stdout
    moved = walk.run("waivers", "renumber", "--policy", walk.policy, "--to", "cis-2.0", "-o", walk.policy)
    assert moved.returncode == 0, moved.stderr
    (entry,) = yaml.safe_load(walk.policy.read_text())["waivers"]
    assert (entry["benchmark"], entry["check"]) == ("cis-2.0", new["number"])
    found = json.loads(walk.gate("--format", "json").stdout)
    assert new["number"] not in [one["check"] for one in found["failures"]]
