"""What programs answer, or don't, up to the verdict: the real program runner with programs that stand in."""

from dataclasses import replace

import msgspec
import pytest

from tests.collect.linux.linuxtree import reader
from tests.evaluate.linux.machines import machine
from trueline.collect import programs
from trueline.collect.linux.packages import collect_packages
from trueline.collect.programs import Programs, understood
from trueline.content.load import load_rules
from trueline.evaluate.outcomes import judge

LINE = r"printf 'bash\t0:5.1-2\tx86_64\n%s'"
SYSTEMD = "cron.service loaded active running Regular background program\n-.mount loaded active mounted /\n"


def verdict(tmp_path, monkeypatch, script, rule="telnet-client-absent"):
    """What a rule about packages says of a machine whose rpm is this script."""
    program = tmp_path / "rpm"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    if program.stat().st_uid != 0:
        pytest.skip("SKIPPED: only programs that root owns are started")
    monkeypatch.setattr(programs, "DIRECTORIES", (str(tmp_path),))
    tree = reader(tmp_path / "root", {"/var/lib/rpm/Packages.db": b"not a database"})
    packages = collect_packages(tree, Programs(allowed=True))
    context = machine()
    linux = msgspec.structs.replace(context.node.linux, packages=packages)
    context = replace(context, node=msgspec.structs.replace(context.node, linux=linux))
    return judge(load_rules()[rule], context)


def test_d10_a_program_that_is_missing_or_fails_is_an_error(tmp_path, monkeypatch):
    decision = verdict(tmp_path, monkeypatch, "exit 127")
    assert decision.outcome.value == "error"
    assert "exit status 127" in decision.reason


@pytest.mark.parametrize("script", ["echo 'rpmdb is damaged'", "true", LINE % "and then what", "echo; echo"])
def test_d10_an_answer_that_is_not_understood_is_unknown(tmp_path, monkeypatch, script):
    decision = verdict(tmp_path, monkeypatch, script)
    assert decision.outcome.value == "unknown"
    assert "not understood" in decision.reason


def test_d10_an_answer_that_is_understood_decides(tmp_path, monkeypatch):
    assert verdict(tmp_path, monkeypatch, LINE % "").outcome.value == "pass"
    telnet = LINE % r"telnet\t0:1-1\tx86_64\n"
    assert verdict(tmp_path, monkeypatch, telnet).outcome.value == "fail"


@pytest.mark.parametrize(
    ("name", "output", "clear"),
    [
        ("nft", "", True),
        ("nft", "table ip filter {\n\tchain input {\n\t\ttype filter hook input priority 0;\n\t}\n}\n", True),
        ("nft", "internal error\n", False),
        ("iptables", "-P INPUT DROP\n-N X\n-A INPUT -i lo -j ACCEPT\n", True),
        ("iptables-legacy", "# Warning: more\n-P INPUT DROP\n", True),
        ("ip6tables", "", False),
        ("ip6tables-legacy", "Chain INPUT (policy ACCEPT)\n", False),
        ("auditctl", "No rules\n", True),
        ("auditctl", "-w /etc/passwd -p wa -k identity\n", True),
        ("auditctl", "Operation not permitted\n", False),
        ("sshd", "port 22\npermitrootlogin no\nversionaddendum none\nciphers \n", True),
        ("sshd", "/etc/ssh/sshd_config: line 1: bad\n", False),
        ("systemctl", SYSTEMD, True),
        ("systemctl", "Failed to connect to bus\n", False),
    ],
)
def test_an_answer_looks_like_that_of_its_program(name, output, clear):
    assert understood(name, output) is clear
