"""The kube-bench command: what it prints, where, and how it ends."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.kubebench.folder import Node, control_plane, running, worker, write_controls
from tests.policies import live, text
from trueline import __version__
from trueline.cli.kubebench import call

TRUELINE = [sys.executable, "-m", "trueline", "kube-bench"]
SHARED = Path(__file__).resolve().parents[3] / "shared"
RECORDED = SHARED / "fixtures" / "kube-bench-verdicts"


@pytest.fixture
def controls(tmp_path):
    return write_controls(tmp_path / "cfg", "tests-1")


@pytest.fixture
def node(tmp_path):
    return control_plane(tmp_path / "node")


class Bench:
    """Calls the command in this process."""

    def __init__(self, capsys, controls, root):
        self.capsys = capsys
        self.always = ["-D", str(controls), "--root", str(root)]

    def __call__(self, *words, environ=None, always=True):
        given = [*map(str, words), *(self.always if always else [])]
        status = call(given, {"PATH": os.environ["PATH"], **(environ or {})})
        printed = self.capsys.readouterr()
        return status, printed.out, printed.err

    def states(self, *words, **given):
        status, out, err = self(*words, "--json", **given)
        assert status == 0, err
        return states(json.loads(out)["Controls"])


def terminal_free():
    """The environment without what makes `ps` cut its lines."""
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"}


def states(controls):
    return {
        check["test_number"]: check["status"]
        for each in controls or ()
        for group in each["tests"] or ()
        for check in group["results"]
    }


@pytest.fixture
def bench(capsys, controls, node, monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"])  # the command appends to it
    return Bench(capsys, controls, node.root)


ALL = {
    "1.1.1": "FAIL",
    "1.2.1": "PASS",
    "1.2.2": "PASS",
    "2.1.1": "WARN",  # a script that is no known form is not executed below another root
    "3.1.1": "WARN",
    "4.1.1": "PASS",
    "4.1.2": "WARN",
    "4.1.3": "INFO",
    "5.1.1": "WARN",
    "6.1.1": "WARN",
}


def test_run_judges_every_file_of_the_benchmark(bench):
    assert bench.states("run", "--benchmark", "tests-1") == ALL


def test_b2_version_benchmark_and_role_are_detected(bench, node):
    """The manifest names 1.29, which maps to the benchmark; an API server and etcd run."""
    status, out, _ = bench("--json")
    document = json.loads(out)["Controls"]
    assert status == 0
    assert {each["node_type"] for each in document} == {"master", "controlplane", "etcd", "node", "policies"}
    assert {each["detected_version"] for each in document} == {"1.29"}


def test_b2_worker_has_no_master_section(tmp_path, controls, capsys, monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"])
    bench = Bench(capsys, controls, worker(tmp_path / "worker").root)
    _, out, _ = bench("--version", "1.29")
    assert re.findall(r"== Summary (\w+) ==", out) == ["node", "policies", "total"]
    assert "1.2.1" in bench.states("run", "--version", "1.29")  # `run` judges all, whatever runs here


def test_b1_three_ways_to_start_it_give_the_same(tmp_path, controls, capsys, monkeypatch):
    """The whole node, the node at /host of a container, and the mounts of a Job alone."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    whole = control_plane(tmp_path / "whole")
    whole.write("/opt/large", "x" * 1000)
    container = control_plane(tmp_path / "container" / "host")
    job = Node(tmp_path / "job", existing=True)
    for part in ("etc/kubernetes", "var/lib/kubelet", "etc/passwd", "etc/group", "etc/systemd", "proc"):
        (job.root / part).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", whole.root / part, job.root / part], check=True)
    found = [
        Bench(capsys, controls, one.root).states("run", "--benchmark", "tests-1", "-s", "master,node")
        for one in (whole, container, job)
    ]
    assert found[0] == found[1] == found[2] == {number: ALL[number] for number in ALL if number[0] in "14"}


@pytest.mark.parametrize("command", [[], ["run"]])
def test_b4_version_and_benchmark_exclude_each_other(bench, command):
    status, out, err = bench(*command, "--version", "1.29", "--benchmark", "tests-1")
    assert (status, out) == (1, "")
    assert err.startswith("\n")
    assert "--version" in err
    assert "--benchmark" in err
    status, _, _ = bench(*command, "--benchmark", "tests-1", environ={"KUBE_BENCH_VERSION": "1.29"})
    assert status == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--version", "1.29"], 0),
        (["--version", "1.34"], 0),
        (["--version", "1.14"], 1),
        (["--benchmark", "tests-1"], 0),
        (["--benchmark", "nope"], 1),
    ],
)
def test_b4_version_or_benchmark_can_be_forced(bench, words, status):
    found, out, _ = bench("run", "--json", *words)
    assert found == status
    if not status:
        assert {each["detected_version"] for each in json.loads(out)["Controls"]} == {"none"}


def test_b5_config_and_rules_of_ones_own(bench, controls, tmp_path):
    other = tmp_path / "other.yaml"
    text = (controls / "config.yaml").read_text()
    other.write_text(text.replace("1.29", "1.33"))
    assert bench("run", "--version", "1.33", "--config", other)[0] == 0
    assert "1.29" in bench("run", "--version", "1.33")[2]  # the older one was taken, and that is told
    moved = controls.rename(tmp_path / "moved")
    assert bench("run", "--benchmark", "tests-1")[0] == 1
    again = ["run", "--benchmark", "tests-1", "-D", moved, "--root", "/nowhere", "--nototals"]
    assert "/nowhere" in bench(*again, always=False)[2]


def test_b6_new_check_file_is_picked_up(bench, controls):
    text = (controls / "tests-1" / "etcd.yaml").read_text()
    (controls / "tests-1" / "federated.yaml").write_text(text.replace("type: etcd", "type: federated"))
    with (controls / "config.yaml").open("a") as file:
        file.write("federated: {components: []}\n")
    _, out, _ = bench("run", "--benchmark", "tests-1", "--json")
    assert "federated" in {each["node_type"] for each in json.loads(out)["Controls"]}


@pytest.mark.parametrize("benchmark", ["eks-1.7.0", "gke-1.9.0"])
def test_b7_managed_masters_are_not_needed(tmp_path, capsys, monkeypatch, benchmark):
    monkeypatch.setenv("PATH", os.environ["PATH"])
    controls = write_controls(tmp_path / "cfg", benchmark)
    bench = Bench(capsys, controls, worker(tmp_path / "node").root)
    words = ["run", "--benchmark", benchmark, "--targets"]
    assert bench.states(*words, "node,policies,managedservices")["4.1.1"] == "PASS"
    assert bench(*words, "master")[0] == 1
    assert "4.1.1" in bench.states("--benchmark", benchmark)


def test_b8_install_copies_program_and_rules(bench, controls, tmp_path):
    host = tmp_path / "host"
    assert bench("install", "--to", host)[0] == 1
    host.mkdir()
    status, out, _ = bench("install", "--to", host)
    assert status == 0
    assert "installed" in out
    assert (host / "cfg" / "tests-1" / "master.yaml").read_text() == (
        controls / "tests-1" / "master.yaml"
    ).read_text()
    given = {
        "cwd": host,
        "env": {"PATH": "/usr/bin:/bin"},
        "capture_output": True,
        "text": True,
    }
    done = subprocess.run(["./kube-bench", "version"], check=False, **given)
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n"), done.stderr
    done = subprocess.run(
        ["./kube-bench", "run", "--benchmark", "tests-1", "--exit-code", "7"], check=False, **given
    )
    assert done.returncode == 7, done.stderr
    assert "== Summary total ==" in done.stdout
    done = subprocess.run(["./kube-bench", "run", "--nope"], check=False, **given)
    assert done.returncode == 2
    loaded = [sys.executable, "-c", "import trueline; print(trueline.__file__)"]
    given["env"] = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(host / "trueline")}
    assert str(host) in subprocess.run(loaded, check=False, **given).stdout


def test_b10_text_has_a_summary_for_each_section_and_in_total(bench):
    _, out, _ = bench("run", "--benchmark", "tests-1", "-s", "master,node")
    parts = out.split("== Summary ")
    assert [part.split(" ==")[0] for part in parts[1:]] == ["master", "node", "total"]
    assert "3 checks PASS\n1 checks FAIL\n1 checks WARN\n1 checks INFO\n" in parts[3]


def test_b11_remediation_for_fail_and_warn_only(bench):
    _, out, _ = bench("run", "--benchmark", "tests-1", "-s", "master,node")
    assert "1.1.1 chmod 600 /etc/kubernetes/manifests/kube-apiserver.yaml" in out
    assert "4.1.2 Look at it." in out
    assert "profiling=false" not in out  # it passed


def test_b12_manual_is_warn_and_skipped_is_info(bench):
    found = bench.states("run", "--benchmark", "tests-1", "-s", "node", "--skip", "4.1.1")
    assert found == {"4.1.1": "INFO", "4.1.2": "WARN", "4.1.3": "INFO"}


@pytest.mark.skipif(
    os.geteuid() != 0, reason="SKIPPED FOR WANT OF ROOT: nobody can be made unprivileged here"
)
def test_b13_without_root_it_says_what_it_could_not_read(tmp_path):
    folder = Path("/tmp") / f"b13-{os.getpid()}"  # pytest's own folders are closed to others
    try:
        controls = write_controls(folder / "cfg")
        secret = folder / "secret.yaml"
        secret.write_text("a: 1")
        secret.chmod(0o600)
        text = (controls / "tests-1" / "policies.yaml").read_text()
        (controls / "tests-1" / "policies.yaml").write_text(
            text.replace("printf 'value=1\\n'", f"cat {secret}")
        )
        words = ["run", "-D", str(controls), "--benchmark", "tests-1", "-s", "policies"]
        # As root first: the interpreter's own files may be closed to others, so that all must be imported.
        code = (
            "import os, sys; from trueline.cli.kubebench import call; call(sys.argv[1:], os.environ); "
            "print('and now'); os.setgroups([]); os.setgid(65534); os.setuid(65534); "
            "sys.exit(call(sys.argv[1:], os.environ))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, cwd="/"
        )
    finally:
        subprocess.run(["rm", "-r", folder], check=True)
    assert done.returncode == 0, done.stderr
    assert "not run as root" in done.stderr
    assert "refused for 5.1.1" in done.stderr
    assert "[FAIL] 5.1.1" in done.stdout.split("and now")[1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-c", "1.1.1, 4.1.1"], {"1.1.1", "4.1.1"}),
        (["-c", "1.1"], set()),
        (["-g", "1.2,4"], {"1.2.1", "1.2.2"}),
        (["--scored=false"], {"1.2.2", "4.1.2"}),
        (["--unscored=false", "-s", "master"], {"1.1.1", "1.2.1"}),
        (["-s", "etcd,node"], {"2.1.1", "4.1.1", "4.1.2", "4.1.3"}),
        (["-s", "worker"], {"4.1.1", "4.1.2", "4.1.3"}),
    ],
)
def test_what_is_judged(bench, words, expected):
    assert set(bench.states("run", "--benchmark", "tests-1", *words)) == expected


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([], 0),
        (["--exit-code", "42"], 42),
        (["--exit-code", "42", "-c", "1.2.1"], 0),
        (["--exit-code", "42", "-c", "4.1.2"], 0),  # WARN never counts
        (["--undecided-exit-code", "9", "-c", "2.1.1"], 9),
        (["--undecided-exit-code", "9", "--exit-code", "42", "-c", "1.1.1,2.1.1"], 42),
        (["--exit-code", "42", "-c", "2.1.1"], 0),  # it was not run below another root
        (["--strict-compat", "--exit-code", "42", "-c", "2.1.1"], 42),
        (["--undecided-exit-code", "9", "-c", "1.1.1"], 0),
        (["-c", "1.1.1", "-g", "1.1"], 1),
        (["-s", "moon"], 1),
        (["--config", "/nowhere.yaml"], 1),
        (["--snapshot", "/nowhere.json"], 1),
        (["--strict-compat", "--snapshot-out", "/nowhere.json"], 1),
        (["--policy", "/nowhere.yaml"], 1),
        (["--policy", "/dev/null", "--report", "/nowhere/report.html"], 1),
        (["--nope"], 2),
        (["--strict-compat", "--nope"], 255),
    ],
)
def test_exit_status(bench, words, status):
    assert bench("run", "--benchmark", "tests-1", *words)[0] == status


@pytest.mark.parametrize("name", ["..", ".", "../cfg/tests-1", "/etc"])
def test_benchmark_is_a_folder_of_the_controls(bench, name):
    status, out, err = bench("run", "--benchmark", name)
    assert (status, out) == (1, "")
    assert "no name of a benchmark" in err


def test_strict_misuse_prints_as_kube_bench_does(bench):
    status, out, err = bench("run", "--nope", "--strict-compat")
    assert (status, out) == (255, "unknown flag: --nope\n")
    assert "Usage:" in err
    status, out, err = bench("run", "--nope")
    assert (status, out) == (2, "")
    assert "unknown flag: --nope" in err


def test_missing_controls_are_told_with_what_to_do(bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "node")
    status, _, err = bench("run", always=False)
    assert status == 1
    assert "./cfg/" in err
    assert "trueline scan" in err


def test_broken_file_is_told_and_the_others_are_judged(bench, controls):
    path = controls / "tests-1" / "master.yaml"
    path.write_text(path.read_text().replace("op: eq", "op: equals"))
    status, out, err = bench("run", "--benchmark", "tests-1", "--json", "--exit-code", "42")
    assert status == 1
    assert re.search(r"master\.yaml:\d+: .*equals", err)
    assert "4.1.1" in states(json.loads(out)["Controls"])
    node = controls / "tests-1" / "node.yaml"
    node.write_text(node.read_text().replace("groups:", "groups: {"))
    status, out, _ = bench("run", "--benchmark", "tests-1", "--json", "--strict-compat")
    assert (status, out) == (1, "")


@pytest.mark.parametrize(
    ("words", "starts"),
    [
        (["--junit", "--json", "--pgsql", "--asff"], "<testsuites>"),
        (["--json", "--pgsql", "--asff"], '{"Controls":'),
        ([], "[INFO] 1 "),
    ],
)
def test_which_output_goes_first(bench, words, starts):
    _, out, _ = bench("run", "--benchmark", "tests-1", *words)
    assert out.startswith(starts)
    assert out.endswith("\n")


@pytest.mark.parametrize(
    ("words", "missing"), [(["--pgsql"], "KUBE_BENCH_PGSQL_HOST"), (["--asff"], "AWS_ACCOUNT")]
)
def test_outputs_that_need_settings_say_so_before_anything_runs(bench, words, missing):
    status, out, err = bench("run", "--benchmark", "tests-1", *words)
    assert (status, out) == (1, "")
    assert missing in err


def test_output_file_takes_json_and_junit_but_no_text(bench, tmp_path):
    file = tmp_path / "out"
    words = ["run", "--benchmark", "tests-1", "--outputfile", file]
    assert bench(*words)[1].startswith("[INFO]")
    assert not file.exists()
    assert bench(*words, "--json")[1] == ""
    assert states(json.loads(file.read_text())["Controls"]) == ALL
    assert file.read_text().endswith("}\n")
    assert bench(*words, "--junit")[1] == ""
    assert sum(suite.tests for suite in JUnitXml.fromfile(str(file))) == len(ALL)
    assert bench("run", "--benchmark", "tests-1", "--json", "--outputfile", tmp_path)[0] == 1


def test_parts_of_the_text(bench):
    words = ["run", "--benchmark", "tests-1", "-s", "master"]
    whole = bench(*words)[1]
    assert "[FAIL]" not in bench(*words, "--noresults")[1]
    assert "== Remediations" not in bench(*words, "--noremediations")[1]
    assert re.findall(r"== Summary (\w+)", bench(*words, "--nosummary")[1]) == ["total"]
    assert re.findall(r"== Summary (\w+)", bench(*words, "--nototals")[1]) == ["master"]
    assert "permissions=644" not in whole
    assert "\t permissions=644\n" in bench(*words, "--include-test-output")[1]
    assert isinstance(json.loads(bench(*words, "--json", "--nototals")[1]), list)


def test_json_of_a_run_renders_to_the_text_of_the_same_run(bench, tmp_path):
    words = ["run", "--benchmark", "tests-1"]
    file = tmp_path / "run.json"
    file.write_text(bench(*words, "--json")[1])
    assert bench("convert", file)[1] == bench(*words)[1]
    assert bench("convert", file, "--junit")[1] == bench(*words, "--junit")[1]
    text = tmp_path / "run.txt"
    text.write_text(bench(*words)[1])
    assert bench("convert", text)[1] == bench(*words)[1]
    assert bench("convert", text, "--exit-code", "5")[0] == 5
    assert bench("convert", tmp_path / "nothing")[0] == 1
    assert bench("convert")[0] == 1


def test_recorded_run_is_judged_again_without_the_node(bench, tmp_path, node):
    snapshot = tmp_path / "snapshot.json.gz"
    words = ["run", "--benchmark", "tests-1", "--json"]
    first = bench(*words, "--snapshot-out", snapshot)[1]
    again = bench(*words, "-D", bench.always[1], "--snapshot", snapshot, always=False)
    assert (again[0], again[1]) == (0, first)
    detected = bench("--json", "-D", bench.always[1], "--snapshot", snapshot, always=False)
    assert {each["node_type"] for each in json.loads(detected[1])["Controls"]} >= {"master", "etcd", "node"}
    scan = [sys.executable, "-m", "trueline", "scan", "--snapshot", snapshot, "--benchmark", "cis-1.11"]
    done = subprocess.run([*scan, "--format", "json"], capture_output=True, text=True, check=False)
    assert done.returncode in (1, 3), done.stderr


def test_snapshot_without_outputs_is_refused(bench, tmp_path, node):
    snapshot = tmp_path / "snapshot.json"
    words = ["collect", "--root", node.root, "-o", snapshot]
    subprocess.run([sys.executable, "-m", "trueline", *words], check=True, capture_output=True)
    words = ["run", "--benchmark", "tests-1", "-D", bench.always[1], "--snapshot", snapshot]
    status, out, err = bench(*words, always=False)
    assert (status, out) == (1, "")
    assert "--snapshot-out" in err


def test_snapshot_of_another_node_judges_nothing_by_guess(bench, tmp_path, controls):
    snapshot = tmp_path / "snapshot.json"
    bench("run", "--benchmark", "tests-1", "-c", "1.2.1", "--snapshot-out", snapshot)
    words = ["run", "--benchmark", "tests-1", "--json", "-D", controls, "--snapshot", snapshot]
    found = states(json.loads(bench(*words, always=False)[1])["Controls"])
    assert found["1.2.1"] == "PASS"
    assert found["1.1.1"] == "WARN"  # its script was never run
    assert "PASS" not in {found[number] for number in ("2.1.1", "4.1.1")}


def test_reports_and_waivers_of_trueline(bench, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        text(live(id="w1", check="1.1.1", benchmark="tests-1", observed="permissions=644")), encoding="utf-8"
    )
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    words = ["run", "--benchmark", "tests-1", "-s", "master", "--exit-code", "42"]
    status, _, err = bench(*words, "--report", report, "--report", page)
    assert status == 42, err
    results = {one["number"]: one for one in json.loads(report.read_text())["results"]}
    assert (results["1.1.1"]["outcome"], results["1.1.1"]["disposition"]) == ("fail", "required")
    assert results["1.1.1"]["evidence"][0]["observed"] == "permissions=644"
    assert json.loads(report.read_text())["benchmark"]["pinned"]
    assert "1.1.1" in page.read_text()
    status, out, err = bench(*words, "--report", report, "--policy", policy)
    assert status == 0, err
    assert "[FAIL] 1.1.1" in out  # kube-bench's own output knows no waivers
    results = {one["number"]: one for one in json.loads(report.read_text())["results"]}
    assert (results["1.1.1"]["outcome"], results["1.1.1"]["disposition"]) == ("fail", "waived")


def test_secrets_reach_no_output(tmp_path, controls, capsys, monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"])
    node = control_plane(tmp_path / "node")
    node.component("kube-apiserver", "--etcd-password=hunter2secret", "--profiling=true")
    bench = Bench(capsys, controls, node.root)
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    words = ["run", "--benchmark", "tests-1", "--include-test-output"]
    printed = [
        bench(*words, "--snapshot-out", files[0], "--report", files[1]),
        bench(*words, "--json"),
        bench(*words, "--junit"),
    ]
    texts = [text for one in printed for text in one[1:]] + [file.read_text() for file in files]
    assert any("--etcd-password" in text for text in texts)
    assert not any("hunter2secret" in text for text in texts)
    assert "hunter2secret" in bench(*words, "--strict-compat", "--json")[1]


def test_version_help_and_completion(bench):
    assert bench("version") == (0, f"{__version__}\n", "")
    for words in (["help"], ["--help"], ["run", "-h"], ["completion"]):
        status, out, _ = bench(*words)
        assert (status, out.startswith("Usage:")) == (0, True)
    for shell in ("bash", "zsh", "fish", "powershell"):
        status, out, _ = bench("completion", shell, "--no-descriptions")
        assert status == 0
        assert "include-test-output" in out
    assert bench("completion", "tcsh")[0] == 1
    script = bench("completion", "bash")[1]
    words = f"{script}\nCOMP_WORDS=(kube-bench --nores)\nCOMP_CWORD=1\n_kube_bench\necho ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "--noresults\n"


def own_names(controls):
    """Controls that look for programs which no other test starts."""
    config = controls / "config.yaml"
    text = config.read_text()
    for name in ("kube-apiserver", "kubelet"):
        text = text.replace(f"bins: [{name}]", f"bins: [{name[-6:]}{os.getpid()}]")
    config.write_text(text)
    return f"server{os.getpid()}", f"ubelet{os.getpid()}"


@pytest.mark.parametrize("idioms", [[], ["--no-idioms"]])
def test_real_processes_of_this_machine(controls, tmp_path, idioms):
    server, kubelet = own_names(controls)
    words = [*TRUELINE, "-D", controls, "--version", "1.29", "--json", *idioms]
    with running(tmp_path / "bin", (server, "--profiling=false"), (kubelet, "--anonymous-auth=true")):
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=terminal_free())
    assert done.returncode == 0, done.stderr
    found = states(json.loads(done.stdout)["Controls"])
    assert (found["1.2.1"], found["1.2.2"], found["4.1.1"], found["3.1.1"]) == (
        "PASS",
        "PASS",
        "FAIL",
        "PASS",
    )
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=terminal_free())
    assert "1.2.1" not in states(json.loads(done.stdout)["Controls"])


@pytest.mark.parametrize("idioms", [[], ["--no-idioms"]])
def test_lines_are_not_cut_to_a_terminals_width(controls, tmp_path, idioms):
    server, _ = own_names(controls)
    words = [*TRUELINE, "run", "-D", controls, "--benchmark", "tests-1", "-c", "1.2.2", "--json", *idioms]
    environ = {**os.environ, "COLUMNS": str(len(f"{tmp_path}/bin/{server}") + 80)}
    with running(tmp_path / "bin", (server, "-" * 80, "--token-auth-file=/etc/tokens")):
        for more, state in (([], "WARN"), (["--strict-compat"], "PASS")):
            done = subprocess.run([*words, *more], capture_output=True, text=True, check=False, env=environ)
            assert states(json.loads(done.stdout)["Controls"]) == {"1.2.2": state}


def test_published_controls_on_a_node_with_real_processes(tmp_path):
    folder = SHARED / "kube-bench-cfg"
    if not folder.is_dir():
        pytest.skip(f"SKIPPED FOR WANT OF PUBLISHED CONTROLS: {folder} is not there")
    words = [*TRUELINE, "run", "--config-dir", folder, "--benchmark", "cis-1.12", "--json"]
    flags = ["--profiling=false", "--authorization-mode=Node,RBAC", "--kubelet-certificate-authority=/ca"]
    with running(tmp_path / "bin", ("kube-apiserver", *flags), ("kube-scheduler", "--profiling=true")):
        done = [
            subprocess.run([*words, *more], capture_output=True, text=True, check=False, env=terminal_free())
            for more in ([], ["--no-idioms"])
        ]
    assert [one.returncode for one in done] == [0, 0], done[0].stderr
    found, shelled = (states(json.loads(one.stdout)["Controls"]) for one in done)
    assert len(found) == 131
    assert (found["1.2.5"], found["1.2.6"], found["1.4.1"]) == ("PASS", "PASS", "FAIL")
    assert found == shelled


def test_recorded_report_is_printed_again():
    file = RECORDED / "cis-1.12-all.json"
    if not file.exists():
        pytest.skip(f"SKIPPED FOR WANT OF A RECORDED RUN: {file} is not there")
    done = subprocess.run(
        [*TRUELINE, "convert", file], capture_output=True, text=True, check=False, env=terminal_free()
    )
    assert done.stdout == (RECORDED / "cis-1.12-all.txt").read_text()
