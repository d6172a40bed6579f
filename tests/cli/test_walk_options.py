"""The look through all files can be left out and bounded, and what it then did not see is no verdict."""

import json
import os

import pytest

from tests.cli.test_scan import run

ITEMS = ("--benchmark", "cis-alinux-2", "--only", "6.1")
RULES = {"world-writable-files", "files-without-owner", "files-without-group"}


@pytest.fixture
def top(tmp_path):
    root = tmp_path / "root"
    owner = (os.getuid(), os.getgid())
    files = {
        "etc/os-release": 'ID="alinux"\nVERSION_ID="2.1903"\n',
        "etc/passwd": f"root:x:{owner[0]}:{owner[1]}::/root:/bin/sh\n",
        "etc/group": f"root:x:{owner[1]}:\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "many").mkdir()
    for number in range(200):
        (root / "many" / str(number)).touch(mode=0o644)
    return root


def verdicts(top, *words):
    done = run("scan", "--root", top, *ITEMS, "--format", "json", *words)
    assert "Traceback" not in done.stderr
    results = json.loads(done.stdout)["results"]
    found = {one["number"]: one for one in results if RULES & set(one["rules"])}
    assert found, [one["rules"] for one in results]
    return found


def test_a_walk_without_bounds_decides(top):
    assert {one["outcome"] for one in verdicts(top).values()} == {"pass"}


@pytest.mark.parametrize("words", [("--no-walk",), ("--walk-files", "100"), ("--walk-seconds", "0.000001")])
def test_what_a_walk_did_not_see_is_an_error_with_the_reason(top, words):
    for one in verdicts(top, *words).values():
        assert one["outcome"] == "error"
        assert "limit" in one["reason"] or "not searched" in one["reason"]


def test_what_a_bounded_walk_found_still_fails(top):
    for number in range(200):
        (top / "many" / str(number)).chmod(0o666)
    found = verdicts(top, "--walk-files", "100")
    assert [one["outcome"] for one in found.values() if "world-writable-files" in one["rules"]] == ["fail"]


def test_a_recorded_machine_keeps_what_the_walk_saw(top, tmp_path):
    file = tmp_path / "machine.json"
    assert run("collect", "--root", top, "-o", file).returncode == 0
    done = run("scan", "--snapshot", file, *ITEMS, "--format", "json")
    results = json.loads(done.stdout)["results"]
    assert {one["outcome"] for one in results if RULES & set(one["rules"])} == {"pass"}


@pytest.mark.parametrize("words", [("--walk-seconds", "0"), ("--walk-files", "0"), ("--walk-files", "x")])
def test_bounds_that_are_none_are_refused(top, words):
    done = run("scan", "--root", top, *ITEMS, *words)
    assert done.returncode == 2
    assert words[0] in done.stderr
