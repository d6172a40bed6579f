"""The one walk over the file systems."""

import os
import subprocess
import sys

import pytest

from tests.collect.linux.linuxtree import build
from trueline.collect.access import Root
from trueline.collect.linux.mounts import parse_mount
from trueline.collect.linux.reader import Reader
from trueline.collect.linux.walk import WalkLimits, walk_files
from trueline.model.known import Unavailable

UNKNOWN = Unavailable(kind="not-mounted", reason="-")


def tree(tmp_path):
    mine = f"me:x:{os.getuid()}:{os.getgid()}::/:\n"
    return build(tmp_path, {"/etc/passwd": mine, "/etc/group": f"me:x:{os.getgid()}:\n"})


def walk(top, mounts=UNKNOWN, **limits):
    return walk_files(Reader(Root(str(top))), mounts, WalkLimits(**limits))


def paths(finding):
    return [file.path for file in finding.files]


def test_what_the_walk_notices(tmp_path):
    top = tree(tmp_path)
    for name, mode in {"ww": 0o666, "suid": 0o4755, "sgid": 0o2755, "fine": 0o644}.items():
        (top / name).write_text("")
        (top / name).chmod(mode)
    for name, mode in {"open": 0o777, "sticky": 0o1777}.items():
        (top / name).mkdir()
        (top / name).chmod(mode)
    (top / "link").symlink_to("/nowhere")
    (top / "var/lib/docker/overlay2").mkdir(parents=True)
    (top / "var/lib/docker/overlay2/x").write_text("")
    (top / "var/lib/docker/overlay2/x").chmod(0o666)
    found = walk(top)
    assert found.complete
    assert paths(found.world_writable_files) == ["/ww"]
    assert found.world_writable_files.container_count == 1
    assert paths(found.unsticky_directories) == ["/open"]
    assert paths(found.setuid) == ["/suid"]
    assert paths(found.setgid) == ["/sgid"]
    assert found.unowned.count == found.ungrouped.count == 0


def test_owners_without_a_name(tmp_path):
    top = build(tmp_path, {"/etc/passwd": "other:x:4242:1::/:\n", "/etc/group": "other:x:4242:\n"})
    found = walk(top)
    assert found.unowned.count == found.ungrouped.count > 0
    assert "/etc/passwd" in paths(found.unowned)


def test_without_passwd_no_owner_is_judged(tmp_path):
    assert isinstance(walk(build(tmp_path, {})), Unavailable)


def test_what_is_counted_is_all_and_what_is_kept_is_bounded(tmp_path):
    top = tree(tmp_path)
    (top / "many").mkdir()
    for number in range(1100):
        os.close(os.open(top / "many" / str(number), os.O_CREAT, 0o600))
        (top / "many" / str(number)).chmod(0o602)
    found = walk(top)
    assert (found.world_writable_files.count, len(found.world_writable_files.files)) == (1100, 1000)


def test_a_limit_is_said(tmp_path):
    top = tree(tmp_path)
    for number in range(220):
        (top / f"d{number}").mkdir()
        for file in range(100):
            os.close(os.open(top / f"d{number}" / str(file), os.O_CREAT))
    steps = []
    found = walk_files(
        Reader(Root(str(top))), UNKNOWN, WalkLimits(files=15_000), lambda _, number: steps.append(number)
    )
    assert not found.complete
    assert found.stopped
    assert steps
    assert 10_000 <= steps[0] < 11_000
    assert 15_000 < found.visited < 16_000


def test_a_very_deep_tree_is_walked_or_said_to_be_too_deep(tmp_path):
    top = tree(tmp_path)
    fd = os.open(top, os.O_RDONLY)
    for _ in range(700):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    found = walk(top)
    assert not found.complete
    assert found.denied_count == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every directory")
def test_a_directory_that_can_not_be_listed_is_said(tmp_path):
    top = tree(tmp_path)
    (top / "closed").mkdir(mode=0)
    found = walk(top)
    assert found.denied == ("/closed",)
    assert not found.complete


def test_mounts_that_are_not_entered_are_named(tmp_path):
    top = tree(tmp_path)
    (top / "net").mkdir()
    mounts = tuple(filter(None, map(parse_mount, (
        f"1 0 {dev(top)} / / rw - ext4 /dev/x rw",
        "2 1 0:99 / /net rw - nfs4 server:/x rw",
        "3 1 0:98 / /var/lib/docker/overlay2/a/merged rw - overlay overlay rw",
        f"4 1 {dev(top)} /etc /usr rw - ext4 /dev/x rw",
        "5 1 0:97 / /var rw - xfs /dev/y rw",
    ))))  # fmt: skip
    found = walk(top, mounts)
    assert set(found.skipped) == {"/net", "/var", "/var/lib/docker/overlay2/a/merged"}
    assert found.file_systems == ("/",)
    assert not found.complete  # /var should be another file system, and is not visible as one


def dev(path):
    status = path.stat()
    return f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"


def test_names_that_are_no_utf8_and_special_files_are_only_looked_at(tmp_path):
    top = tree(tmp_path)
    os.close(os.open(os.fsencode(top) + b"/\xff", os.O_CREAT))
    (top / os.fsdecode(b"\xff")).chmod(0o666)
    os.mkfifo(top / "fifo")
    (top / "fifo").chmod(0o666)
    assert paths(walk(top).world_writable_files) == ["/\ufffd"]


def test_memory_does_not_grow_with_the_tree(tmp_path):
    top = tree(tmp_path)
    for number in range(300):
        (top / f"d{number}").mkdir()
        for file in range(200):
            os.close(os.open(top / f"d{number}" / f"{file:0100}", os.O_CREAT))
    script = (
        "import resource, sys\n"
        "from trueline.collect.access import Root\n"
        "from trueline.collect.linux.reader import Reader\n"
        "from trueline.collect.linux.walk import WalkLimits, walk_files\n"
        "from trueline.model.known import Unavailable\n"
        "unknown = Unavailable(kind='not-mounted', reason='-')\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "found = walk_files(Reader(Root(sys.argv[1])), unknown, WalkLimits())\n"
        "assert found.visited > 60_000, found\n"
        "print(peak() - before)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(top)], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 4096, "KiB for 60,000 files"
