"""What is missing below a root that only carries mounts may be on the node; elsewhere it is absent."""

import sys

import pytest

from tests.sandbox import need_mounts, run_mounted
from trueline.collect.access import Root
from trueline.model.facts import Absent

LOOK = """
import sys
from trueline.collect.access import Root
root = Root(sys.argv[1])
for path in sys.argv[2:]:
    fact = root.meta(path)
    print(path, type(fact).__name__, getattr(fact, "kind", ""))
"""


@pytest.fixture
def node(tmp_path):
    """A node with one directory, a link that leads out of it, and a blank in a name."""
    for folder in ("etc/kubernetes/pki", "var/lib/etcd", "var/lib/my data"):
        (tmp_path / "node" / folder).mkdir(parents=True)
    (tmp_path / "node/etc/kubernetes/admin.conf").write_text("x")
    (tmp_path / "node/etc/kubernetes/outside").symlink_to("/var/lib/secrets/key")
    (tmp_path / "node/etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    return tmp_path / "node"


def look(node, mounted, paths, root="host"):
    need_mounts()
    place = node.parent / root
    place.mkdir(exist_ok=True)
    done = run_mounted(
        [sys.executable, "-c", LOOK, place, *paths], {node / one: place / one for one in mounted}
    )
    assert done.returncode == 0, done.stderr
    words = [
        line.removeprefix(path).split() for line, path in zip(done.stdout.splitlines(), paths, strict=True)
    ]
    return [" ".join(word) for word in words]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/etc/kubernetes/admin.conf", "FileMeta file"),
        ("/etc/kubernetes", "FileMeta directory"),
        ("/etc/kubernetes/none", "Absent"),  # the mount would show it
        ("/etc/kubernetes/admin.conf/none", "Absent"),
        ("/etc/passwd", "FileMeta file"),
        ("/var/lib/my data/none", "Absent"),
        ("/etc", "Unavailable not-mounted"),  # mode and owner are those of the container's directory
        ("/", "Unavailable not-mounted"),
        ("/etc/shadow", "Unavailable not-mounted"),
        ("/var/lib/etcd", "Unavailable not-mounted"),
        ("/var/lib/etcd/member/snap", "Unavailable not-mounted"),
        ("/opt/cni/bin", "Unavailable not-mounted"),
        ("/etc/kubernetes/outside", "Unavailable not-mounted"),  # the link leads to what no mount shows
        ("/etc/kubernetes/../shadow", "Unavailable not-mounted"),
    ],
)
def test_only_what_a_mount_would_show_is_absent(node, path, expected):
    assert look(node, ["etc/kubernetes", "etc/passwd", "var/lib/my data"], [path]) == [expected]


def test_a_mount_in_a_whole_tree_makes_nothing_else_doubtful(node):
    tree = node.parent / "host"
    (tree / "etc/ssh").mkdir(parents=True)
    (tree / "var").mkdir()
    (tree / "etc/hostname").write_text("node\n")
    assert look(node, ["etc/kubernetes"], ["/etc/shadow", "/etc/ssh/none", "/opt/none", "/etc"]) == [
        "Absent",
        "Absent",
        "Absent",
        "FileMeta directory",
    ]


def test_a_node_mounted_as_a_whole_lacks_what_it_lacks(node):
    found = look(node, ["."], ["/etc/shadow", "/var/lib/none", "/etc/kubernetes", "/usr/bin/kubelet"])
    assert found == ["Absent", "Absent", "FileMeta directory", "Unavailable not-mounted"]


def test_without_mounts_nothing_changes(node):
    assert Root(str(node)).meta("/etc/shadow") == Absent()


# A node within the test: its first process is one that this user may look at.
OWN_NODE = ("--pid", "--fork", "--kill-child", "--mount-proc")


def test_init_is_asked_whether_a_file_is_there_but_for_nothing_else(node):
    need_mounts()
    place = node.parent / "host"
    mounts = {node / "etc/kubernetes": place / "etc/kubernetes", "/proc": place / "proc"}
    paths = ["/etc/passwd", "/etc/no-such-file", "/var/lib/no-such-folder/x"]
    done = run_mounted([sys.executable, "-c", LOOK, place, *paths], mounts, options=OWN_NODE)
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "/etc/passwd Unavailable not-mounted",
            "/etc/no-such-file Absent ",
            "/var/lib/no-such-folder/x Absent ",
        ],
        "",
    )


NAME = """
import sys
from trueline.collect.access import Root
from trueline.collect.host import hostname
print(hostname(Root(sys.argv[1])))
"""


@pytest.mark.parametrize(
    ("folders", "expected"), [(["etc/kubernetes", "etc/hostname"], "node-7"), (["etc/kubernetes"], "")]
)
def test_a_container_does_not_take_the_name_of_its_pod_for_the_nodes(node, folders, expected):
    need_mounts()
    place = node.parent / "host"
    (node / "etc/hostname").write_text("node-7\n")
    mounts = {node / folder: place / folder for folder in folders} | {"/proc": place / "proc"}
    inside = ("unshare", "--uts", "sh", "-c", 'hostname pod-1; exec "$0" "$@"')
    done = run_mounted([sys.executable, "-c", NAME, place], mounts, options=OWN_NODE, inside=inside)
    assert (done.stdout.strip(), done.stderr) == (expected, "")
