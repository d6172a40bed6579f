"""Paths never lead out of the root, and nothing that is found there hangs or raises."""

import os
import socket
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collect.nodetree import Tree, need_root, open_to_all, run_python
from trueline.collect import access
from trueline.collect.access import READ_LIMIT, Root
from trueline.errors import AccessError
from trueline.model.facts import Absent, FileMeta, Unavailable


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "outside").write_text("outside")
    return Tree(tmp_path / "node")


LINKS = [
    ("/etc/link", "/etc/file", b"inside"),
    ("/etc/link", "file", b"inside"),
    ("/etc/link", "../etc/./file", b"inside"),
    ("/etc/link", "../../../../../../etc/file", b"inside"),
    ("/etc/link", "/../../etc/file", b"inside"),
    ("/var/a/b/link", "../../../etc/file", b"inside"),
    ("/etc/link", "../outside", Absent()),
    ("/etc/link", "../../outside", Absent()),
    ("/etc/link", "nowhere", Absent()),
    ("/etc/link", "file/below", Absent()),
]


@pytest.mark.parametrize(("name", "target", "expected"), LINKS)
def test_links_are_followed_inside_the_root(tree, name, target, expected):
    tree.write("/etc/file", "inside")
    tree.link(name, target)
    assert tree.root().read(name) == expected


def test_an_absolute_link_to_a_file_of_this_machine_stays_inside(tree, tmp_path):
    tree.link("/etc/link", str(tmp_path / "outside"))
    assert tree.root().read("/etc/link") == Absent()
    tree.write(str(tmp_path / "outside"), "the node's own")
    assert tree.root().read("/etc/link") == b"the node's own"


def test_dots_in_a_path_end_at_the_root(tree):
    tree.write("/etc/file", "inside")
    assert tree.root().read("/../../etc/../etc//file") == b"inside"
    assert tree.root().read("/../outside") == Absent()
    assert tree.root().read("/etc/file/../file") == Absent()


def test_directory_links_are_followed_and_named(tree):
    tree.write("/usr/lib/unit", "x", mode=0o640)
    tree.link("/lib", "usr/lib")
    meta = tree.root().meta("/lib/unit")
    assert (meta.target, meta.mode, meta.kind) == ("/usr/lib/unit", "0640", "file")
    assert tree.root().meta("/usr/lib/unit").target is None


@pytest.mark.parametrize("links", [{"/etc/a": "a"}, {"/etc/a": "/etc/b", "/etc/b": "a"}, {"/etc/a": "a/x"}])
def test_loops_end(tree, links):
    for name, target in links.items():
        tree.link(name, target)
    for fact in (tree.root().meta("/etc/a"), tree.root().read("/etc/a"), tree.root().listdir("/etc/a")):
        assert fact.kind == "outside-root"


def test_forty_links_are_followed_and_no_more(tree):
    tree.write("/etc/0", "end")
    for number in range(1, 43):
        tree.link(f"/etc/{number}", str(number - 1))
    assert tree.root().read("/etc/40") == b"end"
    assert tree.root().read("/etc/41").kind == "outside-root"


def test_special_files_are_not_opened(tree):
    os.mkfifo(tree.path / "etc/fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tree.path / "etc/socket"))
        root = tree.root()
        for name in ("fifo", "socket"):
            assert root.read(f"/etc/{name}").kind == "special-file"
            assert root.meta(f"/etc/{name}").kind == name
            assert root.listdir(f"/etc/{name}") == Absent()
    assert root.read("/etc").kind == "special-file"


def test_devices_are_not_opened(tree):
    need_root()
    os.mknod(tree.path / "etc/tty", stat.S_IFCHR | 0o600, os.makedev(5, 0))
    os.mknod(tree.path / "etc/disk", stat.S_IFBLK | 0o600, os.makedev(7, 200))
    for name in ("/etc/tty", "/etc/disk"):
        assert tree.root().read(name).kind == "special-file"
        assert tree.root().meta(name).kind == "device"


def test_a_file_of_ten_gigabytes_is_too_large(tree):
    os.truncate(tree.write("/etc/huge"), 10 * 1024**3)
    assert tree.root().read("/etc/huge").kind == "too-large"
    assert tree.root().meta("/etc/huge").size == 10 * 1024**3


def test_the_limit_is_what_may_be_read(tree):
    tree.write("/etc/file", "x" * READ_LIMIT)
    assert len(tree.root().read("/etc/file")) == READ_LIMIT
    assert tree.root().read("/etc/file", READ_LIMIT - 1).kind == "too-large"


def test_files_without_a_size_are_read_to_the_limit():
    root = Root("/")
    assert root.read("/proc/self/status").startswith(b"Name:")
    assert root.read("/proc/self/status", 10).kind == "too-large"


def test_a_file_that_grows_forever_is_too_large():
    assert Root("/").read("/proc/kallsyms", 1000).kind == "too-large"


def test_a_missing_file_and_a_file_as_a_directory_are_absent(tree):
    tree.write("/etc/file")
    root = tree.root()
    assert root.meta("/etc/nothing") == Absent()
    assert root.meta("/etc/file/nothing") == Absent()
    assert root.listdir("/etc/file") == Absent()
    assert root.readlink("/etc/file") == Absent()
    assert not root.exists("/etc/nothing")
    assert root.exists("/etc/file")


def test_what_every_node_has_is_not_absent_but_not_visible(tmp_path):
    (tmp_path / "etc").mkdir()
    root = Root(str(tmp_path))
    assert root.meta("/var/lib/etcd").kind == "not-mounted"
    assert root.read("/usr/lib/os-release").kind == "not-mounted"
    assert root.meta("/opt/cni") == Absent()
    assert root.meta("/etc/kubernetes") == Absent()


IMPOSSIBLE = ["/etc/a\0b", "/" + "x/" * 3000, "/etc/" + "x" * 300, "/etc/\ud800"]


@pytest.mark.parametrize("path", IMPOSSIBLE)
def test_impossible_paths_are_invalid(tree, path):
    for fact in (tree.root().meta(path), tree.root().read(path), tree.root().listdir(path)):
        assert fact.kind == "invalid"


def test_deep_trees_do_not_use_up_descriptors(tree):
    deep = "/etc" + "/d" * 200
    (tree.path / deep.lstrip("/")).mkdir(parents=True)
    assert tree.root().meta(deep).kind == "invalid"


@given(st.text(max_size=60))
def test_no_path_raises(path):
    root = Root("/etc")
    root.meta(path), root.read(path), root.listdir(path), root.readlink(path)


def test_a_file_that_vanishes_between_look_and_read(tree, monkeypatch):
    """A race made certain: the file goes away right after it was looked at."""
    file = tree.write("/etc/file", "x")

    class Vanishing(access.Trail):
        def _open_last(self):
            file.unlink()
            return super()._open_last()

    monkeypatch.setattr("trueline.collect.trail.Trail", Vanishing)
    assert tree.root().read("/etc/file").kind == "vanished"


def test_links_that_are_swapped_while_they_are_read_never_lead_out(tree, tmp_path):
    """Somebody exchanges a directory and a link to the outside as fast as can be."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_text("outside")
    tree.write("/var/real/file", "inside")
    place, stop = tree.path / "var/place", threading.Event()

    def swap():
        while not stop.is_set():
            place.symlink_to(secret)
            place.unlink()
            (tree.path / "var/real").rename(place)
            place.rename(tree.path / "var/real")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        root = tree.root()
        seen = {content for _ in range(2000) if isinstance(content := root.read("/var/place/file"), bytes)}
    finally:
        stop.set()
        thread.join()
    assert seen <= {b"inside"}


def test_names_of_owners_come_from_the_root(tree):
    need_root()
    tree.write(
        "/etc/passwd", b"toor:x:0:0::/:\n\xff\xfe:x:7\n:::\nbroken\na:b:c\nalias:x:0:0\nu:x:4242:1::/:\n"
    )
    tree.write("/etc/group", "wheel:x:0:\ng:x:4243:\n")
    os.chown(tree.write("/etc/file"), 4242, 4243)
    os.chown(tree.write("/etc/other"), 999999, 999999)
    root = tree.root()
    meta = root.meta("/etc/file")
    assert (meta.owner, meta.group, meta.uid, meta.gid) == ("u", "g", 4242, 4243)
    assert (root.meta("/etc/passwd").owner, root.meta("/etc/passwd").group) == ("toor", "wheel")
    assert (root.meta("/etc/other").owner, root.meta("/etc/other").group) == (None, None)


def test_special_bits_are_part_of_the_mode(tree):
    tree.write("/etc/file", mode=0o4755)
    (tree.path / "etc/dir").mkdir()
    (tree.path / "etc/dir").chmod(0o1777)
    assert tree.root().meta("/etc/file").mode == "4755"
    assert tree.root().meta("/etc/dir").mode == "1777"


def test_the_nearest_closed_directory_shields_a_file(tree):
    tree.write("/var/lib/etcd/member/snap/db")
    (tree.path / "var/lib/etcd").chmod(0o700)
    (tree.path / "var/lib").chmod(0o750)
    root = tree.root()
    assert root.meta("/var/lib/etcd/member/snap/db").shielded_by == "/var/lib/etcd 0700"
    assert root.meta("/var/lib/etcd").shielded_by == "/var/lib 0750"
    assert root.meta("/var/lib").shielded_by is None


def test_directories_list_their_entries(tree):
    for name in ("b", "a", ".c"):
        tree.write(f"/etc/dir/{name}")
    (tree.path / "etc/dir" / os.fsdecode(b"\xff")).touch()
    assert tree.root().meta("/etc/dir").entries == (".c", "a", "b", "\ufffd")
    assert tree.root().meta("/etc/dir", entries=False).entries is None
    assert tree.root().meta("/etc/dir/\ufffd").kind == "invalid"


def test_a_directory_with_too_many_entries_is_too_large(tree):
    (tree.path / "etc/dir").mkdir()
    for number in range(10_001):
        (tree.path / f"etc/dir/{number}").touch()
    assert tree.root().meta("/etc/dir").kind == "too-large"
    (tree.path / "etc/dir/0").unlink()
    assert len(tree.root().meta("/etc/dir").entries) == 10_000


def test_access_lists_are_told(tree):
    file = tree.write("/etc/file")
    # version 2; user::rw-, user:42:r--, group::r--, mask::r--, other::r--
    entries = ((1, 6, -1), (2, 4, 42), (4, 4, -1), (16, 4, -1), (32, 4, -1))
    value = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little") + permission.to_bytes(2, "little") + (who % 2**32).to_bytes(4, "little")
        for tag, permission, who in entries
    )
    assert not tree.root().meta("/etc/file").acl
    try:
        os.setxattr(file, "system.posix_acl_access", value)
    except OSError as error:
        pytest.skip(f"no access lists on this file system: {error}")
    assert tree.root().meta("/etc/file").acl


UNREADABLE = """
import os, sys
from trueline.collect.access import Root
root = Root(sys.argv[1])
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(root.read("/etc/secret").kind, root.meta("/etc/secret").mode, root.meta("/var/closed/file").kind,
      root.meta("/var/unlisted").entries, root.listdir("/var/unlisted").kind,
      root.meta("/var/unlisted/x").kind)
"""


def test_an_ordinary_user_is_denied(tree):
    need_root()
    open_to_all(tree.path)
    tree.write("/etc/secret", "x", mode=0o600)
    tree.write("/var/closed/file")
    (tree.path / "var/closed").chmod(0o700)
    tree.write("/var/unlisted/x")
    (tree.path / "var/unlisted").chmod(0o711)
    assert run_python(UNREADABLE, str(tree.path)).split() == [
        "denied",
        "0600",
        "denied",
        "None",
        "denied",
        "file",
    ]


@pytest.mark.parametrize("path", ["/nowhere", "/etc/passwd", "a\0b"])
def test_a_root_that_can_not_be_opened(path):
    with pytest.raises(AccessError) as raised:
        Root(path)
    assert raised.value.hint


def test_this_machine_is_a_root_too():
    root = Root("/")
    assert root.live
    assert isinstance(root.meta("/etc/passwd"), FileMeta)
    assert root.meta("/").kind == "directory"
    assert isinstance(root.readlink("/proc/self"), str)


def test_the_root_of_a_live_process_is_entered_by_the_kernel():
    root = Root("/")
    own = f"/proc/{os.getpid()}/root"
    assert root.identity(f"{own}/etc/passwd") == root.identity("/etc/passwd")
    assert root.meta(f"{own}/../../etc/passwd").kind == "file"
    assert root.read("/proc/4194399/root/etc/passwd") == Unavailable(
        kind="not-mounted", reason="what process 4194399 sees is not visible here"
    )


def test_a_recorded_link_to_a_process_root_is_not_followed(tree):
    tree.write("/etc/file", "the node's")
    tree.write("/proc/7/cmdline", "x")
    tree.link("/proc/7/root", "/")
    tree.link("/var/link", "/proc/7/root/etc/file")
    assert tree.root().read("/proc/7/root/etc/file").kind == "not-mounted"
    assert tree.root().read("/var/link").kind == "outside-root"


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left_open(tree):
    tree.write("/etc/a/b/file", "x")
    tree.link("/etc/loop", "loop")
    root = tree.root()
    root.meta("/etc/a/b/file")
    before = open_files()
    for path in ("/etc/a/b/file", "/etc/a/b/none", "/etc/loop", "/etc/a"):
        root.meta(path), root.read(path), root.listdir(path), root.readlink(path)
    assert open_files() == before
    del root
    assert open_files() == before - 1
