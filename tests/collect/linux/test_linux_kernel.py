"""Modules, parameters, boot and mandatory access control."""

import shutil
import subprocess

import pytest

from tests.collect.linux.linuxtree import reader
from trueline.collect.linux.boot import collect_boot
from trueline.collect.linux.mac import collect_apparmor, collect_selinux
from trueline.collect.linux.modules import collect_modules
from trueline.collect.linux.sysctl import collect_sysctl, dotted
from trueline.model.known import Absent, Unavailable


def test_modprobe_files_of_one_name_count_once_in_the_order_of_directories(tmp_path):
    facts = collect_modules(reader(tmp_path, {
        "/etc/modprobe.d/b.conf": "install cramfs /bin/false\n",
        "/usr/lib/modprobe.d/b.conf": "install cramfs /bin/true\n",
        "/run/modprobe.d/a.conf": "blacklist usb-storage\n# install x y\nnonsense x\n",
        "/lib/modprobe.d/c.conf": "-> /dev/null",
        "/usr/lib/modprobe.d/c.conf": "blacklist lost",
    }))  # fmt: skip
    assert [(rule.file, rule.directive, rule.module, rule.argument) for rule in facts.rules] == [
        ("/run/modprobe.d/a.conf", "blacklist", "usb_storage", ""),
        ("/etc/modprobe.d/b.conf", "install", "cramfs", "/bin/false"),
        ("/usr/lib/modprobe.d/c.conf", "blacklist", "lost", ""),
    ]


def test_a_link_to_null_takes_a_vendors_rules_out(tmp_path):
    facts = collect_modules(reader(tmp_path, {
        "/etc/modprobe.d/c.conf": "-> /dev/null",
        "/usr/lib/modprobe.d/c.conf": "blacklist lost",
    }))  # fmt: skip
    assert facts.rules == ()


def test_modules_loaded_built_in_and_available(tmp_path):
    facts = collect_modules(reader(tmp_path, {
        "/proc/modules": "nf_tables 1 0 - Live 0x0\nusb_storage 1 0 - Live 0x0\n",
        "/lib/modules/6.1.0-1/modules.builtin": "kernel/fs/squashfs/squashfs.ko\n",
        "/lib/modules/6.1.0-1/modules.dep": "kernel/fs/cramfs/cramfs.ko.xz: kernel/a-b.ko.xz\n",
        "/lib/modules/6.9.0-2/modules.dep": "kernel/net/rds/rds.ko:\n",
    }))  # fmt: skip
    assert facts.loaded == ("nf_tables", "usb_storage")
    first, second = facts.trees
    assert (first.builtin, first.available) == (("squashfs",), ("cramfs",))
    assert second.release == "6.9.0-2"
    assert isinstance(second.builtin, Unavailable)


def test_without_proc_nothing_is_known_of_loaded_modules(tmp_path):
    assert isinstance(collect_modules(reader(tmp_path, {})).loaded, Unavailable)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("net.ipv4.ip_forward", "net.ipv4.ip_forward"),
        ("net/ipv4/ip_forward", "net.ipv4.ip_forward"),
        ("net/ipv4/conf/eth0.100/rp_filter", "net.ipv4.conf.eth0/100.rp_filter"),
        ("net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.conf.eth0/100.rp_filter"),
        ("/proc/sys/kernel/sysrq", "kernel.sysrq"),
    ],
)
def test_names_of_parameters(key, name):
    assert dotted(key) == name


def test_assignments_in_the_order_of_systemd_sysctl(tmp_path):
    boot = collect_sysctl(reader(tmp_path, {
        "/usr/lib/sysctl.d/50-default.conf": "net.ipv4.conf.all.rp_filter = 2\n-kernel.x = 1\n",
        "/usr/lib/sysctl.d/10-a.conf": "a.b=vendor",
        "/etc/sysctl.d/10-a.conf": "a.b=own",
        "/run/sysctl.d/20-masked.conf": "-> /dev/null",
        "/usr/lib/sysctl.d/20-masked.conf": "c.d=1",
        "/etc/sysctl.d/99-sysctl.conf": "-> ../sysctl.conf",
        "/etc/sysctl.conf": "; no\nnet.ipv4.conf.*.rp_filter = 1\n-net.ipv4.conf.lo.rp_filter\nwrong line\n",
        "/etc/sysctl.d/readme": "z=1",
    })).boot  # fmt: skip
    assert [(line.name, line.value, line.pattern, line.optional) for line in boot.lines] == [
        ("a.b", "own", False, False),
        ("net.ipv4.conf.all.rp_filter", "2", False, False),
        ("kernel.x", "1", False, True),
        ("net.ipv4.conf.*.rp_filter", "1", True, False),
        ("net.ipv4.conf.lo.rp_filter", None, False, True),
    ]
    assert set(boot.masked) == {
        "/usr/lib/sysctl.d/10-a.conf", "/run/sysctl.d/20-masked.conf", "/usr/lib/sysctl.d/20-masked.conf"
    }  # fmt: skip
    assert [(wrong.file, wrong.line) for wrong in boot.malformed] == [("/etc/sysctl.d/99-sysctl.conf", 4)]
    assert boot.not_applied == ()


def test_files_are_those_that_systemd_reads(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("SKIPPED FOR WANT OF SYSTEMD: systemd-analyze is not installed")
    boot = collect_sysctl(reader(tmp_path, {
        "/etc/sysctl.d/90-a.conf": "a=1\n",
        "/run/sysctl.d/10-z.conf": "a=1\n",
        "/usr/lib/sysctl.d/50-m.conf": "a=1\n",
        "/usr/lib/sysctl.d/90-a.conf": "a=1\n",
        "/usr/local/lib/sysctl.d/50-m.conf": "a=1\n",
        "/usr/lib/sysctl.d/60-off.conf": "a=1\n",
        "/etc/sysctl.d/60-off.conf": "-> /dev/null",
    })).boot  # fmt: skip
    command = ["systemd-analyze", f"--root={tmp_path}", "cat-config", "sysctl.d", "--no-pager"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = [line[2:].removeprefix(str(tmp_path)) for line in answer.splitlines() if line.startswith("# /")]
    assert [path for path in theirs if "60-off" not in path] == list(boot.files)


def test_a_sysctl_conf_that_nothing_leads_to_is_apart(tmp_path):
    boot = collect_sysctl(reader(tmp_path, {"/etc/sysctl.conf": "kernel.sysrq=0\n"})).boot
    assert boot.lines == ()
    assert [line.name for line in boot.not_applied] == ["kernel.sysrq"]


def test_running_values_of_a_recorded_proc(tmp_path):
    running = collect_sysctl(reader(tmp_path, {
        "/proc/sys/net/ipv4/ip_forward": "1\n",
        "/proc/sys/net/ipv4/conf/eth0.1/rp_filter": "2\n",
        "/proc/sys/net/ipv6/conf/all/stable_secret": "2001:db8::1\n",
        "/proc/sys/kernel/printk": "4\t4\t1\t7\n",
        "/proc/sys/kernel/pipe": "|",
    })).running  # fmt: skip
    assert running.values == {
        "kernel.printk": "4 4 1 7", "net.ipv4.conf.eth0/1.rp_filter": "2", "net.ipv4.ip_forward": "1"
    }  # fmt: skip


def test_boot_menus_with_variables_and_passwords(tmp_path):
    boot = collect_boot(reader(tmp_path, {
        "/proc/cmdline": "root=/dev/vda quiet audit=1\n",
        "/boot/grub2/grubenv": "# GRUB\nkernelopts=root=/dev/vda audit=1 password=abc\n",
        "/boot/loader/entries/1.conf": "title One\noptions $kernelopts selinux=0\n",
        "/boot/grub2/grub.cfg": 'set superusers="root"\npassword_pbkdf2 root ${GRUB2_PASSWORD}\n'
        "menuentry 'Two' {\n linux /vmlinuz ro \\\n ${kernelopts}\n}\n",
        "/boot/grub2/user.cfg": "GRUB2_PASSWORD=grub.pbkdf2.sha512.10000.AAAA.BBBB\n",
        "/etc/grub.d/01_own": "set superusers=\"a\"\npassword_pbkdf2 a grub.pbkdf2.sha512.1.A.B\n",
        "/etc/grub.d/10_linux": "echo\n",
    }))  # fmt: skip
    assert boot.running == ("root=/dev/vda", "quiet", "audit=1")
    by_title = {entry.title: entry for entry in boot.entries}
    assert by_title["One"].arguments == ("root=/dev/vda", "audit=1", "password=REDACTED", "selinux=0")
    assert {"ro", "audit=1"} <= set(by_title["Two"].arguments)
    assert {(found.file, found.superusers, found.password) for found in boot.passwords} == {
        ("/boot/grub2/grub.cfg", True, "none"),
        ("/boot/grub2/user.cfg", False, "pbkdf2"),
        ("/etc/grub.d/01_own", True, "pbkdf2"),
    }
    assert "AAAA" not in str(boot)


@pytest.mark.parametrize(
    ("files", "mode"),
    [
        ({"/sys/fs/selinux/enforce": "1"}, "enforcing"),
        ({"/sys/fs/selinux/enforce": "0"}, "permissive"),
        ({"/sys/kernel/x": "", "/etc/selinux/config": "SELINUX=enforcing"}, "disabled"),
    ],
)
def test_the_mode_of_selinux(tmp_path, files, mode):
    assert collect_selinux(reader(tmp_path, files)).mode == mode


def test_selinux_that_is_not_there_and_that_is_not_visible(tmp_path):
    assert isinstance(collect_selinux(reader(tmp_path / "a", {"/sys/kernel/x": ""})), Absent)
    assert isinstance(collect_selinux(reader(tmp_path / "b", {})), Unavailable)


def test_apparmor_profiles(tmp_path):
    facts = collect_apparmor(reader(tmp_path, {
        "/sys/module/apparmor/parameters/enabled": "Y\n",
        "/sys/kernel/security/apparmor/profiles": "/usr/sbin/x (enforce)\nlsb_release (complain)\n",
        "/proc/7/attr/current": "unconfined\n",
        "/proc/7/exe": "-> /usr/sbin/x",
    }))  # fmt: skip
    assert facts.enabled
    assert facts.profiles.modes == {"/usr/sbin/x": "enforce", "lsb_release": "complain"}
    assert facts.unconfined == ("/usr/sbin/x",)
