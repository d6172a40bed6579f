"""A scan of an AlmaLinux 9 with a database that rpm itself wrote: as it should be, wrong, and hostile."""

import json
import os
import shutil

import pytest

from tests.cli.test_scan import run
from tests.node_tree import NodeTree
from tests.rpm_tree import OS_RELEASE, PACKAGES, SOUND, UNWANTED, WRONG, build

ALMA = ("--benchmark", "cis-almalinux-9", "--format", "json", "--no-progress")
# What breaks in WRONG, and holds in SOUND.
BROKEN = [
    "1.2.1.2",
    "1.3.1.3",
    "1.3.1.7",
    "1.3.1.8",
    "1.4.1",
    "1.5.3",
    "1.5.4",
    "1.6.1",
    "1.6.2",
    "1.6.3",
    "1.6.4",
    "1.6.5",
    "2.1.4",
    "2.1.15",
    "2.1.20",
    "2.2.1",
    "2.2.3",
    "2.2.4",
    "2.2.5",
    "2.3.3",
    "2.4.1.8",
    "5.1.4",
    "5.1.5",
    "5.1.6",
    "5.1.7",
    "5.1.8",
    "5.1.9",
    "5.1.10",
    "5.1.11",
    "5.1.14",
    "5.1.16",
    "5.1.17",
    "5.1.20",
    "5.2.2",
    "5.2.3",
    "5.2.4",
    "5.2.5",
    "5.2.7",
    "5.3.1.3",
    "5.3.2.1",
    "5.3.2.2",
    "5.3.2.3",
    "5.3.2.4",
    "5.3.3.1.1",
    "5.3.3.1.2",
    "5.3.3.1.3",
    "5.3.3.2.1",
    "5.3.3.2.2",
    "5.3.3.2.4",
    "5.3.3.2.5",
    "5.3.3.2.6",
    "5.3.3.2.7",
    "5.3.3.3.1",
    "5.3.3.3.2",
    "5.3.3.3.3",
    "5.3.3.4.1",
    "5.3.3.4.2",
    "5.3.3.4.3",
    "5.3.3.4.4",
    "5.4.1.1",
    "5.4.1.2",
    "5.4.1.3",
    "5.4.1.4",
    "5.4.1.5",
    "5.4.2.2",
    "5.4.2.3",
    "5.4.2.4",
    "5.4.2.5",
    "5.4.2.8",
    "5.4.3.2",
    "5.4.3.3",
    "6.1.1",
    "6.1.2",
    "6.1.3",
    "6.2.3.1",
    "6.2.3.4",
    "6.2.3.7",
    "6.3.2.2",
    "6.3.2.3",
    "6.3.2.4",
    "7.2.2",
    "7.2.5",
    "1.4.2",
    "2.4.1.2",
    "5.1.1",
    "5.1.2",
    "6.2.4.1",
    "6.3.4.2",
    "6.3.4.5",
    "6.3.4.8",
    "7.1.1",
    "7.1.5",
    "7.1.11",
    "7.2.8",
]
OF_PACKAGES = [
    "1.3.1.1",
    "1.3.1.7",
    "2.1.20",
    "2.2.1",
    "2.3.1",
    "4.1.1",
    "5.2.1",
    "5.3.1.3",
    "6.1.1",
    "6.3.1.1",
]


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """The two trees, made once; skips loudly without rpm's tools."""
    top = tmp_path_factory.mktemp("alma")
    lacking = {"aide", "libpwquality", "rsyslog"}
    wrong = [name for name in PACKAGES if name not in lacking] + UNWANTED
    return build(top / "sound", SOUND, PACKAGES), build(top / "wrong", {**SOUND, **WRONG}, wrong)


@pytest.fixture
def tree(trees, tmp_path):
    """A copy of the sound tree to break."""
    return shutil.copytree(trees[0], tmp_path / "alma", symlinks=True)


def outcomes(root, *words):
    done = run("scan", "--root", root, *(words or ALMA))
    assert "Traceback" not in done.stderr
    document = json.loads(done.stdout)
    return {one["number"]: one["outcome"] for one in document["results"]}, document, done


def test_what_is_sound_passes_and_what_is_wrong_fails(trees):
    sound, _, done = outcomes(trees[0])
    wrong, _, _ = outcomes(trees[1])
    assert len(sound) == 300
    assert done.returncode == 3  # what runs can't be seen in a tree
    assert {number: sound[number] for number in BROKEN} == dict.fromkeys(BROKEN, "pass")
    assert {number: wrong[number] for number in BROKEN} == dict.fromkeys(BROKEN, "fail")


def test_what_only_a_running_system_shows_is_no_pass(trees):
    sound, document, _ = outcomes(trees[0])
    running = {"1.3.1.5", "2.1.21", "3.1.2", "4.1.2", "6.2.3.2", "6.3.1.2", "6.3.1.4", "6.3.3.20"}
    assert not {number for number in running if sound[number] == "pass"}
    assert document["benchmark"]["id"] == "cis-almalinux-9"


def test_d7_each_failure_says_how_to_mend_it(trees):
    _, document, _ = outcomes(trees[1])
    assert all(one["remediation"] for one in document["results"] if one["outcome"] == "fail")


def test_d2_level_1_leaves_level_2_unselected(trees):
    found, document, _ = outcomes(trees[1], *ALMA, "--level", "1")
    assert {found[one["number"]] for one in document["results"] if one["level"] == 2} == {"notselected"}
    assert found["1.2.1.2"] == "fail"


def test_d13_a_node_of_a_cluster_keeps_forwarding(trees):
    found, document, _ = outcomes(trees[0], "--profile", "kubernetes-node-almalinux-9", *ALMA[2:])
    assert found["3.3.1"] == found["4.1.2"] == "notapplicable"
    reason = next(one["reason"] for one in document["results"] if one["number"] == "3.3.1")
    assert "forward" in reason


def without_kubernetes(tree):
    NodeTree(tree, existing=True).process(["/sbin/init"], exe="/usr/lib/systemd/systemd", pid=1)


def test_auto_takes_the_benchmark_of_the_system(tree):
    without_kubernetes(tree)
    _, document, _ = outcomes(tree, "--format", "json", "--no-progress")
    assert document["benchmark"]["id"] == "cis-almalinux-9"


@pytest.mark.parametrize("words", [(), ("--benchmark", "cis-rhel-9")])
def test_a_rebuild_is_judged_as_rhel_with_a_notice(tree, words):
    text = OS_RELEASE.replace("almalinux", "rocky").replace("AlmaLinux", "Rocky Linux")
    (tree / "etc/os-release").write_text(text, encoding="utf-8")
    without_kubernetes(tree)
    found, document, _ = outcomes(tree, *words, "--format", "json", "--no-progress")
    assert document["benchmark"]["id"] == "cis-rhel-9"
    assert any("No benchmark ships for rocky 9.5" in notice for notice in document["notices"])
    assert found["5.1.20"] == "pass"


def test_a_rebuild_is_not_judged_by_another_rebuilds_benchmark(tree):
    (tree / "etc/os-release").write_text('ID="rocky"\nVERSION_ID="9.5"\n', encoding="utf-8")
    found, _, _ = outcomes(tree)
    assert set(found.values()) == {"notapplicable"}


def berkeley(place):
    (place / "Packages").write_bytes(b"\0" * 12 + (0x61561).to_bytes(4, "little") + b"\0" * 4080)


def ndb(place):
    (place / "Packages.db").write_bytes(b"RpmP" + (0).to_bytes(4, "little") * 1023)


def cut(place):
    content = (place / "kept").read_bytes()
    (place / "rpmdb.sqlite").write_bytes(content[: len(content) // 2])


def unfinished(place):
    shutil.copy(place / "kept", place / "rpmdb.sqlite")
    (place / "rpmdb.sqlite-wal").write_bytes(b"x" * 4096)


def pipe(place):
    os.mkfifo(place / "rpmdb.sqlite")


def outside(place):
    (place / "rpmdb.sqlite").symlink_to("../../../../../../../../../var/lib/rpm/rpmdb.sqlite")


@pytest.mark.parametrize("make", [berkeley, ndb, cut, unfinished, pipe, outside])
def test_packages_of_a_database_that_can_not_be_read_are_not_known(tree, make):
    place = tree / "var/lib/rpm"
    for file in list(place.iterdir()):
        if file.name == "rpmdb.sqlite":
            file.rename(place / "kept")
        else:
            file.unlink()
    make(place)
    found, _, _ = outcomes(tree)
    assert {found[number] for number in OF_PACKAGES} <= {"error"}


def hostile(tree, path, content=None):
    place = tree / path.lstrip("/")
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        os.mkfifo(place)
    elif content.startswith("-> "):
        place.symlink_to(content[3:])
    else:
        place.write_text(content, encoding="utf-8", errors="surrogateescape")


@pytest.mark.parametrize(
    ("path", "content", "numbers"),
    [
        ("/etc/crypto-policies/state/CURRENT.pol", None, "1.6.3 1.6.4 1.6.5"),
        ("/etc/crypto-policies/state/CURRENT.pol", "-> CURRENT.pol", "1.6.3 1.6.4 1.6.5"),
        ("/etc/crypto-policies/state/CURRENT.pol", "mac = X\n" * 2_000_000, "1.6.3 1.6.4 1.6.5"),
        ("/etc/crypto-policies/state/CURRENT.pol", "\0\udcff" * 5000, "1.6.3 1.6.4 1.6.5"),
        ("/etc/crypto-policies/config", None, "1.6.1"),
        ("/etc/authselect/authselect.conf", None, "5.3.2.1"),
        ("/etc/authselect/authselect.conf", "custom/../../../../etc\n", "5.3.2.1"),
        ("/etc/authselect/custom/site/system-auth", "-> /proc/self/mem", "5.3.2.1"),
        ("/etc/authselect/system-auth", None, "5.3.2.2 5.3.3.4.1 5.3.3.4.2 5.3.3.2.6"),
        ("/etc/authselect/system-auth", "auth include system-auth\n", "5.3.2.2 5.3.2.5 5.3.3.4.3"),
        ("/etc/dnf/dnf.conf", None, "1.2.1.2"),
        ("/etc/yum.repos.d/z.repo", None, "1.2.1.2"),
        ("/etc/rsyslog.conf", 'include(file="/etc/rsyslog.conf")\n', "6.2.3.7"),
        ("/etc/rsyslog.d/z.conf", None, ""),
        ("/etc/ssh/sshd_config.d/10-a.conf", None, "5.1.4 5.1.20 5.1.22"),
        ("/etc/ssh/sshd_config.d/10-a.conf", "Include /etc/ssh/sshd_config\n", "5.1.4 5.1.20"),
        ("/etc/crypto-policies/back-ends/opensshserver.config", "-> /dev/zero", "5.1.4 5.1.5 5.1.6"),
        ("/etc/sysconfig/sshd", None, "1.6.2"),
        ("/etc/sysconfig/chronyd", None, "2.3.3"),
        ("/etc/sudoers", "#include /etc/sudoers\n", "5.2.4 5.2.5"),
        ("/boot/grub2/user.cfg", None, "1.4.1"),
        ("/etc/passwd", "x:" * 5_000_000, "5.4.2.1 5.4.2.2 7.2.4"),
        ("/etc/group", None, "5.2.7 5.4.2.3 7.2.5"),
        ("/etc/shells", None, "5.4.2.8 5.4.3.1"),
        ("/etc/libuser.conf", None, "5.4.1.4"),
    ],
)
def test_a_hostile_file_is_never_a_pass(tree, path, content, numbers):
    hostile(tree, path, content)
    found, _, done = outcomes(tree)
    assert len(found) == 300
    assert done.returncode in {1, 3}
    assert not {number for number in numbers.split() if found[number] == "pass"}


def test_an_empty_tree_passes_nothing_of_its_own(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(OS_RELEASE, encoding="utf-8")
    found, _, done = outcomes(tmp_path)
    assert done.returncode == 3
    forbidden = {"1.6.2", "6.2.3.7"}  # what must not be there is not there
    assert not {number for number in BROKEN if found[number] == "pass"} - forbidden
