"""Whole machines: this one as root and as another user, trees of others, and hostile ones."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.collect.linux.linuxtree import build
from trueline.collect.access import Root
from trueline.collect.linux.collect import collect_linux
from trueline.collect.linux.paths import FILES
from trueline.collect.linux.walk import WalkLimits
from trueline.model.known import Absent, Unavailable
from trueline.model.linux import LinuxFacts

DEBIAN = Path("/tmp/trueline-debian-root")
NOBODY = 65534
SCRIPT = (
    "import os, sys, msgspec\n"
    "from trueline.collect.access import Root\n"
    "from trueline.collect.linux.collect import collect_linux\n"
    "if len(sys.argv) > 2: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    "sys.stdout.buffer.write(msgspec.json.encode(collect_linux(Root(sys.argv[1]))))\n"
)


def collected(root, *as_nobody):
    """The facts that another process reads, with no more than three seconds' patience per program."""
    command = [sys.executable, "-c", SCRIPT, str(root), *as_nobody]
    run = subprocess.run(command, capture_output=True, check=True, timeout=100)
    assert run.stderr == b""
    return msgspec.json.decode(run.stdout, type=LinuxFacts)


def test_this_machine():
    facts = collected("/")
    assert not isinstance(facts.packages, Unavailable)
    assert facts.accounts.passwd.entries
    assert "kernel.randomize_va_space" in facts.sysctl.running.values
    assert any(mount.target == "/" for mount in facts.mounts.active)
    assert isinstance(facts.walk, Unavailable)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_says_what_it_could_not_read():
    if isinstance(Root("/").identity("/etc/shadow"), Absent):
        pytest.skip("SKIPPED: this machine has no /etc/shadow")
    facts = collected("/", "nobody")
    assert facts.accounts.shadow.kind == "denied"
    assert facts.accounts.passwd.entries
    assert facts.sysctl.running.values
    assert isinstance(facts.firewall.nftables, Unavailable)
    assert isinstance(facts.audit.loaded, Unavailable)
    assert facts.programs.keys() <= {"systemctl"}


def test_facts_survive_a_snapshot():
    facts = collect_linux(Root("/"), programs=False)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=LinuxFacts) == facts


def test_a_debian_tree():
    if not DEBIAN.is_dir():
        pytest.skip(f"SKIPPED FOR WANT OF A DEBIAN TREE: debootstrap one at {DEBIAN}")
    facts = collect_linux(Root(str(DEBIAN)), walk=WalkLimits())
    names = {package.name for package in facts.packages.installed}
    assert {"base-files", "dpkg"} <= names
    assert facts.walk.complete
    assert isinstance(facts.mounts.active, Unavailable)
    assert isinstance(facts.sysctl.running, Unavailable)
    assert isinstance(facts.modules.loaded, Unavailable)
    assert isinstance(facts.listeners, Unavailable)
    assert not any(service.unread for name, service in facts.pam.services.items() if name != "other")
    if "openssh-server" in names:
        assert facts.units.units["ssh.service"].state == "enabled"
        assert facts.sshd.version
    assert facts.programs == {}


def test_an_empty_directory_has_nothing_and_invents_nothing(tmp_path):
    facts = collect_linux(Root(str(tmp_path)), walk=WalkLimits())
    assert isinstance(facts.accounts.passwd, Unavailable)
    assert isinstance(facts.walk, Unavailable)
    assert not any(config.files for config in facts.configs.values())
    assert all(isinstance(meta, Unavailable | Absent) for path, meta in facts.files.items() if path != "/")


HOSTILE = [
    *FILES,
    "/etc/fstab", "/etc/sysctl.conf", "/etc/sysctl.d/a.conf", "/etc/modprobe.d/a.conf", "/etc/pam.d/x",
    "/etc/nsswitch.conf", "/etc/default/grub", "/boot/grub/grub.cfg", "/boot/grub/grubenv", "/proc/cmdline",
    "/proc/modules", "/proc/1/mountinfo", "/proc/1/net/tcp", "/proc/sys/kernel/x", "/proc/7/comm",
    "/sys/fs/selinux/enforce", "/sys/module/apparmor/parameters/enabled", "/etc/dconf/db/a.d/x",
    "/usr/lib/systemd/system/a.service", "/etc/systemd/system/a.socket", "/etc/firewalld/zones/a.xml",
    "/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/lib/modules/6.1/modules.builtin", "/etc/init.d/x",
    "/etc/ssh/sshd_config", "/etc/sudoers.d/x", "/etc/audit/rules.d/a.rules", "/etc/cron.d/x",
    "/etc/systemd/journald.conf", "/etc/rsyslog.d/a.conf", "/etc/yum.repos.d/a.repo", "/etc/apt/apt.conf.d/a",
    "/sys/fs/cgroup/system.slice/a.service/cgroup.procs", "/var/spool/cron/root", "/root/.bashrc",
]  # fmt: skip


def files_only(paths):
    """Those paths that no other path has below it."""
    return [path for path in paths if not any(other.startswith(path.rstrip("/") + "/") for other in paths)]


@pytest.mark.parametrize(
    "content",
    ["|", "-> /proc/self/mem", "-> loop", "/", b"\0\xff" * 5000, b"x" * 100_000, b"a=b\n" * 300_000],
    ids=["fifo", "link-out", "loop", "directory", "binary", "long-line", "large"],
)
def test_hostile_things_in_place_of_every_file(tmp_path, content):
    place = dict.fromkeys(files_only(dict.fromkeys(HOSTILE)), content)
    if content == "-> loop":
        place = {path: f"-> {path}" for path in place}
    facts = collected(build(tmp_path, place))
    assert isinstance(facts, LinuxFacts)
    if content == "|":
        assert facts.accounts.passwd.kind == "special-file"
        assert facts.sshd.kind == "special-file" if isinstance(facts.sshd, Unavailable) else facts.sshd.unread
        assert facts.sysctl.boot.unread
        assert facts.accounts.homes.kind == "special-file"


def test_a_million_users_stay_bounded(tmp_path):
    top = build(tmp_path, {"/etc/group": "g:x:1:\n"})
    with (top / "etc/passwd").open("w") as file:
        file.write("long:x:1:1:" + "x" * 10_000_000 + ":/:/bin/sh\n")
        for number in range(1_000_000):
            file.write(f"u{number}:x:{number}:1::/home/u{number}:/bin/sh\n")
    # not getrusage: its peak is handed down by the process that starts this one, which runs all other tests
    script = (
        SCRIPT.replace("sys.stdout.buffer.write(msgspec", "facts = (msgspec")
        + "peak = open('/proc/self/status').read().partition('VmHWM:')[2].split()[0]\n"
        + "print(len(facts), peak)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(top)], capture_output=True, text=True, check=True, timeout=100
    )
    size, memory = map(int, run.stdout.split())
    assert size < 10_000_000
    assert memory < 150_000, "KiB"


def test_a_long_line_and_too_many_users_are_said(tmp_path):
    users = "".join(f"u{number}:x:{number}:1::/home/u{number}:/bin/sh\n" for number in range(25_000))
    facts = collect_linux(Root(str(build(tmp_path, {"/etc/passwd": "x" * 10_000_000 + "\n" + users}))))
    table = facts.accounts.passwd
    assert (table.total, table.complete, table.malformed[0].line) == (25_000, False, 1)
    assert not facts.accounts.homes_complete


def test_a_very_long_passwd_still_names_root(tmp_path):
    users = "".join(
        f"user{number}:x:{number + 1}:1::/home/user{number}:/bin/sh\n" for number in range(300_000)
    )
    root = Root(str(build(tmp_path, {"/etc/passwd": f"root:x:0:0::/root:/bin/sh\n{users}"})))
    assert (tmp_path / "etc/passwd").stat().st_size > 8 * 1024 * 1024
    assert root.users[0] == "root"
    assert all(name == f"user{uid - 1}" for uid, name in root.users.items() if uid)


def test_a_directory_with_too_many_files_is_not_known_whole(tmp_path):
    top = build(tmp_path, {"/etc/sysctl.d": "/", "/etc/sudoers": "@includedir /etc/sudoers.d\n"})
    (top / "etc/sudoers.d").mkdir()
    for number in range(20_001):
        os.close(os.open(top / "etc/sysctl.d" / f"{number}.conf", os.O_CREAT))
        os.close(os.open(top / "etc/sudoers.d" / str(number), os.O_CREAT))
    facts = collect_linux(Root(str(top)))
    assert facts.sysctl.boot.unread["/etc/sysctl.d"].kind == "too-large"
    assert facts.sudo.unread["/etc/sudoers.d"].kind == "too-large"


def test_a_home_that_is_a_link_to_proc_is_harmless(tmp_path):
    (build(tmp_path, {"/etc/passwd": "eve:x:1:1::/home/eve:/bin/sh\n", "/proc/self/x": ""}) / "home").mkdir()
    (tmp_path / "home/eve").symlink_to("/proc")
    (home,) = collect_linux(Root(str(tmp_path))).accounts.homes
    assert (home.meta.target, home.dot_files.files) == ("/proc", {})


def test_secrets_reach_no_snapshot(tmp_path):
    secret = "hunter2hunter2"
    hashed = "$6$saltsalt$" + secret * 6
    facts = collect_linux(Root(str(build(tmp_path, {
        "/etc/passwd": f"a:{hashed}:0:0::/:/bin/sh\n",
        "/etc/shadow": f"a:{hashed}:1::::::\nb:!{hashed}:1::::::\n{hashed}\n",
        "/etc/group": f"a:{hashed}:0:\n",
        "/etc/gshadow": f"a:{hashed}::\n",
        "/etc/fstab": f"//server/x /mnt cifs username=a,password={secret} 0 0\n",
        "/proc/cmdline": f"root=/dev/x token={secret}\n",
        "/proc/1/mountinfo": f"1 0 0:1 / / rw - cifs //s/x rw,password={secret}\n",
        "/etc/default/grub": f'GRUB_CMDLINE_LINUX="x.password={secret}"\n',
        "/boot/grub/grub.cfg": f"password a {secret}\npassword_pbkdf2 a grub.pbkdf2.{secret}\n",
        "/etc/crontab": f"* * * * * root curl -u a:{secret} https://a:{secret}@x\n",
        "/etc/yum.repos.d/a.repo": f"[a]\npassword={secret}\nbaseurl=https://a:{secret}@x/\n",
        "/etc/pam.d/x": f"auth required pam_mysql.so user=a passwd={secret}\n",
        "/etc/rsyslog.conf": f'action(type="omelasticsearch" pwd.password="{secret}")\n',
        "/etc/sudoers": f"a ALL=(ALL) NOPASSWD: /bin/x --token {secret}\n",
    }))))  # fmt: skip
    assert secret not in msgspec.json.encode(facts).decode()
