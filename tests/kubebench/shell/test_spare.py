"""Sparing shells changes nothing: the same programs run with the same words, and print the same."""

import os
import pwd
from pathlib import Path

import pytest

from tests.kubebench.folder import running
from tests.kubebench.test_idioms_corpus import furnish, moved, processes, published, still
from trueline.collect.commands import find_program, run_pipeline, run_script, run_scripts
from trueline.kubebench.shell.spare import in_place, without_shell

PS = [["ps", "-ef"], ["grep", "kubelet"]]
USER = pwd.getpwuid(os.geteuid()).pw_name


def spare(script):
    return without_shell(script, find_program, USER) or in_place(script, find_program)


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("cat /etc/passwd", [["cat", "/etc/passwd"]]),
        ("/bin/ps -fC kubelet \n", [["/bin/ps", "-fC", "kubelet"]]),
        ("cat a | grep 'x y' | tail -n1", [["cat", "a"], ["grep", "x y"], ["tail", "-n1"]]),
        (
            "ps -ef | grep kubelet | grep -v grep",
            [["ps", "-ef"], ["grep", "kubelet"], ["grep", "-v", "grep"]],
        ),
        ("/bin/sh -c 'exit 3'", [["/bin/sh", "-c", "exit 3"]]),
        (
            "sh -c 'if test -e /a; then stat -c %a /a; else cat /b; fi'",
            [["sh", "-c", "if test -e /a; then exec stat -c %a /a; else exec cat /b; fi"]],
        ),
        ("sh -c 'cat /a || cat /b'", [["sh", "-c", "cat /a || exec cat /b"]]),
        ("sh -c 'cat /a; echo b'", [["sh", "-c", "cat /a; echo b"]]),
        ("sh -c 'cat /a | cat'", [["sh", "-c", "cat /a | cat"]]),
    ],
)
def test_script_that_needs_no_shell(script, commands):
    assert [list(words) for words in without_shell(script, find_program, USER)] == commands


@pytest.mark.parametrize(
    "script",
    [
        "cat $F",
        "cat /etc/*",
        "cat `id`",
        "cat $(echo a)",
        "cat a; cat b",
        "cat a && cat b",
        "! cat a",
        "cat a 2>/dev/null",
        "cat a > b",
        "X=1 cat a",
        "echo a",
        "kubectl get pods",
        "/opt/own/cat a",
        "cat a | sh -c cat",
        "cat a | kubectl apply -f -",
        "no-such-program-of-this-name",
        "sh -c 'ps -ef | grep sh'",
        "sh script",
        "ps -ef",
        "ps -ef | grep kubelet",
        "ps -ef | grep kubelet | grep -v grep | sed s/kubelet/a/",
        "ps -ef | grep sh",
        "ps -ef | grep bin",
        f"ps -ef | grep {USER}",
        "ps -ef | grep '.*'",
        "ps aux | cat",
        "cat a | ps -ef",
        "",
    ],
)
def test_script_that_needs_its_shell(script):
    assert without_shell(script, find_program, USER) == ()


@pytest.mark.parametrize(
    ("script", "better"),
    [
        ("X=1\nstat -c %a $X", "X=1\nexec stat -c %a $X"),
        (
            "if [ -f a ]; then\n  cat a\nelse\n  echo b\nfi\n",
            "if [ -f a ]; then\n  exec cat a\nelse\n  echo b\nfi\n",
        ),
        ("for x in a; do cat $x; done", None),
        ("cat a; true", None),
        ("cat a | grep b; true", None),
        ("ps -ef", None),
        ("! cat a", None),
        ("kubectl get pods", None),
        ("while true; do cat a; done", None),
        ("$X a", None),
        ("'cat' a", None),
    ],
)
def test_shell_that_becomes_its_last_program(script, better):
    assert in_place(script, find_program) == (better or script)


def test_program_that_is_not_there_is_left_for_the_shell_to_tell():
    assert without_shell("cat a", lambda _: False, USER) == ()
    assert in_place("X=1\ncat a", lambda _: False) == "X=1\ncat a"


@pytest.mark.parametrize("there", [True, False])
def test_published_scripts_print_the_same(monkeypatch, tmp_path, there):
    monkeypatch.delenv("COLUMNS", raising=False)
    root = tmp_path / "node"
    scripts = moved(published(), root)
    if there:
        furnish(root, scripts)
    with running(tmp_path / "bin", *(processes(root) if there else ())):
        spared = run_scripts(scripts, spare=spare, redact=False)
        plain = run_scripts(scripts, redact=False)
    assert {script for script in scripts if spare(script) != script}
    for script in scripts:
        one, other = spared[script], plain[script]
        assert (still(one.output), one.exit_code) == (still(other.output), other.exit_code), script


def test_pipeline_ends_in_time_and_in_bounds():
    slow = run_pipeline([["cat", "/dev/zero"], ["tail", "-n1"]], timeout=0.3, limit=1000)
    assert (slow.exit_code, slow.error) == (None, "stopped after 0.3 s")
    large = run_pipeline([["cat", "/dev/zero"]], timeout=20, limit=1000)
    assert (large.exit_code, large.error, len(large.output)) == (None, "printed more than 1000 bytes", 1000)


def test_pipeline_gives_the_status_of_its_last_program_and_both_streams():
    done = run_pipeline([["cat", "/nowhere"], ["grep", "a"]], timeout=20, limit=1000)
    assert (done.exit_code, done.output.count("No such file")) == (1, 1)
    assert run_pipeline([["cat", "/nowhere"], ["cat"]], timeout=20, limit=1000).exit_code == 0
    killed = run_pipeline([["sh", "-c", "kill -9 $$"]], timeout=20, limit=1000)
    assert killed.exit_code == run_script("sh -c 'kill -9 $$'").exit_code == 137


def test_pipeline_that_cannot_be_started_leaves_nothing_behind():
    before = list(Path("/proc/self/fd").iterdir())
    assert run_pipeline([["cat"], ["/no/such/program"], ["cat"]], timeout=5, limit=10) is None
    assert run_pipeline([["/no/such/program"], ["cat"]], timeout=5, limit=10) is None
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)


def test_input_is_at_its_end():
    assert run_pipeline([["cat"]], timeout=5, limit=10).output == ""
