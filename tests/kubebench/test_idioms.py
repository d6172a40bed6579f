"""What is answered by reading is what the shell prints; anything less certain is left to the shell."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.kubebench.folder import running
from trueline.collect.access import Root
from trueline.collect.commands import run_script
from trueline.collect.machine import Machine
from trueline.kubebench.directory import load_benchmark, read_settings
from trueline.kubebench.evaluate import evaluate, needed_scripts
from trueline.kubebench.gather import gather
from trueline.kubebench.idioms import answer
from trueline.kubebench.read_json import read_json

SHARED = Path(__file__).resolve().parents[3] / "shared"
# The columns C, STIME and TIME go on from one call to the next.
MOVING = re.compile(r"(?m)^(\S+ +\d+ +\d+ ) *\d+ +\S+ (\S+) +[\d:-]+ ")


def still(text):
    return MOVING.sub(r"\1\2 ", text)


@pytest.fixture
def own(monkeypatch):
    for name in ("COLUMNS", "LINES"):  # who runs tests in parallel sets them
        monkeypatch.delenv(name, raising=False)
    machine = Machine(Root("/"))
    if not machine.prints_like_procps:
        pytest.skip("SKIPPED: the ps of this machine is not that of procps, or is told to print otherwise")
    return machine


@pytest.fixture
def programs():
    """Real processes that call themselves by names of components."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    started = []
    with running(folder):
        for name, arguments, user in (
            ("kube-apiserver", ["300"], None),
            ("kubelet", ["301"], 65534 if os.geteuid() == 0 else None),
            ("kube-controller-manager", ["302"], None),
        ):
            program = folder / name
            shutil.copy("/bin/sleep", program)
            started.append(subprocess.Popen([program, *arguments], user=user))
        yield
        for process in started:
            process.kill()
            process.wait()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "script",
    [
        "/bin/ps -ef | grep kube-apiserver | grep -v grep",
        "ps -ef | grep kube-controller-manager | grep -v grep",
        "/bin/ps -ef | /bin/grep kubelet | /bin/grep -v grep",
        "/bin/ps -ef | grep nobody-runs-this | grep -v grep",
        "/bin/ps -fC kubelet",
        "ps -fC kube-apiserver",
        "/bin/ps -fC nobody-runs-it ",
        "/bin/ps -ef | grep -v grep | grep kubelet",
        "sh -c 'ps -ef | grep kubelet | grep -v grep'",
        "echo $(ps -ef | grep kube-apiserver | grep -v grep | awk '{print $9}')",
        "cat /proc/$(ps -C kubelet -o pid= | tr -d ' ')/environ | tr '\\0' '\\n'",
    ],
)
def test_processes_of_this_machine(own, programs, script):
    native, real = answer(script, own), run_script(script)
    assert native is not None
    assert (still(native.output), native.exit_code) == (still(real.output), real.exit_code)
    assert native.native is True


FORMS = [
    "cat {0}",
    "/bin/cat {0}",
    "stat -c %a {0}",
    "stat -c permissions=%a {0}",
    "stat -c %U:%G {0}",
    "stat -c ownership=%U:%G {0}",
    "/bin/sh -c 'if test -e {0}; then stat -c permissions=%a {0}; fi'",
    "/bin/sh -c 'if test -e {0}; then stat -c %U:%G {0}; fi' ",
    "/bin/sh -c 'if test -e {0}; then cat {0}; fi'",
    'sh -c "if test -e {0}; then stat -c permissions=%a {0}; fi"',
    "if test -e {0}; then /bin/cat {0}; fi",
]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "plain").write_text("a: b\n\n")
    (tmp_path / "no-end").write_text("x")
    (tmp_path / "empty").write_text("")
    (tmp_path / "bytes").write_bytes(b"\xff\x00\xfe")
    (tmp_path / "setuid").write_text("")
    (tmp_path / "setuid").chmod(0o4750)
    (tmp_path / "nothing").write_text("")
    (tmp_path / "nothing").chmod(0)
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("plain")
    (tmp_path / "dangling").symlink_to("gone")
    os.mkfifo(tmp_path / "fifo")
    return tmp_path


NAMES = [
    "plain",
    "no-end",
    "empty",
    "bytes",
    "setuid",
    "nothing",
    "folder",
    "link",
    "dangling",
    "fifo",
    "missing",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", FORMS)
def test_files_of_this_machine(own, files, form, name):
    script = form.format(files / name)
    native = answer(script, own)
    if native is not None:
        real = run_script(script, timeout=5)
        assert (native.output, native.exit_code) == (real.output, real.exit_code)
    if name == "plain" or (name == "missing" and "test -e" in form):
        assert native is not None


@pytest.mark.parametrize(
    "script",
    [
        "cat /etc/*",
        "cat $HOME",
        "cat /etc/passwd; id",
        "cat -n /etc/passwd",
        "stat -c %s /etc/passwd",
        "/bin/ps -ef",
        "/bin/ps -ef | grep 'hyperkube kubelet' | grep -v grep",
        "/bin/ps -ef | grep a.b | grep -v grep",
        "/bin/ps -ef | grep sh | grep -v grep",
        "/bin/ps -ef | grep bin | grep -v grep",
        "/bin/ps -fC kube-controller-manager",
        "/bin/ps -fC kubelet,etcd",
        "if test -e /etc/passwd; then id; fi",
    ],
)
def test_script_that_is_left_to_the_shell(own, script):
    assert answer(script, own) is None


def test_own_users_name_is_left_to_the_shell(own):
    assert answer(f"/bin/ps -ef | grep {own.own_user} | grep -v grep", own) is None


@pytest.mark.parametrize("name", ["COLUMNS", "PS_FORMAT", "PS_PERSONALITY"])
def test_environment_that_changes_ps(own, programs, monkeypatch, name):
    monkeypatch.setenv(name, "10")
    assert answer("/bin/ps -fC kubelet", Machine(Root("/"))) is None


@pytest.mark.parametrize("argument", ["a\nb", "é", "", "a\tb"])
def test_arguments_that_ps_rewrites_are_left_to_the_shell(own, tmp_path, argument):
    program = tmp_path / "kubelet-odd"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([program, "300", argument]) if argument in ("", "é", "a\nb", "a\tb") else None
    try:
        script = "/bin/ps -fC kubelet-odd"
        native, real = answer(script, Machine(Root("/"))), run_script(script)
        assert native is None or still(native.output) == still(real.output)
    finally:
        process.kill()
        process.wait()


# A copy of a node: nothing of it is ever run.
RECORDED_COLUMNS = re.compile(r"(?m)^(\S+ +\d+ +\d+) +\S+ \S+ +\S+ +\S+ ")


def test_captured_node_is_answered_as_it_answered_itself(captured_root):
    path = SHARED / "fixtures" / "kube-bench-verdicts" / "cis-1.12-all.json"
    machine = Machine(Root(str(captured_root)))
    compared = set()
    for controls in read_json(path.read_bytes()).controls:
        for group in controls.groups:
            for check in group.checks:
                output = answer(check.audit, machine)
                single = check.audit and not check.audit_config and not check.audit_env and check.expected
                if output is not None and single:
                    native = RECORDED_COLUMNS.sub(r"\1 ", output.output.rstrip(" \n"))
                    assert native == RECORDED_COLUMNS.sub(r"\1 ", check.actual), check.audit
                    compared.add(check.audit)
    assert len(compared) > 15
    assert any("grep" in script for script in compared)
    assert any("stat" in script for script in compared)


def test_captured_node_gets_the_recorded_verdicts_without_a_program(captured_root, tmp_path):
    """Process, file and config checks come out as on the node; what needs a program is not judged."""
    folder = SHARED / "kube-bench-cfg"
    copy = tmp_path / "root"
    subprocess.run(["cp", "-a", captured_root, copy], check=True)
    (copy / "lib").symlink_to("usr/lib")  # the node had it, the capture leaves it out
    machine = Machine(Root(str(copy)))
    loaded = load_benchmark(folder, "cis-1.12", read_settings(folder, "cis-1.12"), machine)
    outputs = gather(needed_scripts(loaded.controls), machine)
    ran = [script for script, output in outputs.items() if not output.native]
    assert all(outputs[script].error == "not executed below another root" for script in ran)
    assert all("kubectl" in script for script in ran)
    recorded = read_json((SHARED / "fixtures" / "kube-bench-verdicts" / "cis-1.12-all.json").read_bytes())
    expected = {c.id: c.state for each in recorded.controls for g in each.groups for c in g.checks}
    judged = evaluate(loaded.controls, outputs)
    checks = [check for each in judged.controls for group in each.groups for check in group.checks]
    different = [
        (check.id, check.state, expected[check.id])
        for check in checks
        if check.state != expected[check.id] and check.cause != "audit"
    ]
    assert different == []
    assert all(check.id.startswith("5.") for check in checks if check.cause == "audit")
    assert sum(check.cause in ("evaluated", "unscored") for check in checks) >= 60
    assert not [check.id for check in checks if check.cause == "audit" and check.state == "PASS"]


def test_nothing_below_another_root_is_executed(tmp_path):
    (tmp_path / "bin").mkdir()
    shell = tmp_path / "bin" / "sh"
    shell.write_text(f"#!/bin/sh\ntouch {tmp_path}/executed\n")
    shell.chmod(0o755)
    script = f"touch {tmp_path}/executed"
    outputs = gather([script], Machine(Root(str(tmp_path))))
    assert (outputs[script].exit_code, outputs[script].error) == (None, "not executed below another root")
    assert not (tmp_path / "executed").exists()


def test_paths_of_another_root_stay_in_it(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "a").write_text("inside")
    (tmp_path / "etc" / "passwd").write_text("other:x:0:0::/:/bin/sh\n")
    machine = Machine(Root(str(tmp_path)))
    assert answer("cat /etc/a", machine).output == "inside"
    assert (
        answer("stat -c %U:%G /etc/a", machine) is None
        or "UNKNOWN" in answer("stat -c %U:%G /etc/a", machine).output
    )
    missing = answer("/bin/cat /etc/hostname", machine)
    assert (missing.output, missing.exit_code) == ("/bin/cat: /etc/hostname: No such file or directory\n", 1)


def test_gathering_with_and_without_idioms_gives_the_same(own, programs):
    scripts = [
        "/bin/ps -fC kubelet",
        "cat /etc/hostname",
        "echo $((1 + 1))",
        "/bin/ps -ef | grep kube-apiserver | grep -v grep",
    ]
    with_idioms, without = gather(scripts, own), gather(scripts, own, idioms=False)
    assert list(with_idioms) == list(without) == scripts
    assert [output.native for output in with_idioms.values()] == [True, True, False, True]
    assert not any(output.native for output in without.values())
    for script in scripts:
        assert still(with_idioms[script].output) == still(without[script].output)
        assert with_idioms[script].exit_code == without[script].exit_code


def test_what_is_read_loses_its_secrets_too(own, tmp_path):
    (tmp_path / "a").write_text("token: s3cr3tvalue\n")
    script = f"cat {tmp_path}/a"
    assert gather([script], own)[script].output == "token: REDACTED\n"
    assert gather([script], own, redact=False)[script].output == "token: s3cr3tvalue\n"


def test_machine_tells_what_exists(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "a").touch()
    machine = Machine(Root(str(tmp_path)))
    assert (machine.exists("/etc/a"), machine.exists("/etc/b"), machine.exists("/var/b")) == (
        True,
        False,
        None,
    )


def test_machine_tells_what_runs(own, programs):
    assert any(line.endswith("kube-apiserver 300") for line in own.command_lines("kube-apiserver"))
    assert own.command_lines("kube-controller-manager")
    assert own.command_lines("nobody-runs-it") == []


@pytest.mark.parametrize("name", ["cat", "grep", "awk", "stat", "find", "tr"])
def test_program_of_ones_own_is_left_to_itself(own, tmp_path, monkeypatch, name):
    """A script that is called like a known program may do anything."""
    scripts = {
        "cat": "cat /etc/passwd",
        "grep": "grep root /etc/passwd",
        "awk": "echo a b | awk '{print $2}'",
        "stat": "stat -c %a /etc/passwd",
        "find": "find /etc/passwd",
        "tr": "echo a | tr a b",
    }
    assert answer(scripts[name], own) is not None
    (tmp_path / name).write_text("#!/bin/sh\necho mine\n")
    (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert answer(scripts[name], own) is None
    assert run_script(scripts[name]).output == "mine\n"


def test_function_in_the_environment_is_left_to_the_shell(own, monkeypatch):
    for script in ("cat /etc/passwd", "test -e /etc/passwd", "sh -c 'echo a'"):
        assert answer(script, own) is not None
        with monkeypatch.context() as changed:
            changed.setenv(f"BASH_FUNC_{script.split()[0]}%%", "() { echo mine; }")
            assert answer(script, own) is None
