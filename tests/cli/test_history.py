"""`trueline history` and `trueline scan --save` as a user runs them."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.cli.test_scan import run
from tests.node_tree import NodeTree
from tests.report.sample import RICH
from trueline.model.results import Assessment
from trueline.report import FORMATS

SHARED = Path(__file__).resolve().parents[3] / "shared"
KEYGEN = "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as K"


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "state" / "history.db")


@pytest.fixture
def history(place):
    """Runs a subcommand on the test's own history."""
    return lambda *words, **given: run("history", *words, env={"TRUELINE_STORE": place}, **given)


@pytest.fixture
def scan(tmp_path, place):
    """Scans node cp-1, whose API server has these flags, and saves the run."""
    count = iter(range(100))

    def scan(*flags, words=(), only="1.2.15"):
        tree = NodeTree(tmp_path / f"node-{next(count)}")
        tree.component("kube-apiserver", *flags)
        given = ("--root", tree.root, "--node-name", "cp-1", "--benchmark", "cis-1.12", "--no-progress")
        return run("scan", *given, "--only", only, "--save", *words, env={"TRUELINE_STORE": place})

    return scan


GOOD, BAD = "--profiling=false", "--profiling=true"


def assessment_of(done):
    return msgspec.json.decode(done.stdout, type=Assessment)


def test_w44_a_saved_scan_tells_what_changed_since_the_last_successful_one(scan):
    first = scan(BAD, words=("--format", "json"))
    assert "Saved as run 1" in first.stderr
    assert (first.returncode, assessment_of(first).drift) == (1, None)
    second = scan(GOOD, words=("--format", "json"))
    assert "Since run 1: 1 resolved" in second.stderr
    found = assessment_of(second)
    assert [item.change for item in found.drift.items] == ["resolved"]
    assert (found.drift.before.id, found.drift.after.id) == ("1", "2")
    assert [point.failed for point in found.trend] == [1]
    third = assessment_of(scan(BAD, words=("--format", "json")))
    assert [item.change for item in third.drift.items] == ["regressed"]
    assert len(third.trend) == 2


def test_w44_sarif_of_a_saved_scan_has_baseline_states(scan):
    scan(GOOD)
    (found,) = json.loads(scan(BAD, words=("--format", "sarif")).stdout)["runs"]
    assert [one["baselineState"] for one in found["results"]] == ["new"]


def test_w7_phases_are_stored_and_can_be_compared(scan, history):
    scan(GOOD, words=("--phase", "pre-upgrade"))
    scan(GOOD, words=("--phase", "scheduled"))
    scan(BAD, words=("--phase", "post-upgrade"))
    done = history("diff", "--phase", "pre-upgrade..post-upgrade", "--format", "json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["before"]["id"], found["after"]["id"]) == ("1", "3")
    assert (found["before"]["phase"], found["after"]["phase"]) == ("pre-upgrade", "post-upgrade")
    listed = json.loads(history("list", "--phase", "scheduled", "--format", "json").stdout)
    assert [one["run"]["id"] for one in listed] == ["2"]
    done = history("diff", "--phase", "create..post-upgrade")
    assert (done.returncode, "no create run" in done.stderr) == (2, True)
    done = history("diff", "--phase", "nonsense")
    assert (done.returncode, "no phase nonsense" in done.stderr) == (2, True)


PAIRS = {
    (): (1, "1 regressed"),
    ("3",): (1, "1 regressed"),
    ("2", "3"): (1, "1 regressed"),
    ("1", "2"): (0, "1 resolved"),
    ("1", "3"): (0, "1 unchanged"),
    ("2",): (0, "1 resolved"),
    ("1",): (2, "first successful run"),
    ("1", "9"): (2, "no run 9"),
    ("1", "nothing.json"): (2, "nothing.json"),
}


def test_any_two_runs_are_compared_and_the_exit_status_says_whether_something_is_worse(scan, history):
    for flag in (BAD, GOOD, BAD):
        scan(flag)
    for words, (code, change) in PAIRS.items():
        done = history("diff", *words)
        assert (done.returncode, change in done.stdout + done.stderr) == (code, True), (words, done.stderr)


def test_files_of_assessments_can_be_compared(scan, history, tmp_path):
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for flag, file in zip((GOOD, BAD), files, strict=True):
        scan(flag, words=("-o", file))
    for words in ((files[0], files[1]), ("1", files[1]), (files[0], "2")):
        done = history("diff", *words)
        assert (done.returncode, "== New failures ==" in done.stdout) == (1, True), done.stderr
    done = run("history", "diff", *files, env={"TRUELINE_STORE": str(tmp_path / "none.db")})
    assert done.returncode == 1
    assert not (tmp_path / "none.db").exists()


def test_runs_in_the_wrong_order_are_noted(tmp_path):
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    for file, day in zip(files, ("2026-01-01", "2026-02-01"), strict=True):
        target = msgspec.structs.replace(RICH.target, collected_at=f"{day}T00:00:00Z")
        file.write_bytes(msgspec.json.encode(msgspec.structs.replace(RICH, target=target)))
    assert "note" not in run("history", "diff", *files).stderr
    assert "new.json is the later run" in run("history", "diff", *reversed(files)).stderr


def test_w45_runs_that_can_not_be_compared_end_with_3(scan, history):
    scan(BAD, only="1.2")
    scan(GOOD)
    done = history("diff")
    assert done.returncode == 3
    assert "lacks" in done.stdout
    assert "resolved" not in done.stdout


def test_diff_is_written_to_files_and_complete_in_each_format(scan, history, tmp_path):
    scan(GOOD)
    scan(BAD)
    for name in ("json", "markdown", "text"):
        file = tmp_path / f"drift.{name}"
        assert history("diff", "--format", name, "-o", file).returncode == 1
        assert "1.2.15" in file.read_text()


def test_w52_results_are_searched(scan, history):
    scan(BAD)
    scan(GOOD)
    done = history("search", "--number", "1.2", "--outcome", "fail", "--format", "json")
    assert [(one["run"], one["number"], one["node"]) for one in json.loads(done.stdout)] == [
        ("1", "1.2.15", "cp-1")
    ]
    assert "1.2.15" in history("search", "--node", "cp-1").stdout
    assert "1.2.15" not in history("search", "--until", "2020-01-01").stdout
    assert "1.2.15" in history("search", "--since", "2020-01-01T00:00:00Z").stdout
    assert history("search", "--since", "yesterday").returncode == 2


def test_a_run_is_reported_again_in_any_format(scan, history):
    scan(GOOD)
    scan(BAD)
    shown = json.loads(history("show", "2", "--format", "json").stdout)
    assert shown["drift"]["counts"]["new"] == 1
    assert "[FAIL] 1.2.15" in history("show", "2").stdout
    assert history("show", "7").returncode == 2


def test_w52_retention_says_what_it_deletes(scan, history):
    for _ in range(3):
        scan(GOOD)
    done = history("retain", "--keep", "1", "--dry-run")
    assert "2 runs to delete" in done.stdout
    assert "2 runs deleted" in history("retain", "--keep", "1").stdout
    assert "1 run is as written" in history("verify").stdout
    assert history("retain").returncode == 2


def test_assessments_are_added_from_files(history, tmp_path):
    file = tmp_path / "a.json"
    file.write_text(FORMATS["json"](RICH))
    assert "Run 1 was added" in history("add", file, "--phase", "create").stdout
    assert "Run 1 was there already" in history("add", file, "--phase", "create").stdout
    assert "prod-eu-1" in history("list").stdout
    assert history("add", __file__).returncode == 2


@pytest.fixture
def keys(tmp_path):
    code = (
        f"{KEYGEN}\n"
        "from cryptography.hazmat.primitives.serialization import *\n"
        "k = K.generate()\n"
        "open('key.pem', 'wb').write(k.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))\n"
        "p = k.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)\n"
        "open('pub.pem', 'wb').write(p)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    return tmp_path / "key.pem", tmp_path / "pub.pem"


def test_w51_evidence_is_exported_verified_imported_and_an_altered_byte_is_found(
    scan, history, keys, tmp_path
):
    private, public = keys
    policy = tmp_path / "policy.yaml"
    policy.write_text("owners: {kube-apiserver: platform}\n")
    scan(BAD, words=("--policy", policy))
    bundle = tmp_path / "bundle.tar.gz"
    assert history("export", "1", "-o", bundle, "--sign", private).returncode == 0
    assert bundle.stat().st_mode & 0o777 == 0o600
    done = history("verify", bundle, "--verify-key", public)
    assert (done.returncode, "signed by that key" in done.stdout) == (0, True), done.stderr
    other = {"TRUELINE_STORE": str(tmp_path / "other.db")}
    assert run("history", "import", bundle, "--verify-key", public, env=other).returncode == 0
    assert "already" in run("history", "import", bundle, env=other).stdout
    again = tmp_path / "again.tar.gz"
    assert run("history", "export", "1", "-o", again, "--sign", private, env=other).returncode == 0
    assert again.read_bytes() == bundle.read_bytes()
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    for words in (("verify", bundle), ("import", bundle)):
        done = history(*words)
        assert (done.returncode, "error: " in done.stderr) == (2, True)
    assert len(json.loads(history("list", "--format", "json").stdout)) == 1


def test_w51_there_are_no_secrets_in_a_bundle(tmp_path, place):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver", "--profiling=true", "--etcd-servers=https://root:pa55word@etcd:2379")
    env = {"TRUELINE_STORE": place}
    run("scan", "--root", tree.root, "--benchmark", "cis-1.12", "--save", env=env)
    bundle = tmp_path / "b.tar.gz"
    assert run("history", "export", "1", "-o", bundle, env=env).returncode == 0
    unpacked = subprocess.run(["tar", "-xzOf", bundle], check=True, capture_output=True).stdout
    facts = subprocess.run(
        ["tar", "-xzOf", bundle, "snapshot.json.gz"], check=True, capture_output=True
    ).stdout
    facts = subprocess.run(["gzip", "-d"], input=facts, check=True, capture_output=True).stdout
    assert b"etcd:2379" in facts
    assert b"pa55word" not in unpacked + facts + Path(place).read_bytes()


def test_verify_names_what_was_altered(scan, history, place):
    scan(BAD)
    with sqlite3.connect(place) as connection:
        connection.execute("UPDATE runs SET failed = 0")
    done = history("verify")
    assert done.returncode == 2
    assert "Run 1 was altered." in done.stderr


def test_w50_a_kube_bench_log_is_imported(history, scan, place, tmp_path):
    path = next(iter(sorted(SHARED.glob("sources/001*"))), None)
    if path is None:
        pytest.skip(f"SKIPPED FOR WANT OF THE TRANSCRIPT: {SHARED} is not there")
    words = ("--cluster", "c", "--node", "n", "--benchmark", "cis-1.20", "--at", "2021-05-06T07:08:09Z")
    done = history("import-log", path, *words)
    assert "123 checks, 68 PASS, 12 FAIL, 43 WARN, 0 INFO" in done.stdout, done.stderr
    (listed,) = json.loads(history("list", "--format", "json").stdout)
    assert (listed["at"], listed["run"]["target"], listed["run"]["cluster"]) == (
        "2021-05-06T07:08:09Z",
        "n",
        "c",
    )
    assert "was there already" in history("import-log", path, *words).stdout
    assert history("import-log", __file__, *words).returncode == 2


def test_w50_a_log_is_comparable_with_later_scans_where_numbers_agree(history, scan, tmp_path):
    log = tmp_path / "kube-bench.log"
    log.write_text(
        "[INFO] 1 Control Plane\n[INFO] 1.2 API Server\n[FAIL] 1.2.15 Ensure profiling (Automated)\n"
        "[FAIL] 1.2.99 Not in the benchmark (Automated)\n\n== Remediations master ==\n1.2.15 fix\n\n"
        "== Summary master ==\n0 checks PASS\n2 checks FAIL\n0 checks WARN\n0 checks INFO\n"
    )
    words = ("--node", "cp-1", "--benchmark", "cis-1.12", "--at", "2025-01-01")
    assert history("import-log", log, *words).returncode == 0
    scan(GOOD)
    found = json.loads(history("diff", "--format", "json").stdout)
    changes = {item["number"]: (item["change"], item["hint"]) for item in found["items"]}
    assert changes["1.2.15"] == ("resolved", "Another program judged it before.")
    assert changes["1.2.99"][0] == "incomparable"
    scan(BAD)
    found = json.loads(history("diff", "--format", "json").stdout)
    assert [item["change"] for item in found["items"]] == ["regressed"]


def test_a_scan_whose_history_can_not_be_written_reports_all_the_same(scan, place):
    scan(GOOD)
    with sqlite3.connect(place) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON findings "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    done = scan(BAD)
    assert done.returncode == 2
    assert "the disk is full" in done.stderr
    assert "[FAIL] 1.2.15" in done.stdout
    with sqlite3.connect(place) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_a_file_that_is_no_history_is_found_before_the_scan_and_left_as_it_is(scan, place):
    scan(GOOD)
    Path(place).write_bytes(b"no database at all" * 100)
    done = scan(BAD)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no database" in done.stderr
    assert Path(place).read_bytes().startswith(b"no database")


def test_a_history_that_is_not_there_is_no_empty_one(history):
    for words in (("list",), ("diff",), ("verify",), ("search",), ("show", "1")):
        done = history(*words)
        assert (done.returncode, "there is no history at" in done.stderr) == (2, True)


def test_the_place_is_found_by_the_environment(tmp_path):
    scan_env = {"XDG_STATE_HOME": str(tmp_path / "xdg"), "TRUELINE_STORE": ""}
    example = (
        Path(sys.modules["trueline"].__file__).parent / "examples" / "kubeadm-1.36-control-plane.json.gz"
    )
    done = run("scan", "--snapshot", example, "--save", env=scan_env)
    assert "Saved as run 1" in done.stderr
    assert (tmp_path / "xdg" / "trueline" / "history.db").exists()


def test_without_its_libraries_a_history_says_what_to_install(tmp_path):
    code = "import sys\nsys.modules['sqlalchemy'] = None\nfrom trueline.cli.main import main\nmain()\n"
    for words in (["history", "list"], ["scan", "--or-example", "--save"], ["history", "verify", "x.tar.gz"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, check=False, text=True, env=os.environ
        )
        assert done.returncode == 2, done.stderr
        assert "trueline[history]" in done.stderr
