"""The walk finds what find(1) finds, on trees of any modes, owners and kinds of files."""

import os
import random
import shutil
import subprocess

import pytest

from tests.collect.linux.linuxtree import build
from trueline.collect.access import Root
from trueline.collect.linux import walk
from trueline.collect.linux.reader import Reader
from trueline.collect.linux.walk import WalkLimits, walk_files
from trueline.model.known import Unavailable

QUESTIONS = {
    "world_writable_files": ["-type", "f", "-perm", "-0002"],
    "unsticky_directories": ["-type", "d", "-perm", "-0002", "!", "-perm", "-1000"],
    "setuid": ["-type", "f", "-perm", "-4000"],
    "setgid": ["-type", "f", "-perm", "-2000"],
    "unowned": ["!", "-uid", "0", "!", "-uid", "4711"],
    "ungrouped": ["!", "-gid", "0", "!", "-gid", "4712"],
}
TABLES = {"/etc/passwd": "root:x:0:0::/:\nme:x:4711:0::/:\n", "/etc/group": "root:x:0:\nus:x:4712:\n"}
OWNERS = (0, 4711, 4712, 9999)


def grow(top, dice, count):
    """Files of all kinds below a directory; those of others only where this user may give them."""
    places = [top]
    for number in range(count):
        place = dice.choice(places) / f"f{number}"
        kind = dice.choice(["file", "file", "file", "directory", "link", "pipe"])
        if kind == "directory":
            place.mkdir()
            places.append(place)
        elif kind == "link":
            place.symlink_to(dice.choice(["/etc/passwd", "f1", "/nowhere", ".."]))
        elif kind == "pipe":
            os.mkfifo(place)
        else:
            place.touch()
        if os.geteuid() == 0:
            os.chown(place, dice.choice(OWNERS), dice.choice(OWNERS), follow_symlinks=False)
        if kind != "link":
            place.chmod(dice.choice([0o644, 0o755, 0o666, 0o777, 0o1777, 0o4755, 0o2755, 0o6777, 0o700]))


@pytest.mark.parametrize(("seed", "count"), [(1, 50), (2, 400), (3, 400), (4, 3000), (5, 3000), (6, 3000)])
def test_the_walk_finds_what_find_finds(tmp_path, seed, count):
    if shutil.which("find") is None:
        pytest.skip("SKIPPED FOR WANT OF find (findutils)")
    top = build(tmp_path / "root", TABLES)
    grow(top, random.Random(seed), count)
    found = walked(top)
    assert found.complete
    everything = ask(top, ())
    assert found.visited == len(everything) - 1  # find counts the top too
    for sort, question in QUESTIONS.items():
        finding = getattr(found, sort)
        wanted = ask(top, question)
        assert finding.count == len(wanted)
        assert {file.path for file in finding.files} <= wanted, sort
        assert len(finding.files) == min(len(wanted), 1000)


def walked(top, **limits):
    unknown = Unavailable(kind="not-mounted", reason="-")
    return walk_files(Reader(Root(str(top))), unknown, WalkLimits(**limits))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"complete": true}'])
def test_a_walk_whose_other_half_was_ended_is_not_complete(tmp_path, monkeypatch, content):
    top = build(tmp_path / "root", TABLES)
    grow(top, random.Random(4), 3000)

    def ended(jobs, work, *_):
        for job in jobs[::2]:
            work(job)
        return content

    monkeypatch.setattr(walk, "worthwhile", lambda _: True)
    monkeypatch.setattr(walk, "do_together", ended)
    found = walked(top)
    assert not found.complete
    assert "ended from outside" in found.stopped


def test_limits_hold_for_both_halves_together(tmp_path):
    top = build(tmp_path / "root", TABLES)
    grow(top, random.Random(4), 3000)
    found = walked(top, files=2000)
    assert "2000 files" in found.stopped
    assert found.visited < 2600


def ask(top, question):
    done = subprocess.run(
        ["find", top, "-xdev", *question, "-printf", "/%P\\0"], capture_output=True, check=True
    )
    return {path for path in done.stdout.decode().split("\0") if path}
