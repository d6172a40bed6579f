"""A kill -9 before every single call that changes a disk, and in the middle of every write."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.harden.machine import build, hardener, needs_root, plan, tree, without_times
from trueline.harden.journal import Refused

pytestmark = needs_root

_CALLS = (
    "write",
    "fchown",
    "fchmod",
    "fsync",
    "rename",
    "link",
    "unlink",
    "symlink",
    "mkdir",
    "rmdir",
    "setxattr",
    "utime",
    "ftruncate",
)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """The tree before, its plan, and both trees as they should be."""
    folder = tmp_path_factory.mktemp("kill")
    before = build(folder / "before")
    made = plan(before, only=("1.1.1.1", "2.1.2", "2.4.1.2", "5.1", "5.4.1.1", "6.1.2.4", "1.1.2.3.2"))
    after = copy(before, folder / "after")
    hardener(after).apply(made)
    return folder, before, made, tree(before), without_times(tree(after))


def copy(tree_: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    subprocess.run(["cp", "-a", str(tree_), str(to)], check=True)
    return to


def dies_at(number: int, work, *, half: bool) -> bool:
    """Whether a process that does the work is killed at its call of that number; False where it ends."""
    child = os.fork()
    if child == 0:
        _arm(number, half=half)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def _arm(number: int, *, half: bool) -> None:
    left = number

    def deadly(name, call):
        def wrapped(*given, **named):
            nonlocal left
            counts = name == "write" if half else True
            left -= counts
            if counts and left == 0:
                if half:
                    call(given[0], given[1][: len(given[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **named)

        return wrapped

    for name in _CALLS:
        setattr(os, name, deadly(name, getattr(os, name)))


def finish(root: Path, made) -> None:
    machine = hardener(root)
    try:
        machine.resume()
    except Refused:  # it never began, or it was all done
        machine.apply(made)


def undo(root: Path) -> None:
    try:
        report = hardener(root).rollback()
    except Refused:  # nothing had been changed
        return
    assert report.kept == {}


def test_the_plan_of_this_test_has_changes_of_every_kind(case):
    _, _, made, _, _ = case
    kinds = {
        (one.before.kind if one.before else "", one.after.kind if one.after else "")
        for step in made.steps
        for one in step.changes
    }
    assert {("", "file"), ("file", "file"), ("", "directory"), ("", "link"), ("link", "")} <= kinds
    access = [one for step in made.steps for one in step.changes if not one.diff and one.before and one.after]
    assert access


@pytest.mark.parametrize("half", [False, True], ids=["before-a-call", "within-a-write"])
@pytest.mark.timeout(900)
def test_after_a_kill_at_any_point_the_run_can_be_ended_or_undone(case, half):
    folder, before, made, original, hardened = case
    number = 0
    while True:
        number += 1
        one = copy(before, folder / "one")
        if not dies_at(number, lambda root=one: hardener(root).apply(made), half=half):
            break
        other = copy(one, folder / "other")
        finish(one, made)
        assert without_times(tree(one)) == hardened, f"ended after a kill at call {number}"
        undo(other)
        assert tree(other) == original, f"undone after a kill at call {number}"
    assert number > (30 if half else 150)


@pytest.mark.timeout(900)
def test_after_a_kill_while_undoing_it_can_be_undone(case):
    folder, before, made, original, _ = case
    applied = copy(before, folder / "applied")
    hardener(applied).apply(made)
    number = 0
    while True:
        number += 1
        one = copy(applied, folder / "one")
        if not dies_at(number, lambda root=one: hardener(root).rollback(), half=False):
            break
        undo(one)
        assert tree(one) == original, f"undone after a kill at call {number}"
    assert number > 50


@pytest.mark.timeout(900)
def test_after_a_kill_while_resuming_it_can_be_ended(case):
    folder, before, made, _, hardened = case
    broken = copy(before, folder / "broken")
    assert dies_at(120, lambda: hardener(broken).apply(made), half=False)
    number = 0
    while True:
        number += 7
        one = copy(broken, folder / "one")
        if not dies_at(number, lambda root=one: hardener(root).resume(), half=False):
            break
        finish(one, made)
        assert without_times(tree(one)) == hardened, f"ended after a kill at call {number}"
    assert number > 50
