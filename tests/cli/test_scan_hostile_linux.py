"""A hostile operating system, through the whole chain: no traceback, no hang, and no PASS from nothing."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_scan import run
from tests.rpm_tree import PACKAGES, SOUND, UNWANTED, WRONG, build
from trueline.cli.gather import Place, collect_snapshot
from trueline.cli.progress import Progress
from trueline.collect.access import Root
from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.evaluate.context import Context
from trueline.evaluate.outcomes import evaluate

ALMA = "cis-almalinux-9"
VERDICTS = ("--benchmark", "cis-alinux-2", "--format", "json", "--no-progress")


def outcomes(top: Path) -> dict[str, str]:
    """What the whole chain but the report makes of a tree, in this process."""
    snapshot, _ = collect_snapshot(Place(root=str(top), linux=True, walk=True, no_cluster=True), Progress())
    context = Context(snapshot.node, None, load_components(), load_platform("kubeadm"), None, 20_000)
    return {one.number: one.outcome.value for one in evaluate(load_benchmark(ALMA), load_rules(), context)}


@contextmanager
def pipe_at(place: Path) -> Iterator[None]:
    """A FIFO that nobody writes to, in place of a file or where none is."""
    kept = place.with_name(f"{place.name}.kept-aside")
    there = place.is_symlink() or place.exists()
    if there:
        place.rename(kept)
    os.mkfifo(place)
    try:
        yield
    finally:
        place.unlink()
        if there:
            kept.rename(place)


def read_paths(top: Path, monkeypatch) -> list[Path]:
    """Every path that is opened to be read, whether there is a file or not."""
    seen: dict[str, None] = {}
    with monkeypatch.context() as patch:
        for name in ("read", "open_file"):
            original = getattr(Root, name)

            def recording(self, path, *rest, original=original, **named):
                seen[path] = None
                return original(self, path, *rest, **named)

            patch.setattr(Root, name, recording)
        outcomes(top)
    places = (top / path.strip("/") for path in seen)
    return [place for place in places if place.parent.is_dir() and not place.is_dir()]


@pytest.mark.timeout(400)
def test_a_pipe_in_place_of_any_file_that_is_read_makes_nothing_pass(tmp_path, monkeypatch):
    top = build(tmp_path / "root", {**SOUND, **WRONG}, [*PACKAGES[3:], *UNWANTED])
    before = outcomes(top)
    places = read_paths(top, monkeypatch)
    assert len(places) > 80, places
    surprising = {}
    for place in places:
        with pipe_at(place):
            after = outcomes(top)
        better = {n: before[n] for n, outcome in after.items() if outcome == "pass" and before[n] != "pass"}
        if better:
            surprising[str(place.relative_to(top))] = better
    assert not surprising


@pytest.fixture
def tree(tmp_path):
    top = tmp_path / "root"
    files = {
        "etc/os-release": 'ID="alinux"\nVERSION_ID="2.1903"\n',
        "etc/passwd": "root:x:0:0::/root:/bin/bash\n",
        "etc/shadow": "root:!:19000:0:99999:7:::\n",
        "etc/group": "root:x:0:\n",
    }
    for name in ("usr/lib/sysctl.d", "etc/pam.d", "etc/ssh", "etc/sysctl.d", "var/lib", "root"):
        (top / name).mkdir(parents=True)
    for name, text in files.items():
        (top / name).write_text(text, encoding="utf-8")
    return top


def judged(top, *words):
    """Results by rule, of the program as users start it."""
    done = run("scan", "--root", top, *VERDICTS, *words)
    assert "Traceback" not in done.stderr
    assert done.returncode in (1, 3), done.stderr
    return {rule: one for one in json.loads(done.stdout)["results"] for rule in one["rules"]}


def test_a_million_users_and_a_line_of_ten_megabytes(tree):
    with (tree / "etc/passwd").open("w", encoding="utf-8") as file:
        file.write("long:x:1:1:" + "x" * 10_000_000 + ":/:/bin/sh\n")
        file.writelines(f"u{number}:x:{number}:1::/home/u{number}:/bin/sh\n" for number in range(1_000_000))
    found = judged(tree)
    for rule in ("uid-unique", "uid-zero-only-root", "home-directory-exists", "home-directory-owner"):
        assert found[rule]["outcome"] != "pass", rule
    assert found["uid-zero-only-root"]["outcome"] == "fail"  # u0, in the part that was read


def test_configuration_that_is_garbage(tree):
    garbage = bytes(range(256)) * 4096
    for name in ("a.conf", "b.conf"):
        (tree / "etc/sysctl.d" / name).write_bytes(garbage)
    (tree / "etc/sysctl.d/c.conf").write_text("=\n==1\nnet.ipv4.ip_forward\n= 0\n-\n*=*\n" * 1000)
    for name in ("login.defs", "fstab", "ssh/sshd_config", "pam.d/system-auth", "sudoers", "crontab"):
        (tree / "etc" / name).write_bytes(garbage)
    found = judged(tree)
    for rule in (
        "ip-forwarding-disabled",
        "sysctl-net-ipv4-tcp-syncookies",
        "password-max-days",
        "sshd-client-alive",
    ):
        assert found[rule]["outcome"] != "pass", rule


def test_includes_without_an_end(tree):
    (tree / "etc/pam.d/system-auth").write_text("auth include system-auth\nauth substack password-auth\n")
    (tree / "etc/pam.d/password-auth").write_text("@include system-auth\nauth include password-auth\n" * 500)
    (tree / "etc/ssh/sshd_config").write_text("Include /etc/ssh/*\nInclude sshd_config\nPermitRootLogin no\n")
    (tree / "etc/sudoers").write_text("#include /etc/sudoers\n@includedir /etc\n")
    found = judged(tree)
    for rule, one in found.items():
        if rule.startswith(("sshd-", "pam-", "faillock", "pwquality")):
            assert one["outcome"] != "pass", rule


def test_home_directories_that_lead_elsewhere(tree):
    (tree / "home").mkdir()
    (tree / "home/a").symlink_to("/proc")
    (tree / "home/b").symlink_to("/home/b")
    (tree / "home/c").symlink_to("../../../../../../../../../../root")
    (tree / "etc/passwd").write_text(
        "root:x:0:0::/root:/bin/bash\n"
        "a:x:1000:0::/home/a:/bin/sh\n"
        "b:x:1001:0::/home/b:/bin/sh\n"
        "c:x:1002:0::/proc/self/root/../../root:/bin/sh\n"
        "d:x:1003:0::/home/c:/bin/sh\n"
    )
    found = judged(tree)
    for rule in ("home-directory-exists", "home-directory-mode", "home-directory-owner"):
        assert found[rule]["outcome"] in ("fail", "error"), found[rule]
