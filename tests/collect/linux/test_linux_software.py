"""Packages, units, cron jobs, mounts and programs."""

import shutil
import struct
import subprocess

import pytest

from tests.collect.linux.linuxtree import NO_PROGRAMS, build, reader
from trueline.collect import programs
from trueline.collect.access import Root
from trueline.collect.linux.cron import collect_cron
from trueline.collect.linux.mounts import collect_mounts
from trueline.collect.linux.packages import collect_packages
from trueline.collect.linux.reader import Reader
from trueline.collect.linux.rpmdb import parse_header, read_rpmdb
from trueline.collect.linux.running import parse_list_units, running_units
from trueline.collect.linux.unitfiles import collect_units
from trueline.model.known import Absent, Unavailable

SERVICE = "[Service]\nExecStart=/bin/true\n"
WANTED = f"{SERVICE}[Install]\nWantedBy=multi-user.target\n"


def test_dpkg_counts_installed_packages_only(tmp_path):
    facts = collect_packages(reader(tmp_path, {"/var/lib/dpkg/status": (
        "Package: a\nStatus: install ok installed\nVersion: 1:2-3\nArchitecture: amd64\nDescription: x\n"
        " Package: y\n\n"
        "Package: b\nStatus: deinstall ok config-files\nVersion: 1\n\n"
        "Package: c\nStatus: install ok half-installed\nVersion: 1\n\n"
        "Package: d\nStatus: hold ok installed\nVersion: 4"
    )}), NO_PROGRAMS)  # fmt: skip
    assert [(package.name, package.version) for package in facts.installed] == [("a", "1:2-3"), ("d", "4")]


def test_no_database_is_absent_and_an_old_one_of_rpm_is_not_known(tmp_path):
    assert isinstance(collect_packages(reader(tmp_path / "a", {}), NO_PROGRAMS), Absent)
    old = collect_packages(reader(tmp_path / "b", {"/var/lib/rpm/Packages": "x"}), NO_PROGRAMS)
    assert isinstance(old, Unavailable)


def test_a_database_that_is_none_is_not_known(tmp_path):
    facts = collect_packages(reader(tmp_path, {"/var/lib/rpm/rpmdb.sqlite": "garbage" * 99}), NO_PROGRAMS)
    assert isinstance(facts, Unavailable)


def header(**tags: tuple[int, int, bytes]) -> bytes:
    store = b""
    index = b""
    for tag, kind, value in tags.values():
        index += struct.pack(">IIiI", tag, kind, len(store), 1)
        store += value
    return struct.pack(">II", len(tags), len(store)) + index + store


def test_a_header_of_rpm():
    package = parse_header(header(
        epoch=(1003, 4, struct.pack(">I", 2)), name=(1000, 6, b"bash\0"), version=(1001, 6, b"5.1\0"),
        release=(1002, 6, b"3.el9\0"), arch=(1022, 6, b"x86_64\0"),
    ))  # fmt: skip
    assert (package.name, package.version, package.architecture) == ("bash", "2:5.1-3.el9", "x86_64")


def test_the_database_that_rpm_writes_is_read_as_rpm_reads_it(tmp_path):
    if not shutil.which("rpmbuild") or not shutil.which("rpm"):
        pytest.skip("SKIPPED FOR WANT OF RPM: rpm and rpmbuild are not installed")
    spec = tmp_path / "t.spec"
    spec.write_text(
        "Name: trueline-test\nEpoch: 3\nVersion: 1.5\nRelease: 2\nSummary: x\nLicense: x\nBuildArch: noarch\n"
        "%description\nx\n%files\n"
    )
    subprocess.run(
        ["rpmbuild", "-bb", "--define", f"_topdir {tmp_path}/b", str(spec)], check=True, capture_output=True
    )
    package = next((tmp_path / "b").rglob("*.rpm"))
    tree = build(tmp_path / "tree", {"/var/lib/rpm": "/"})
    database = str(tree / "var/lib/rpm")
    subprocess.run(
        ["rpm", "--dbpath", database, "-i", "--justdb", "--nodeps", str(package)],
        check=True,
        capture_output=True,
    )
    if not (tree / "var/lib/rpm/rpmdb.sqlite").exists():
        pytest.skip("SKIPPED: this rpm writes another kind of database")
    before = sorted(path.name for path in (tree / "var/lib/rpm").iterdir())
    facts = collect_packages(Reader(Root(str(tree))), NO_PROGRAMS)
    assert facts.manager == "rpm"
    assert [(found.name, found.version, found.architecture) for found in facts.installed] == [
        ("trueline-test", "3:1.5-2", "noarch")
    ]
    assert sorted(path.name for path in (tree / "var/lib/rpm").iterdir()) == before


def test_a_database_with_an_unfinished_change_is_not_read(tmp_path):
    tree = build(tmp_path, {"/var/lib/rpm/rpmdb.sqlite": "x", "/var/lib/rpm/rpmdb.sqlite-wal": "y"})
    assert isinstance(read_rpmdb(Root(str(tree)), "/var/lib/rpm/rpmdb.sqlite"), Unavailable)


UNITS = {
    "/usr/lib/systemd/system/enabled.service": WANTED,
    "/etc/systemd/system/multi-user.target.wants/enabled.service": "-> /x/enabled.service",
    "/usr/lib/systemd/system/disabled.service": WANTED,
    "/usr/lib/systemd/system/static.service": SERVICE,
    "/usr/lib/systemd/system/vendor.service": SERVICE,
    "/usr/lib/systemd/system/sysinit.target.wants/vendor.service": "-> ../vendor.service",
    "/usr/lib/systemd/system/also.service": f"{SERVICE}[Install]\nAlso=disabled.service\n",
    "/usr/lib/systemd/system/masked.service": WANTED,
    "/etc/systemd/system/masked.service": "-> /dev/null",
    "/usr/lib/systemd/system/empty.service": WANTED,
    "/etc/systemd/system/empty.service": "",
    "/run/systemd/system/runtime.service": "-> /dev/null",
    "/usr/lib/systemd/system/real.service": f"{SERVICE}[Install]\nAlias=other.service\n",
    "/etc/systemd/system/other.service": "-> /usr/lib/systemd/system/real.service",
    "/usr/lib/systemd/system/t@.service": WANTED,
    "/etc/systemd/system/multi-user.target.wants/t@one.service": "-> /usr/lib/systemd/system/t@.service",
    "/etc/systemd/system/linked.service": "-> /opt/x/linked.service",
    "/opt/x/linked.service": WANTED,
    "/usr/lib/systemd/system/tmp.mount": "[Mount]\nWhat=t\nWhere=/tmp\nType=tmpfs\nOptions=nodev,mode=1777\n",
    "/usr/lib/systemd/system/local-fs.target.wants/tmp.mount": "-> ../tmp.mount",
    "/etc/init.d/old": "#!/bin/sh\n",
    "/etc/rc3.d/S20old": "-> ../init.d/old",
}


@pytest.fixture
def units(tmp_path):
    source = reader(tmp_path, UNITS)
    (tmp_path / "etc/init.d/old").chmod(0o755)
    return collect_units(source, NO_PROGRAMS)


@pytest.mark.parametrize(
    ("name", "state", "wanted_by"),
    [
        ("enabled.service", "enabled", ("multi-user.target",)),
        ("disabled.service", "disabled", ()),
        ("static.service", "static", ()),
        ("vendor.service", "static", ("sysinit.target",)),
        ("also.service", "indirect", ()),
        ("masked.service", "masked", ()),
        ("empty.service", "masked", ()),
        ("runtime.service", "masked", ()),
        ("real.service", "enabled", ("other.service",)),
        ("other.service", "alias", ()),
        ("t@.service", "enabled", ("multi-user.target",)),
        ("t@one.service", "enabled", ("multi-user.target",)),
        ("linked.service", "linked", ()),
        ("old.service", "generated", ("/etc/rc3.d/S20old",)),
    ],
)
def test_whether_a_unit_starts_at_boot(units, name, state, wanted_by):
    assert (units.units[name].state, units.units[name].wanted_by) == (state, wanted_by)


def test_a_mask_below_run_ends_with_the_next_boot(units):
    assert units.units["runtime.service"].runtime
    assert not units.units["masked.service"].runtime


def test_states_are_those_that_systemctl_gives():
    if not shutil.which("systemctl"):
        pytest.skip("SKIPPED FOR WANT OF SYSTEMD: systemctl is not installed")
    command = ["systemctl", "--root=/", "list-unit-files", "--no-legend", "--no-pager", "--full"]
    kinds = "service,socket,timer,target,path,mount,automount"
    answer = subprocess.run([*command, f"--type={kinds}"], capture_output=True, text=True, check=True)
    theirs = dict(line.split()[:2] for line in answer.stdout.splitlines())
    ours = collect_units(Reader(Root("/")), NO_PROGRAMS).units
    known = {"enabled", "disabled", "static", "indirect", "masked", "alias"}
    assert theirs
    assert {name: ours[name].state for name, state in theirs.items() if state in known} == {
        name: state for name, state in theirs.items() if state in known
    }


def test_what_runs_is_seen_in_control_groups(tmp_path):
    groups = "/sys/fs/cgroup/system.slice"
    active, kinds = running_units(reader(tmp_path, {
        f"{groups}/ssh.service/cgroup.events": "populated 1\nfrozen 0\n",
        f"{groups}/gone.service/cgroup.events": "populated 0\n",
        f"{groups}/system-getty.slice/getty@tty1.service/cgroup.procs": "12\n",
        f"{groups}/old.service/cgroup.procs": "",
    }), NO_PROGRAMS)  # fmt: skip
    assert (active, kinds) == (("getty@tty1.service", "ssh.service"), ("service",))
    assert isinstance(running_units(reader(tmp_path / "b", {}), NO_PROGRAMS)[0], Unavailable)


def test_the_answer_of_systemctl():
    text = "a.service loaded active running A\nb.socket loaded inactive dead\nc.timer loaded activating x C\n"
    assert parse_list_units(text) == ("a.service", "c.timer")


def test_mounts_now_and_at_boot(tmp_path):
    source = reader(tmp_path, UNITS | {
        "/proc/1/mountinfo": "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
        "23 22 0:5 / /my\\040tmp rw,nodev,noexec - tmpfs tmpfs rw,size=5k\nbroken\n",
        "/etc/fstab": "# x\nUUID=1 / ext4 defaults 0 1\n/dev/b /home/ xfs nodev,noauto\n"
        "none swap swap sw\nbad\n",
    })  # fmt: skip
    facts = collect_mounts(source, collect_units(source, NO_PROGRAMS))
    assert [(mount.target, mount.type, mount.options) for mount in facts.active] == [
        ("/", "ext4", ("rw", "relatime")), ("/my tmp", "tmpfs", ("rw", "nodev", "noexec"))
    ]  # fmt: skip
    assert [(mount.target, mount.options, mount.enabled) for mount in facts.planned] == [
        ("/", ("defaults",), True),
        ("/home", ("nodev", "noauto"), False),
        ("/tmp", ("nodev", "mode=1777"), True),
    ]
    assert [wrong.line for wrong in facts.malformed] == [5]


def test_mounts_of_a_tree_without_proc_are_not_known(tmp_path):
    facts = collect_mounts(reader(tmp_path, {}), Absent())
    assert isinstance(facts.active, Unavailable)
    assert facts.planned == ()


def test_cron_jobs_without_secrets(tmp_path):
    source = reader(tmp_path, {
        "/etc/crontab": "SHELL=/bin/sh\n17 * * * * root /bin/x --token=hunter2\n@daily root /bin/y\n",
        "/var/spool/cron/crontabs/joe": "0 5 * * * /usr/bin/aide --check\n",
        "/etc/anacrontab": "1 5 daily-job nice run-parts /etc/cron.daily\n",
        "/etc/cron.daily/aide": "#!/bin/sh\n# aide\n/usr/bin/aide --check\n",
    })  # fmt: skip
    jobs = collect_cron(source).jobs
    assert [(job.schedule, job.user, job.command) for job in jobs] == [
        ("17 * * * *", "root", "/bin/x --token=REDACTED"),
        ("@daily", "root", "/bin/y"),
        ("0 5 * * *", "joe", "/usr/bin/aide --check"),
        ("1", "root", "nice run-parts /etc/cron.daily"),
        ("daily", "root", "/etc/cron.daily/aide"),
    ]
    assert jobs[4].mentions == ("/usr/bin/aide --check",)
    assert not jobs[4].runnable


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Makes a program that stands in for one of the list."""

    def make(name: str, script: str) -> programs.Programs:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(programs, "DIRECTORIES", (str(tmp_path),))
        return programs.Programs(allowed=True, timeout=1.0, limit=1000)

    return make


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("exit 3", "invalid"),
        ("sleep 60", "unreachable"),
        ("sleep 60 & exec sleep 60", "unreachable"),
        ("exec >&-; sleep 60", "unreachable"),
        ("yes", "too-large"),
    ],
)
def test_a_program_that_misbehaves_is_ended(program, script, kind):
    asked = program("nft", script)
    found = asked.run("nft")
    if isinstance(found, Unavailable) and "others than root" in found.reason:
        pytest.skip("SKIPPED: only programs that root owns are started")
    assert found.kind == kind
    assert asked.ran["nft -s list ruleset"] == found.reason


def test_a_program_sees_no_environment_and_no_input(program, monkeypatch):
    monkeypatch.setenv("LD_PRELOAD_TEST", "hunter2")
    found = program("nft", "env | sed 's/^/# /'; cat").run("nft")
    if isinstance(found, Unavailable) and "others than root" in found.reason:
        pytest.skip("SKIPPED: only programs that root owns are started")
    assert "hunter2" not in found
    assert "LC_ALL=C" in found


def test_a_program_that_others_can_change_is_not_started(program, tmp_path):
    asked = program("nft", f"touch {tmp_path}/ran")
    (tmp_path / "nft").chmod(0o777)
    assert asked.run("nft").kind == "invalid"
    assert not (tmp_path / "ran").exists()


def test_no_program_is_started_for_a_tree():
    assert NO_PROGRAMS.run("nft").kind == "not-collected"
    assert NO_PROGRAMS.ran == {}
