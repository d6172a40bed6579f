"""`--cloud-dump` as a user gives it: judged, kept in a snapshot, and refused where it is none."""

import json

import pytest

from tests.cli.test_scan import run
from tests.clouds import EKS, GKE, SECRETS
from tests.node_tree import NodeTree


@pytest.fixture
def desk(tmp_path):
    """A machine without Kubernetes, with the answers of two clouds."""
    NodeTree(tmp_path / "desk")
    (tmp_path / "eks.json").write_text(json.dumps(EKS))
    (tmp_path / "gke.json").write_text(json.dumps(GKE))
    return tmp_path


def outcomes(done):
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    return document, {one["number"]: one["outcome"] for one in document["results"]}


def test_a_desk_with_an_answer_is_enough(desk):
    done = run("scan", "--root", desk / "desk", "--cloud-dump", desk / "eks.json", "--format", "json")
    document, found = outcomes(done)
    assert (document["target"]["kind"], document["target"]["name"]) == ("cluster", "c")
    assert document["target"]["platform"] == "eks"
    assert document["target"]["kubernetes"] == "1.33"
    assert document["target"]["platform_because"] == "eks.json describes a cluster of it"
    assert (found["2.1.1"], found["5.4.1"], found["5.4.2"]) == ("fail", "pass", "fail")


def test_without_it_nothing_is_decided(desk):
    words = ("--benchmark", "gke-1.9.0", "--target", "managedservices", "--format", "json")
    _, before = outcomes(run("scan", "--root", desk / "desk", *words))
    _, after = outcomes(run("scan", "--root", desk / "desk", *words, "--cloud-dump", desk / "gke.json"))
    assert set(before.values()) == {"notchecked"}
    assert (after["5.5.5"], after["5.5.2"], after["5.8.1"]) == ("pass", "fail", "fail")
    assert after["5.6.6"] == "notchecked"


def test_collected_and_added_answers_are_judged_alike(desk):
    words = ("--benchmark", "eks-1.8.0", "--target", "managedservices", "--format", "json")
    given = ("--cloud-dump", desk / "eks.json")
    with_it, without = desk / "with.json", desk / "without.json"
    for path, more in ((with_it, given), (without, ())):
        assert run("collect", "--root", desk / "desk", "-o", path, *more).returncode == 0
    assert not any(secret in with_it.read_text() for secret in SECRETS)
    _, collected = outcomes(run("scan", "--snapshot", with_it, *words))
    _, added = outcomes(run("scan", "--snapshot", without, *given, *words))
    assert collected == added
    assert collected["5.4.2"] == "fail"


@pytest.mark.parametrize(
    ("content", "words"), [("{}", "no description of one cluster"), ("{", "not complete JSON")]
)
@pytest.mark.parametrize("command", [("scan",), ("collect", "-o", "-")])
def test_a_wrong_file_ends_with_2_and_a_hint(desk, command, content, words):
    (desk / "wrong.json").write_text(content)
    done = run(*command, "--root", desk / "desk", "--cloud-dump", desk / "wrong.json")
    assert done.returncode == 2
    assert words in done.stderr
    assert "hint:" in done.stderr
