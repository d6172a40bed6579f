"""What applying a plan does to a machine, and what it refuses to do."""

import contextlib
import os
import subprocess
import sys

import msgspec
import pytest

from tests.harden.machine import build, hardener, needs_root, plan, tree, without_times
from trueline.collect.access import Root
from trueline.harden.files import ChangeFailed, Files
from trueline.harden.journal import PLACE, Refused
from trueline.harden.plan import digest_of
from trueline.model.operation import SetAccess
from trueline.model.plan import FileChange, FileState, Plan
from trueline.model.results import Outcome

pytestmark = needs_root


@pytest.fixture
def root(tmp_path):
    return build(tmp_path / "root")


def score(root) -> tuple[int, int]:
    made = plan(root)
    return made.passed, made.maximum


def paths(made) -> set[str]:
    return {one.path for step in made.steps for one in step.changes if isinstance(one, FileChange)}


def test_the_tree_differs_by_what_the_plan_says_and_nothing_else(root):
    before, made = tree(root), plan(root)
    hardener(root).apply(made)
    after = tree(root)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed == paths(made)
    for step in made.steps:
        for one in step.changes:
            found = hardener(root).machine.files.look(one.path)
            assert (
                (found.state if found else None) is None
                if one.after is None
                else found.state.kind == one.after.kind
            )
            if one.text is not None:
                assert (root / one.path.lstrip("/")).read_text() == one.text


def test_the_score_rises_by_what_the_plan_promised(root):
    made = plan(root)
    assert made.promised > made.passed
    hardener(root).apply(made)
    assert score(root) == (made.promised, made.maximum)


def test_each_promise_is_kept(root):
    made = plan(root)
    hardener(root).apply(made)
    still = {one.number: one.before for one in plan(root).promises}
    for promise in made.promises:
        if promise.after is Outcome.PASS:
            assert promise.number not in still, promise


def test_a_second_plan_changes_nothing(root):
    hardener(root).apply(plan(root))
    applied = tree(root)
    again = plan(root)
    assert again.steps == ()
    hardener(root).apply(again)
    assert tree(root) == applied


def test_the_same_plan_applied_again_changes_nothing(root):
    made = plan(root)
    hardener(root).apply(made)
    applied = tree(root)
    report = hardener(root).apply(made)
    assert report.steps == ()
    assert tree(root) == applied


def test_undoing_gives_the_tree_back_bit_for_bit(root):
    before, made = tree(root), plan(root)
    hardener(root).apply(made)
    report = hardener(root).rollback()
    assert report.kept == {}
    assert tree(root) == before
    assert hardener(root).store.runs()[-1].state == "undone"


def test_one_step_can_be_undone_alone(root):
    made = plan(root)
    before = tree(root)
    hardener(root).apply(made)
    applied = tree(root)
    step = next(one for one in made.steps if any(change.path == "/etc/login.defs" for change in one.changes))
    report = hardener(root).rollback([step.id])
    assert report.steps == (step.id,)
    now = tree(root)
    assert now["/etc/login.defs"] == before["/etc/login.defs"]
    assert {path for path in now if now[path] != applied[path]} == {"/etc/login.defs"}
    hardener(root).rollback()
    assert tree(root) == before


def test_attributes_mode_and_owner_of_a_changed_file_stay(root):
    file = root / "etc/login.defs"
    os.chown(file, 1, 42)
    file.chmod(0o640)
    hardener(root).apply(plan(root, only=("5.4.1.1",)))
    status = file.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1, 42, 0o640)
    with contextlib.suppress(OSError):
        assert os.getxattr(file, "user.note") == b"kept"


def test_the_journal_is_for_root_alone(root):
    hardener(root).apply(plan(root))
    assert (root / PLACE.lstrip("/")).stat().st_mode & 0o7777 == 0o700


# What is refused before anything changes


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda root: (root / "etc/login.defs").write_text("PASS_MAX_DAYS 1\n"),
        lambda root: (root / "etc/login.defs").chmod(0o600),
        lambda root: (root / "etc/login.defs").unlink(),
        lambda root: (root / "etc/cron.d").mkdir(exist_ok=True) or (root / "etc/crontab").chmod(0o666),
        lambda root: (root / "etc/modprobe.d/trueline.conf").write_text("x\n"),
    ],
    ids=["content", "mode", "gone", "other-mode", "appeared"],
)
def test_a_machine_that_changed_since_the_plan_is_refused(root, meanwhile):
    made = plan(root)
    meanwhile(root)
    changed = tree(root)
    with pytest.raises(Refused):
        hardener(root).apply(made)
    assert tree(root) == changed
    assert hardener(root).store.runs() == []


def test_a_plan_that_was_edited_is_refused(root):
    made = plan(root)
    step = msgspec.structs.replace(made.steps[0], title="harmless")
    edited = msgspec.structs.replace(made, steps=(step, *made.steps[1:]))
    before = tree(root)
    with pytest.raises(Refused, match="changed after it was made"):
        hardener(root).apply(edited)
    assert tree(root) == before


def test_operations_that_do_something_else_than_the_diff_shows_are_refused(root):
    made = plan(root, only=("2.4.1.2", "5.4.1.1"))
    at = next(n for n, one in enumerate(made.steps) if one.changes[0].path == "/etc/login.defs")
    evil = (*made.steps[at].operations, SetAccess(path="/etc/login.defs", mode="0666"))
    steps = list(made.steps)
    steps[at] = msgspec.structs.replace(steps[at], operations=evil)
    forged = msgspec.structs.replace(made, steps=tuple(steps))
    forged = msgspec.structs.replace(forged, digest=digest_of(forged))
    before = tree(root)
    with pytest.raises(Refused, match="would not become what the plan shows"):
        hardener(root).apply(forged)
    assert tree(root) == before


def test_a_file_that_its_program_would_refuse_ends_the_run_before_it_begins(root):
    """A stack of PAM with a line that is none: nothing is changed, and the journal says so."""
    (root / "etc/pam.d/common-auth").write_text("auth nonsense\nauth required pam_unix.so nullok\n")
    made = plan(root, only=("5.3.3.4.1", "2.4.1.2"))
    assert any(change.path == "/etc/pam.d/common-auth" for step in made.steps for change in step.changes)
    before = tree(root)
    with pytest.raises(Refused, match="common-auth:1"):
        hardener(root).apply(made)
    assert tree(root) == before
    assert [run.state for run in hardener(root).store.runs()] == ["undone"]


def test_a_directory_that_became_a_link_is_not_followed(root, tmp_path):
    made = plan(root, only=("2.4.1.2", "5.4.1.1"))
    (tmp_path / "elsewhere").mkdir()
    (root / "etc").rename(root / "etc.old")
    (root / "etc").symlink_to("etc.old")
    before = tree(root)
    with pytest.raises((Refused, ChangeFailed)):
        hardener(root).apply(made)
    assert tree(root) == before


def test_only_one_run_at_a_time(root):
    made = plan(root, only=("2.4.1.2",))
    with hardener(root).store.begin(made, "now"), pytest.raises(Refused, match="another"):
        hardener(root).apply(made)


def test_an_ordinary_user_is_refused(root):
    made = plan(root)
    before = tree(root)
    machine = hardener(root)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            machine.apply(made)
        except Refused as error:
            os._exit(7 if "only root" in error.message else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert tree(root) == before


def test_nothing_to_undo_is_said(root):
    with pytest.raises(Refused, match="nothing to undo"):
        hardener(root).rollback()


# What goes wrong on the way


def test_a_file_that_somebody_changes_afterwards_is_not_undone(root):
    before, made = tree(root), plan(root)
    hardener(root).apply(made)
    own = root / "etc/login.defs"
    own.write_text("PASS_MAX_DAYS 30\n")
    mine = tree(root)["/etc/login.defs"]
    report = hardener(root).rollback()
    assert len(report.kept) == 1
    now = tree(root)
    assert now["/etc/login.defs"] == mine
    assert {path for path in before if now.get(path) != before[path]} == {"/etc/login.defs"}


def test_an_immutable_file_stops_the_run_and_the_rest_can_be_undone(root):
    file = root / "etc/login.defs"
    if subprocess.run(["chattr", "+i", str(file)], check=False, capture_output=True).returncode:
        pytest.skip("SKIPPED: this file system has no immutable files")
    before = tree(root)
    try:
        made = plan(root)
        with pytest.raises(ChangeFailed, match=r"login\.defs"):
            hardener(root).apply(made)
        assert tree(root)["/etc/login.defs"] == before["/etc/login.defs"]
        hardener(root).rollback()
        assert tree(root) == before
    finally:
        subprocess.run(["chattr", "-i", str(file)], check=True)


def test_after_an_error_the_run_can_be_ended(root):
    file = root / "etc/login.defs"
    if subprocess.run(["chattr", "+i", str(file)], check=False, capture_output=True).returncode:
        pytest.skip("SKIPPED: this file system has no immutable files")
    made = plan(root)
    with pytest.raises(ChangeFailed):
        hardener(root).apply(made)
    with pytest.raises(Refused, match="not finished"):
        hardener(root).apply(made)
    subprocess.run(["chattr", "-i", str(file)], check=True)
    hardener(root).resume()
    assert score(root) == (made.promised, made.maximum)


@pytest.fixture
def small(tmp_path):
    """A root on a file system of its own that can be filled."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if done.returncode:
        pytest.skip("SKIPPED: no file system can be mounted here")
    yield build(place / "root")
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("free", [0, 1, 2, 4, 8, 16])
def test_a_full_disk_leaves_nothing_half_written(small, free):
    before, made = tree(small), plan(small)
    ballast = [small / "ballast", small / "more"]
    ballast[1].write_bytes(b"x" * 4096 * free)
    with contextlib.suppress(OSError), ballast[0].open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    ballast[1].unlink()
    with pytest.raises(ChangeFailed, match="no space"):
        hardener(small).apply(made)
    now = tree(small)
    for path in before:
        assert now[path] == before[path] or path in paths(made)
    with contextlib.suppress(Refused):
        assert hardener(small).rollback().kept == {}
    ballast[0].unlink()
    assert tree(small) == before
    hardener(small).apply(made)
    assert score(small) == (made.promised, made.maximum)


def test_originals_on_another_file_system_are_copied_and_come_back(root, tmp_path):
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "tmpfs", str(root / "var/lib")], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("SKIPPED: no file system can be mounted here")
    try:
        before, made = tree(root), plan(root, only=("2.4.1.2", "5.4.1.1", "5.1"))
        hardener(root).apply(made)
        assert without_times(tree(root)) != without_times(before)
        assert hardener(root).rollback().kept == {}
        assert tree(root) == before
    finally:
        subprocess.run(["umount", "-l", str(root / "var/lib")], check=True)


def test_no_other_file_of_somebody_else_gets_the_owner_or_mode(tmp_path):
    """Who may write a directory may give another's file the name of his own between two looks."""
    (tmp_path / "shadow").write_text("x")
    (tmp_path / "shadow").chmod(0o600)
    os.link(tmp_path / "shadow", tmp_path / "profile")
    his = FileState(kind="file", mode="0664", uid=1000, gid=1000)
    with pytest.raises(ChangeFailed, match="belongs to another one"):
        Files(Root(str(tmp_path))).set_access("/profile", msgspec.structs.replace(his, mode="0644"), of=his)
    status = (tmp_path / "shadow").stat()
    assert (status.st_mode & 0o7777, status.st_uid) == (0o600, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"change": "package", "name": "--pre-invoke=id", "manager": "dpkg", "before": "1", "after": ""},
        {"change": "parameter", "key": ".//.//.etc.motd", "before": "", "after": "x"},
        {"change": "file", "path": "/etc/../tmp/x", "before": None, "after": None},
        {"change": "file", "path": "/etc/x\0", "before": None, "after": None},
        {"change": "file", "path": "/etc/x\ny", "before": None, "after": None},
        {"change": "file", "path": "/etc/x", "before": {"kind": "file", "mode": "u+s"}, "after": None},
    ],
)
def test_a_plan_names_no_options_and_no_paths_that_lead_elsewhere(root, change):
    document = msgspec.to_builtins(plan(root))
    with pytest.raises(msgspec.ValidationError, match="is no"):
        msgspec.convert({**document, "steps": [{**document["steps"][0], "changes": [change]}]}, Plan)


@pytest.mark.parametrize("field", [{"id": "../x"}, {"actions": [{"kind": "stop", "unit": "--force"}]}])
def test_a_plan_names_no_other_steps_or_units(root, field):
    document = msgspec.to_builtins(plan(root))
    with pytest.raises(msgspec.ValidationError, match="is no"):
        msgspec.convert({**document, "steps": [{**document["steps"][0], **field}]}, Plan)


def test_an_edited_plan_is_not_exported(root, tmp_path):
    made = plan(root)
    file = tmp_path / "plan.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(made, steps=made.steps[:1])))
    words = [sys.executable, "-m", "trueline", "harden", "export", str(file), "--format", "bash"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "was changed after it was made" in done.stderr
