"""`trueline waivers`: entries are added, listed, checked and carried to the next benchmark."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import msgspec
import pytest
import yaml

from tests.policies import HEAD, PROOF, TODAY, assessment, live, result, text
from trueline.content.load import load_benchmark, load_rules
from trueline.evaluate.outcomes import meaning
from trueline.model.rule import bind

WHY = ("--reason", "kubelets get new certificates with the image of the next quarter")
CONTROL = ("--compensating-control", "the node network admits the control plane alone, by its firewall")
WHEN = ("--trigger", "kubernetes-version=>=1.40")


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "trueline", *map(str, words)],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "COLUMNS": "220"},
        timeout=60,
    )


def digest(benchmark, number):
    rules = load_rules()
    entry = next(one for _, one in load_benchmark(benchmark).recommendations() if one.number == number)
    return meaning(entry, [bind(rules[name], given) for name, given in entry.rules.items()])


@pytest.fixture
def scanned(tmp_path):
    path = tmp_path / "run.json"
    given = result(
        title="The API server verifies kubelets",
        rule="apiserver-kubelet-certificate-authority-set",
        meaning=digest("cis-1.12", "1.2.5"),
        severity="high",
    )
    path.write_bytes(msgspec.json.encode(assessment(result("1.1.1", "pass"), given)))
    return path


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("# ours\nowners:\n  kube-apiserver: control  # team\n")
    return path


def test_add_takes_from_a_run_what_it_knows_and_the_gate_takes_the_entry(scanned, policy):
    assert run("gate", scanned, "--policy", policy).returncode == 1
    done = run("waivers", "add", "--policy", policy, "--check", "1.2.5", "--from", scanned, *WHY, *CONTROL)
    assert (done.returncode, done.stdout) == (0, "")
    assert policy.read_text().startswith("# ours\nowners:\n  kube-apiserver: control  # team\n")
    (made,) = yaml.safe_load(policy.read_text())["waivers"]
    assert made == {
        "id": f"EXC-{TODAY.year}-001",
        "class": "accepted-exception",
        "check": "1.2.5",
        "benchmark": "cis-1.12",
        "scope": {"clusters": ["prod-eu"]},
        "recommendation": "The API server verifies kubelets",
        "observed": "kube-apiserver/ca: not set",
        "reason": WHY[1],
        "compensating_control": CONTROL[1],
        "owner": "control",
        "created": TODAY,
        "expires": TODAY + timedelta(days=90),
        "review_trigger": {"kind": "kubernetes-version", "value": "1.36"},
        "meaning": digest("cis-1.12", "1.2.5"),
    }
    assert run("waivers", "lint", "--policy", policy).returncode == 0
    assert run("gate", scanned, "--policy", policy).returncode == 0


def test_add_without_a_run_makes_a_file(tmp_path):
    path = tmp_path / "new.yaml"
    words = ("--check", "apiserver-profiling-disabled", "--benchmark", "cis-1.12", "--owner", "me")
    options = (
        "--observed",
        "on",
        "--trigger",
        "kubernetes-version=>=1.40",
        "--cluster",
        "a",
        "--role",
        "master",
    )
    done = run("waivers", "add", "--policy", path, *words, *options, *WHY, *CONTROL)
    assert done.returncode == 0, done.stderr
    (made,) = yaml.safe_load(path.read_text())["waivers"]
    assert made["review_trigger"] == {"kind": "kubernetes-version", "value": ">=1.40"}
    assert made["scope"] == {"clusters": ["a"], "nodes": {"role": ["master"]}}
    assert made["recommendation"] == "The API server offers no profiling data"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--check", "1.2.5", "--benchmark", "cis-1.12"), "missing required field"),
        (("--check", "1.2.5"), "needs a benchmark"),
        (("--check", "9.9.9", "--from", "RUN"), "has no result of 9.9.9"),
        (("--check", "1.2.5", "--from", "RUN", *WHY), "Give it with --compensating-control."),
        (
            ("--check", "1.2.5", "--from", "RUN", *WHY, *CONTROL, "--class", "provider-owned"),
            "Give it with --link.",
        ),
        (
            ("--check", "1.2.5", "--from", "RUN", *WHY, *CONTROL, "--expires", "2999-01-01"),
            "more than 365 days",
        ),
        (
            (
                "--check",
                "1.2.1",
                "--benchmark",
                "cis-1.12",
                "--owner",
                "o",
                "--observed",
                "x",
                *WHY,
                *CONTROL,
                *WHEN,
            ),
            "no approver, and 1.2.1 is critical",
        ),
        (("--check", "1.2.5", "--from", "RUN", *WHY, *CONTROL, "--trigger", "date=soon"), "is not a day"),
        (
            ("--check", "1.2.5", "--from", "RUN", *WHY, *CONTROL, "--trigger", "often=yes"),
            "Kinds of --trigger are kubernetes-version, provider-version, profile-version,",
        ),
    ],
)
def test_add_refuses_what_could_not_be_used_and_leaves_the_file(scanned, policy, words, said):
    before = policy.read_text()
    done = run("waivers", "add", "--policy", policy, *(scanned if one == "RUN" else one for one in words))
    assert done.returncode == 2
    assert said in done.stderr
    assert policy.read_text() == before


def test_add_refuses_an_id_twice_and_notes_weak_words(scanned, policy):
    words = ("--policy", policy, "--check", "1.2.5", "--from", scanned, "--id", "E", *CONTROL)
    done = run("waivers", "add", *words, "--reason", "someday, on the internal network")
    assert done.returncode == 0
    assert "note: The reason says little" in done.stderr
    assert "has a waiver E already" in run("waivers", "add", *words, *WHY).stderr


def test_add_notes_what_changes_nothing(scanned, policy):
    words = ("--policy", policy, "--from", scanned, *WHY, *CONTROL, *WHEN)
    passing = run("waivers", "add", *words, "--check", "1.1.1")
    assert "note: 1.1.1 passes in" in passing.stderr
    assert "passes" not in run("waivers", "add", *words, "--check", "1.2.5", "--id", "E").stderr
    assert "note: E is for 1.2.5 too" in run("waivers", "add", *words, "--check", "1.2.5").stderr


def test_add_can_be_tried(scanned, policy):
    before = policy.read_text()
    words = ("--check", "1.2.5", "--from", scanned, *WHY, *CONTROL, "--dry-run")
    done = run("waivers", "add", "--policy", policy, *words)
    assert done.stdout.startswith(before)
    assert policy.read_text() == before


def test_add_keeps_mode_and_link(scanned, policy, tmp_path):
    policy.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(policy.name)
    words = ("--check", "1.2.5", "--from", scanned, *WHY, *CONTROL)
    assert run("waivers", "add", "--policy", link, *words).returncode == 0
    assert link.is_symlink()
    assert policy.stat().st_mode & 0o777 == 0o640
    assert "EXC-" in policy.read_text()


def test_list_shows_ends_and_what_becomes_of_entries(scanned, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(text(live(check="1.2.5"), live(id="OLD", created="2025-01-01", expires="2025-02-01")))
    done = run("waivers", "list", "--policy", path).stdout.splitlines()
    assert done[1].split()[:4] == ["EXC-1", "1.2.5", "cis-1.12", "accepted-exception"]
    assert "90 days" in done[1]
    assert "expired" in done[2]
    found = json.loads(run("waivers", "list", "--policy", path, "--from", scanned, "--format", "json").stdout)
    assert [(one["id"], one["state"]) for one in found] == [("EXC-1", "matched"), ("OLD", "expired")]
    whole = json.loads(run("waivers", "list", "--policy", path, "--format", "json").stdout)
    assert [one["class"] for one in whole["waivers"]] == ["accepted-exception"] * 2


SOUND = {"meaning": digest("cis-1.12", "1.2.5"), "scope": {"clusters": ["prod"]}, "check": "1.2.5"}


@pytest.mark.parametrize(
    ("waivers", "status", "said"),
    [
        ([live(**SOUND)], 0, ""),
        ([live(**{**SOUND, "reason": "someday"})], 1, "warning: The reason"),
        ([live(**{**SOUND, "scope": None})], 1, "over-broad"),
        ([live(**{**SOUND, "check": "9.9.9"})], 1, "no recommendation or rule"),
        ([live(**{**SOUND, "created": "2025-01-01", "expires": "2025-02-01"})], 1, "expired on 2025-02-01"),
        ([live(**{**SOUND, "expires": "2998-01-01"})], 2, "error: expires 2998-01-01 is more than"),
        (
            [live(**{**SOUND, "check": "1.2.1", "approver": None, "meaning": None})],
            2,
            "error: EXC-1 has no approver",
        ),
    ],
)
def test_w32_w33_lint(tmp_path, waivers, status, said):
    path = tmp_path / "p.yaml"
    path.write_text(text(*waivers))
    done = run("waivers", "lint", "--policy", path)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stdout
    if said:
        assert done.stdout.startswith(f"{path}:")
    assert "1 file, 1 entry checked" in done.stderr


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.yaml"
    rest = (
        "benchmark: cis-1.10",
        "class: provider-owned",
        "recommendation: r",
        "observed: o",
        "reason: the provider's team mends it with its next release",
        "compensating_control: the network of the control plane is closed to users",
        "owner: a",
        f"evidence: [{{url: {PROOF[0]['url']}, date: 2026-01-01}}]",
        f"expires: {TODAY + timedelta(days=30)}",
        "review_trigger: {kind: kubernetes-version, value: '>=1.99'}",
    )
    entries = "".join(
        "\n    ".join((f"  # {number}\n  - id: W-{number}", f"check: {number}", *rest)) + "\n"
        for number in ("5.7.4", "1.2.15", "1.1.20", "1.2.29")
    )
    path.write_text(f"# register\nwaivers:\n{entries}")
    return path


def test_renumber_moves_what_means_the_same_and_marks_the_rest(old):
    crosswalk = json.loads(run("benchmarks", "diff", "cis-1.10", "cis-2.0", "--format", "json").stdout)
    done = run("waivers", "renumber", "--policy", old, "--to", "cis-2.0")
    assert done.returncode == 1
    new = {one["id"]: one for one in yaml.safe_load(done.stdout)["waivers"]}
    moved = new["W-5.7.4"]
    assert (moved["check"], moved["benchmark"]) == ("5.6.4", "cis-2.0")
    assert moved["meaning"] == digest("cis-2.0", "5.6.4")
    changed = new["W-1.1.20"]  # its mode is another one
    assert changed["benchmark"] == "cis-2.0"
    assert changed["meaning"] == digest("cis-1.10", "1.1.20") != digest("cis-2.0", changed["check"])
    assert "# needs a new approval: pki-certificates-mode mode: 600 -> 644" in done.stdout
    assert "! W-1.1.20" in done.stderr
    assert {one["before"] for one in crosswalk["renumbered"]} >= {"5.7.4"}
    assert [line for line in old.read_text().splitlines() if line.startswith("  # ")] == [
        line for line in done.stdout.splitlines() if line.startswith("  # ") and "approval" not in line
    ]


def test_w35_what_was_marked_does_not_count_before_it_is_approved_anew(old, tmp_path):
    new = tmp_path / "new.yaml"
    assert run("waivers", "renumber", "--policy", old, "--to", "cis-2.0", "-o", new).returncode == 1
    head = msgspec.structs.replace(HEAD, id="cis-2.0")
    after = digest("cis-2.0", "1.1.20")
    document = assessment(
        result("1.1.1", "pass"),
        result("1.1.20", rule="pki-certificates-mode", meaning=after),
        benchmark=head,
    )
    path = tmp_path / "run.json"
    path.write_bytes(msgspec.json.encode(document))
    done = run("gate", path, "--policy", new)
    assert done.returncode == 1
    assert "W-1.1.20 for 1.1.20: needs-review. What the check asserts has changed" in done.stdout
    new.write_text(new.read_text().replace(digest("cis-1.10", "1.1.20"), after))
    assert run("gate", path, "--policy", new).returncode == 0


def test_renumber_says_what_has_no_successor(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(
        "decisions:\n  - {check: 1.2.2, benchmark: cis-1.6, decision: accept}\n"
        "  - {check: 1.2.3, benchmark: cis-1.20, decision: accept}\n"
    )
    done = run("waivers", "renumber", "--policy", path, "--to", "cis-1.20")
    assert (done.returncode, done.stdout) == (1, path.read_text())
    assert "- decision of 1.2.2: 1.2.2 has no successor in cis-1.20" in done.stderr


def test_renumber_leaves_nothing_behind_in_silence(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("decisions:\n  - {check: 5.7.4, benchmark: cis-19, decision: accept}\n")
    done = run("waivers", "renumber", "--policy", path, "--to", "cis-2.0")
    assert (done.returncode, done.stdout) == (1, path.read_text())
    assert "! entries for cis-19 stay: there is no benchmark of that name" in done.stderr


def test_renumber_in_place(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("decisions:\n  - {check: 5.7.4, benchmark: cis-1.10, decision: accept}  # x\n")
    assert run("waivers", "renumber", "--policy", path, "--to", "cis-2.0", "-o", path).returncode == 0
    assert path.read_text() == "decisions:\n  - {check: 5.6.4, benchmark: cis-2.0, decision: accept}  # x\n"


def test_w2_a_diff_names_the_entries_that_it_concerns(old):
    done = run("benchmarks", "diff", "cis-1.10", "cis-2.0", "--policy", old)
    tail = done.stdout.partition("Entries of the policy that this concerns: ")[2].splitlines()
    assert "  ~ W-5.7.4: 5.7.4 -> 5.6.4 (cis-1.10 -> cis-2.0), it means the same" in tail
    assert any(line.startswith("  ! W-1.1.20") for line in tail)
    assert not any("W-1.2.15:" in line for line in tail)  # neither number nor meaning changes
    whole = json.loads(
        run("benchmarks", "diff", "cis-1.10", "cis-2.0", "--policy", old, "--format", "json").stdout
    )
    assert {one["name"] for one in whole["entries"]} >= {"W-5.7.4", "W-1.1.20"}


def test_w2_profiles_can_be_compared(tmp_path):
    policy = tmp_path / "p.yaml"
    policy.write_text("decisions:\n  - {check: 1.2.15, benchmark: rke-cis-1.7, decision: accept}\n")
    done = run("benchmarks", "diff", "rke-cis-1.7-hardened", "rke-cis-1.7-permissive", "--policy", policy)
    assert done.stdout.startswith("rke-cis-1.7-hardened -> rke-cis-1.7-permissive: 0 added, 12 removed")


@pytest.mark.parametrize("command", ["lint", "list"])
def test_a_file_must_be_named(command):
    done = run("waivers", command)
    assert done.returncode == 2
    assert "no policy file was named" in done.stderr
