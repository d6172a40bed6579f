"""Rules about sudo, AppArmor, desktops and files, on directory trees that get misconfigured one by one."""

import os
from pathlib import Path

import pytest

from tests.collect.linux.linuxtree import build
from trueline.collect.access import Root
from trueline.collect.linux.collect import collect_linux
from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision
from trueline.evaluate.outcomes import evaluate, judge
from trueline.model.facts import NodeFacts
from trueline.model.rule import bind

Files = dict[str, str]

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to root")
SERVICE = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
WANTS = "/etc/systemd/system/multi-user.target.wants"
CGROUP = "/sys/fs/cgroup/system.slice"


def judged(tree: Path, rule: str, given: dict[str, str] | None = None) -> Decision:
    """What a rule says of a tree that was read as any machine is."""
    facts = collect_linux(Root(str(tree)), programs=False)
    node = NodeFacts(hostname="n", os_release={"ID": "debian", "VERSION_ID": "12"}, linux=facts)
    context = Context(node, None, load_components(), load_platform("kubeadm"), None, 20000)
    return judge(bind(load_rules()[rule], given or {}), context)


def outcome(tree: Path, files: Files, rule: str, given: dict[str, str] | None = None) -> str:
    return judged(build(tree, dict(files)), rule, given).outcome.value


def dpkg(*packages: str) -> Files:
    """A package database: "name version"."""
    blocks = [
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        for name, version in (one.split() for one in packages)
    ]
    return {"/var/lib/dpkg/status": "\n".join(blocks)}


def enabled(*units: str) -> Files:
    files = {}
    for unit in units:
        files[f"/usr/lib/systemd/system/{unit}"] = SERVICE
        files[f"{WANTS}/{unit}"] = f"-> /usr/lib/systemd/system/{unit}"
    return files


def running(*units: str) -> Files:
    return {
        f"{CGROUP}/{unit}/{name}": text
        for unit in ("dbus.service", *units)
        for name, text in (("cgroup.procs", "1\n"), ("cgroup.events", "populated 1\nfrozen 0\n"))
    }


SUDO = {"/etc/sudoers": "Defaults use_pty\n%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"}


@pytest.mark.parametrize(
    ("rule", "part", "expected"),
    [
        ("sudo-use-pty", "", "pass"),
        ("sudo-use-pty", "Defaults !use_pty\n", "fail"),
        ("sudo-use-pty", "Defaults:anna !use_pty\n", "fail"),
        ("sudo-use-pty", "anna and nothing else\n", "error"),
        ("sudo-logfile", "", "fail"),
        ("sudo-logfile", 'Defaults logfile="/var/log/sudo.log"\n', "pass"),
        ("sudo-nopasswd-absent", "", "pass"),
        ("sudo-nopasswd-absent", "anna ALL=(ALL) NOPASSWD: /bin/ls, PASSWD: ALL\n", "fail"),
        ("sudo-nopasswd-absent", "anna ALL = \\\n  NOPASSWD: ALL\n", "fail"),
        ("sudo-nopasswd-absent", "# anna ALL=(ALL) NOPASSWD: ALL\n", "pass"),
        ("sudo-no-authenticate-absent", "Defaults env_reset, !authenticate\n", "fail"),
        ("sudo-timestamp-timeout", "", "pass"),
        ("sudo-timestamp-timeout", "Defaults env_reset,timestamp_timeout=60\n", "fail"),
        ("sudo-timestamp-timeout", "Defaults timestamp_timeout=-1\n", "fail"),
        ("sudo-timestamp-timeout", "Defaults timestamp_timeout=0\n", "pass"),
    ],
)
def test_sudo(tmp_path: Path, rule: str, part: str, expected: str) -> None:
    assert outcome(tmp_path, {**SUDO, "/etc/sudoers.d/site": part}, rule) == expected


def test_a_fifo_among_sudoers_forbids_a_pass(tmp_path: Path) -> None:
    assert outcome(tmp_path, {**SUDO, "/etc/sudoers.d/site": "|"}, "sudo-use-pty") == "error"


PROFILES = {
    "/sys/module/apparmor/parameters/enabled": "Y\n",
    "/sys/kernel/security/apparmor/profiles": "/usr/sbin/ntpd (enforce)\nlsb_release (enforce)\n",
    "/proc/version": "Linux\n",
    "/etc/apparmor.d/usr.sbin.ntpd": "/usr/sbin/ntpd flags=(attach_disconnected) {\n}\n",
    "/etc/apparmor.d/lsb_release": "profile lsb_release {\n  profile child {\n  }\n}\n",
    **enabled("apparmor.service"),
}
LOADED = "/sys/kernel/security/apparmor/profiles"


@pytest.mark.parametrize(
    ("change", "either", "enforce"),
    [
        ({}, "pass", "pass"),
        ({LOADED: "/usr/sbin/ntpd (complain)\n"}, "pass", "fail"),
        ({LOADED: "/usr/sbin/ntpd (unconfined)\n"}, "fail", "fail"),
        ({"/etc/apparmor.d/lsb_release": "profile lsb_release flags=(complain) {\n}\n"}, "pass", "fail"),
        ({"/etc/apparmor.d/a": "profile a /opt/a flags=(unconfined) {\n}\n"}, "fail", "fail"),
        ({"/etc/apparmor.d/a.dpkg-old": "profile a /opt/a flags=(unconfined) {\n}\n"}, "pass", "pass"),
        ({"/etc/apparmor.d/force-complain/lsb_release": "-> ../lsb_release"}, "pass", "fail"),
        (
            {
                "/etc/apparmor.d/a": "profile a flags=(complain) {\n}\n",
                "/etc/apparmor.d/disable/a": "-> ../a",
            },
            "pass",
            "pass",
        ),
        ({"/sys/module/apparmor/parameters/enabled": "N\n"}, "fail", "fail"),
        ({f"{WANTS}/apparmor.service": ""}, "fail", "fail"),
        ({"/proc/7/attr/current": "unconfined\n", "/proc/7/exe": "-> /usr/sbin/ntpd"}, "fail", "fail"),
    ],
)
def test_apparmor(tmp_path: Path, change: Files, either: str, enforce: str) -> None:
    files = {**PROFILES, **change}
    files = {path: text for path, text in files.items() if text}
    assert outcome(tmp_path, files, "apparmor-profiles-enforce-or-complain") == either
    assert judged(tmp_path, "apparmor-profiles-enforce").outcome.value == enforce


GDM = dpkg("gdm3 43.0-3")
KEYS = "/etc/dconf/db/local.d/00-site"
LOCKS = "/etc/dconf/db/local.d/locks/00-site"
AUTORUN = "[org/gnome/desktop/media-handling]\nautorun-never=true\n"


def desktop(
    tree: Path, files: Files, rule: str, *, compiled: bool = True, profile: str = "system-db:local"
) -> str:
    build(tree, {**GDM, "/etc/dconf/profile/user": f"user-db:user\n{profile}\n", **files})
    if compiled:
        database = build(tree, {"/etc/dconf/db/local": "GVariant"}) / "etc/dconf/db/local"
        os.utime(database, (4e9, 4e9))
    return judged(tree, rule).outcome.value


def test_dconf_keys(tmp_path: Path) -> None:
    assert desktop(tmp_path, {KEYS: AUTORUN}, "gdm-autorun-never") == "pass"
    assert desktop(tmp_path, {KEYS: AUTORUN.replace("true", "false")}, "gdm-autorun-never") == "fail"


def test_the_last_file_of_a_database_counts(tmp_path: Path) -> None:
    later = {"/etc/dconf/db/local.d/99-late": AUTORUN.replace("true", "false")}
    assert desktop(tmp_path, {KEYS: AUTORUN, **later}, "gdm-autorun-never") == "fail"


def test_dconf_locks(tmp_path: Path) -> None:
    assert desktop(tmp_path, {KEYS: AUTORUN}, "gdm-autorun-never-locked") == "fail"
    locks = {LOCKS: "/org/gnome/desktop/media-handling/autorun-never\n"}
    assert desktop(tmp_path, {KEYS: AUTORUN, **locks}, "gdm-autorun-never-locked") == "pass"


def test_keys_that_were_not_compiled_are_not_in_force(tmp_path: Path) -> None:
    assert desktop(tmp_path, {KEYS: AUTORUN}, "gdm-autorun-never", compiled=False) == "error"


def test_a_database_that_no_profile_names_is_not_read(tmp_path: Path) -> None:
    assert desktop(tmp_path, {KEYS: AUTORUN}, "gdm-autorun-never", profile="system-db:site") == "fail"


def test_the_log_in_screen_has_a_profile_of_its_own(tmp_path: Path) -> None:
    keys = {KEYS: "[org/gnome/login-screen]\ndisable-user-list=true\n"}
    assert desktop(tmp_path, keys, "gdm-user-list-disabled") == "fail"
    greeter = {"/usr/share/dconf/profile/gdm": "user-db:user\nsystem-db:local\n"}
    assert desktop(tmp_path, greeter, "gdm-user-list-disabled") == "pass"


def test_the_greeters_own_file_counts_too(tmp_path: Path) -> None:
    greeter = {"/etc/gdm3/greeter.dconf-defaults": "[org/gnome/login-screen]\ndisable-user-list=true\n"}
    assert outcome(tmp_path, {**GDM, **greeter}, "gdm-user-list-disabled") == "pass"


@pytest.mark.parametrize(
    ("menu", "expected"),
    [
        ("set superusers=root\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.A.B\n", "pass"),
        ("set superusers=root\npassword root secret\n", "fail"),
        ("menuentry 'Debian' {\n}\n", "fail"),
    ],
)
def test_the_boot_loaders_password(tmp_path: Path, menu: str, expected: str) -> None:
    assert outcome(tmp_path, {"/boot/grub/grub.cfg": menu}, "bootloader-password") == expected


def test_a_password_that_is_not_in_the_menu_yet_is_none(tmp_path: Path) -> None:
    files = {
        "/boot/grub/grub.cfg": "menuentry 'Debian' {\n}\n",
        "/etc/grub.d/40_custom": "set superusers=root\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.A.B\n",
    }
    assert outcome(tmp_path, files, "bootloader-password") == "fail"


def test_the_hash_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    files = {
        "/boot/grub2/grub.cfg": 'set superusers="root"\npassword_pbkdf2 root ${GRUB2_PASSWORD}\n',
        "/boot/grub2/user.cfg": "GRUB2_PASSWORD=grub.pbkdf2.sha512.10000.A.B\n",
    }
    assert outcome(tmp_path, files, "bootloader-password") == "pass"
    (tmp_path / "boot/grub2/user.cfg").unlink()
    assert judged(tmp_path, "bootloader-password").outcome.value == "fail"


def test_wireless_interfaces(tmp_path: Path) -> None:
    cable = {"/sys/class/net/eth0/address": "00:00\n"}
    assert outcome(tmp_path, cable, "wireless-disabled") == "pass"
    assert outcome(tmp_path, {"/sys/class/net/wlan0/wireless": "/"}, "wireless-disabled") == "fail"


LOGS = {
    "/var/log/syslog": "0640",
    "/var/log/apt/history.log": "0644",
    "/var/log/wtmp": "0664",
    "/var/log/journal/1/system.journal": "0640",
}


def logs(tree: Path, modes: Files) -> str:
    build(tree, {"/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/group": "root:x:0:\nadm:x:4:\n"})
    for path, mode in modes.items():
        build(tree, {path: "a line"})
        (tree / path.lstrip("/")).chmod(int(mode, 8))
    return judged(tree, "log-files-by-kind").outcome.value


@AS_ROOT
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "pass"),
        ({"/var/log/syslog": "0644"}, "fail"),
        ({"/var/log/apt/history.log": "0664"}, "fail"),
        ({"/var/log/deep/below/a.log": "0604"}, "fail"),
        ({"/var/log/wtmp": "0666"}, "fail"),
    ],
)
def test_log_files(tmp_path: Path, change: Files, expected: str) -> None:
    assert logs(tmp_path, {**LOGS, **change}) == expected


@AS_ROOT
def test_a_log_of_somebody_else(tmp_path: Path) -> None:
    assert logs(tmp_path, LOGS) == "pass"
    os.chown(tmp_path / "var/log/syslog", 4711, 0)
    assert judged(tmp_path, "log-files-by-kind").outcome.value == "fail"


@AS_ROOT
@pytest.mark.parametrize("number", [4, 996])
def test_d12_a_group_is_known_by_its_name(tmp_path: Path, number: int) -> None:
    assert logs(tmp_path, LOGS) == "pass"
    build(tmp_path, {"/etc/group": f"root:x:0:\nadm:x:{number}:\n"})
    os.chown(tmp_path / "var/log/syslog", 0, number)
    assert judged(tmp_path, "log-files-by-kind").outcome.value == "pass"


@AS_ROOT
def test_a_link_out_of_the_logs_is_not_a_log(tmp_path: Path) -> None:
    build(tmp_path, {"/usr/share/doc/README": "text", "/var/log/README": "-> ../../usr/share/doc/README"})
    assert logs(tmp_path, LOGS) == "pass"


@pytest.mark.parametrize(
    ("units", "active", "expected"),
    [
        (("chrony.service",), ("chrony.service",), "pass"),
        (("chrony.service", "systemd-timesyncd.service"), ("chrony.service",), "fail"),
        (("chrony.service",), (), "fail"),
        (("chrony.service",), ("chrony.service", "systemd-timesyncd.service"), "fail"),
        ((), (), "fail"),
    ],
)
def test_one_program_keeps_the_clock(
    tmp_path: Path, units: tuple[str, ...], active: tuple[str, ...], expected: str
) -> None:
    known = {
        f"/usr/lib/systemd/system/{unit}": SERVICE for unit in ("chrony.service", "systemd-timesyncd.service")
    }
    files = {**known, **enabled(*units), **running(*active)}
    assert outcome(tmp_path, files, "timesync-single-daemon") == expected


def test_what_ran_once_is_not_seen_in_control_groups(tmp_path: Path) -> None:
    """ufw's unit ends after it has loaded the rules: whether it did can't be told from processes."""
    files = {**enabled("ufw.service"), **running(), "/etc/ufw/ufw.conf": "ENABLED=yes\n"}
    assert outcome(tmp_path, files, "firewall-single-service") == "error"
    assert judged(tmp_path, "ufw-enabled").outcome.value == "error"


@pytest.mark.parametrize(
    ("switch", "expected"),
    [("ENABLED=no\n", "fail"), ("ENABLED=yes\n", "error")],
)
def test_ufw_is_in_use_only_where_it_is_switched_on(tmp_path: Path, switch: str, expected: str) -> None:
    files = {**enabled("ufw.service"), **running(), "/etc/ufw/ufw.conf": switch}
    assert outcome(tmp_path, files, "ufw-enabled") == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.5.2-6+deb12u1", "pass"), ("1.5.2-6", "pass"), ("1.5.2-6~bpo1", "fail"), ("1.4.0-9", "fail")],
)
def test_versions_of_packages(tmp_path: Path, version: str, expected: str) -> None:
    assert outcome(tmp_path, dpkg(f"libpam-runtime {version}"), "pam-package-latest") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("readonly TMOUT=900 ; export TMOUT", "pass"),
        ("declare -xr TMOUT=600", "pass"),
        ("TMOUT=900\nexport TMOUT", "fail"),
        ("readonly TMOUT=900", "fail"),
    ],
)
def test_users_cant_change_the_end_of_their_shell(tmp_path: Path, line: str, expected: str) -> None:
    files = {"/etc/profile.d/site.sh": f"{line}\n"}
    assert outcome(tmp_path, files, "shell-timeout-readonly") == expected


def test_readonly_alone_is_no_value(tmp_path: Path) -> None:
    files = {"/etc/profile.d/site.sh": "TMOUT=900\nreadonly TMOUT\nexport TMOUT\n"}
    assert outcome(tmp_path, files, "shell-timeout") == "pass"


@pytest.mark.parametrize(("line", "expected"), [("umask 022", "fail"), ("umask 077", "pass"), ("", "pass")])
def test_the_umask_of_root(tmp_path: Path, line: str, expected: str) -> None:
    files = {"/root/.bashrc": f"{line}\n", "/etc/profile": "umask 022\n"}
    assert outcome(tmp_path, files, "root-umask") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [("", "fail"), ("MaxStartups 10:30:60", "pass"), ("MaxStartups 10:30:100", "fail")],
)
def test_log_ins_under_way(tmp_path: Path, line: str, expected: str) -> None:
    files = {**dpkg("openssh-server 1:9.2p1-2"), "/etc/ssh/sshd_config": f"{line}\n"}
    assert outcome(tmp_path, files, "sshd-maxstartups") == expected


@pytest.mark.parametrize(
    ("version", "ciphers", "root"),
    [("1:9.2p1-2+deb12u5", "pass", "fail"), ("1:10.0p1-7", "pass", "fail"), ("1:6.6p1-1", "error", "error")],
)
def test_defaults_of_openssh_are_those_of_its_release(
    tmp_path: Path, version: str, ciphers: str, root: str
) -> None:
    files = {**dpkg(f"openssh-server {version}"), "/etc/ssh/sshd_config": "UsePAM yes\n"}
    assert outcome(tmp_path, files, "sshd-ciphers") == ciphers
    assert judged(tmp_path, "sshd-permitrootlogin").outcome.value == root


@pytest.mark.parametrize("benchmark", ["cis-debian-12", "cis-debian-13", "cis-ubuntu-24.04"])
def test_d7_nothing_fails_without_a_remedy(tmp_path: Path, benchmark: str) -> None:
    release = benchmark.removeprefix("cis-").split("-")
    files = {
        **dpkg("gdm3 1-1", "openssh-server 1:9.2p1-2", "cron 3-1", "at 3-1"),
        **enabled("ufw.service", "nftables.service", "netfilter-persistent.service"),
        "/etc/ufw/ufw.conf": "ENABLED=yes\n",
        "/etc/sudoers": "Defaults !use_pty,!authenticate,timestamp_timeout=99\nanna ALL=NOPASSWD: ALL\n",
        "/etc/passwd": "root:x:0:0::/root:/bin/sh\nanna::0:42::/home/anna:/bin/odd\n",
        "/etc/shadow": "root::1::::::\nanna:$6$a:99999::::::\n",
        "/etc/group": "root:x:0:\nshadow:x:42:anna\ntoor:x:0:\n",
        "/etc/shells": "/bin/sh\n/usr/sbin/nologin\n",
        "/boot/grub/grub.cfg": "linux /vmlinuz quiet\n",
        "/var/log/syslog": "a line",
    }
    facts = collect_linux(Root(str(build(tmp_path, files))), programs=False)
    node = NodeFacts(hostname="n", os_release={"ID": release[0], "VERSION_ID": release[1]}, linux=facts)
    context = Context(node, None, load_components(), load_platform("kubeadm"), None, 20000)
    failed = [
        one
        for one in evaluate(load_benchmark(benchmark), load_rules(), context)
        if one.outcome.value == "fail"
    ]
    assert len(failed) > 100
    assert not [one.number for one in failed if not one.remediation.strip()]
    assert not [one.number for one in failed if "<matches" in one.remediation or "<only" in one.remediation]
