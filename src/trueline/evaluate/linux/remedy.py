"""The exact change that makes a leaf about the operating system hold; derived from the leaf itself."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.audit import COMPARED
from trueline.evaluate.linux.remedy_access import WRITERS, firewall, wanted
from trueline.evaluate.shell import quoted
from trueline.model.hosttest import (
    AccountsTest,
    AuditRuleTest,
    BannerTest,
    BootArgumentTest,
    ConfigTest,
    DaemonTest,
    FirewallTest,
    ListenTest,
    LoginDefsTest,
    ModuleTest,
    MountTest,
    PackageTest,
    PamTest,
    ScheduleTest,
    SelinuxTest,
    ServiceTest,
    SshdTest,
    SysctlTest,
    WalkTest,
)

_SYSCTL = "/etc/sysctl.d/99-trueline.conf"
_MODPROBE = "/etc/modprobe.d/trueline.conf"
_RULES = "/etc/audit/rules.d/50-trueline.rules"
_FILES = {
    "auditd": "/etc/audit/auditd.conf",
    "yum": "/etc/yum.conf",
    "repos": "/etc/yum.repos.d",
    "coredump": "/etc/systemd/coredump.conf",
    "limits": "/etc/security/limits.conf",
    "login-defs": "/etc/login.defs",
    "useradd": "/etc/default/useradd",
    "postfix": "/etc/postfix/main.cf",
    "prelink": "/etc/sysconfig/prelink",
    "chrony": "/etc/chrony.conf",
    "chrony-options": "/etc/sysconfig/chronyd",
    "ntp": "/etc/ntp.conf",
    "ntp-options": "/etc/sysconfig/ntpd",
    "rsyslog": "/etc/rsyslog.conf",
    "profile": "/etc/profile.d/trueline.sh, /etc/profile and /etc/bashrc",
    "rescue": "/etc/systemd/system/rescue.service.d/trueline.conf",
    "emergency": "/etc/systemd/system/emergency.service.d/trueline.conf",
    "selinux": "/etc/selinux/config",
    "journald": "/etc/systemd/journald.conf",
    "journal-upload": "/etc/systemd/journal-upload.conf",
    "timesyncd": "/etc/systemd/timesyncd.conf",
    "pwquality": "/etc/security/pwquality.conf",
}
_FORMATS = {
    "limits": "{key} {value}",
    "chrony": "{key} {value}",
    "ntp": "{key} {value}",
    "login-defs": "{key} {value}",
    "prelink": "{key}={value}",
    "ufw-defaults": '{key}="{value}"',
    "useradd": "{key}={value}",
    "profile": "{key} {value}",
}


def change(fault: Fault) -> str:
    """One sentence or command; empty where only a rule's own text can say it."""
    if fault.negated:
        return ""
    write = _WRITERS.get(type(fault.test))
    return write(fault.test, fault) if write else ""


def _sysctl(test: SysctlTest, _: Fault) -> str:
    value = wanted(test)
    return (
        f"Write `{test.key} = {value}` into {_SYSCTL}, take other values out of the files that "
        f"come later, and run `sysctl -w {test.key}={value}`."
    )


def _mount(test: MountTest, _: Fault) -> str:
    if not test.option:
        return f"Give {test.point} a file system of its own, and a line in /etc/fstab."
    return (
        f"Add `{test.option}` to the options of {test.point} in /etc/fstab (or its mount unit) and "
        f"run `mount -o remount,{test.option} {test.point}`."
    )


def _package(test: PackageTest, fault: Fault) -> str:
    if test.at_least and fault.path:
        return f"Bring {fault.path} up to date: apt-get install {fault.path}."
    if test.installed:
        return f"Install {test.names[0]}: `yum install {test.names[0]}` or `apt-get install {test.names[0]}`."
    names = fault.path or " ".join(test.names)
    return f"Remove the packages: `yum remove {names}` or `apt-get purge {names}`."


def _service(test: ServiceTest, fault: Fault) -> str:
    names = fault.path or " ".join(test.units)
    if test.enabled:
        return f"systemctl unmask {names} && systemctl enable --now {names}"
    return f"systemctl disable --now {names} && systemctl mask {names}"


def _module(test: ModuleTest, _: Fault) -> str:
    return (
        f"Write `install {test.name} /bin/true` and `blacklist {test.name}` into {_MODPROBE}, and "
        f"run `modprobe -r {test.name}`."
    )


def _sshd(test: SshdTest, fault: Fault) -> str:
    if test.operator == "matches":
        return ""
    if test.operator == "lacks":
        weak = ",".join(test.operand)
        return (
            f"Take {weak} out of `{test.option}` ({fault.source}), or write `{test.option} -{weak}` above it "
            "in /etc/ssh/sshd_config; then `sshd -t && systemctl reload sshd`."
        )
    now = f" (now {fault.observed}, {fault.source})" if fault.source else ""
    return (
        f"Set `{test.option} {wanted(test)}` in /etc/ssh/sshd_config, above any Match block and "
        f"any Include that sets it{now}; then `sshd -t && systemctl reload sshd`."
    )


def _login_defs(test: LoginDefsTest, _: Fault) -> str:
    return f"Set `{test.key} {wanted(test)}` in /etc/login.defs."


def _audit(test: AuditRuleTest, _: Fault) -> str:
    if test.executables:
        return (
            f"Write a line `-a always,exit -F path=<program> -F perm=x{_filters(test)} -k {test.key}` "
            f"for each program that is missing into {_RULES}, and run `augenrules --load`."
        )
    if test.control == "-c":
        return "Write `-c` into /etc/audit/rules.d/01-initialize.rules, and run `augenrules --load`."
    if test.control:
        return (
            f"Make `{test.control}` the last line of the last file in /etc/audit/rules.d (such as "
            "99-finalize.rules) and restart the machine."
        )
    lines = " and ".join(f"`{line}`" for line in audit_lines(test))
    return f"Write {lines} into {_RULES} and run `augenrules --load`."


def audit_lines(test: AuditRuleTest) -> Iterator[str]:
    """The lines of auditctl's options that record what the test asks for."""
    key = f" -k {test.key}" if test.key else ""
    if test.watch:
        permissions = test.permissions or "wa"
        fields = f"-a always,exit -F path={test.watch} -F perm={permissions}{_filters(test)}"
        yield (fields if test.fields else f"-w {test.watch} -p {permissions}") + key
        return
    calls = " ".join(f"-S {name}" for name in test.syscalls)
    for arch in test.arch or ("b64",):
        for extra in test.any_of or ("",):
            more = f" -F {extra}" if extra else ""
            yield f"-a always,exit -F arch={arch} {calls}{more}{_filters(test)}{key}"


def _filters(test: AuditRuleTest) -> str:
    return "".join(f" -{'C' if _compares(field) else 'F'} {field}" for field in test.fields)


def _compares(field: str) -> bool:
    return field.partition("!=")[2] in COMPARED


def _pam(test: PamTest, fault: Fault) -> str:
    files = fault.path or ", ".join(f"/etc/pam.d/{name}" for name in test.services)
    module = test.modules[0]
    if not test.argument:
        return f"Add a line `{test.type} required {module}` to {files}."
    if test.operator == "present" and not test.operand:
        return f"Take `{test.argument}` out of the lines of {module} in {files}."
    value = wanted(test)
    bare = test.operator == "present" or value == "true"
    argument = test.argument if bare else f"{test.argument}={value}"
    settings = (
        f" or `{test.argument} = {value}` in /etc/security/{test.settings}.conf" if test.settings else ""
    )
    return f"Give {module} the argument `{argument}` in {files}{settings}."


_ACCOUNTS = {
    "empty-passwords": "passwd -l {0}",
    "unshadowed": "pwconv moves passwords into /etc/shadow",
    "second-root": "Give {0} another uid than 0, or remove it",
    "root-group": "usermod -g 0 root",
    "unknown-groups": "Give {0} a primary group that exists, or create the group",
    "system-shells": "usermod -s /sbin/nologin {0}",
    "system-passwords": "usermod -L {0}",
    "future-changes": "chage -d <day of the last change> {0}",
    "gid-zero-groups": "Give {0} another gid (groupmod -g), or remove it",
    "root-password": "passwd root, or passwd -l root",
    "invalid-shells": "usermod -L {0}",
    "group-members": "Take {0} out of the group (gpasswd -d), or give it another primary group",
    "gid-zero-accounts": "Give {0} another primary group (usermod -g)",
    "su-members": "Take {0} out of the group that may use su (gpasswd -d)",
    "foreign-dot-files": "chown {0} to the account whose home it is in, and to its group",
    "open-history-files": "chmod go-rwx {0}",
    "missing-homes": "mkhomedir_helper {0}, or set another home with usermod -d",
    "open-homes": "chmod g-w,o-rwx {0}",
    "foreign-homes": "chown to the account whose home it is: {0}",
    "writable-dot-files": "chmod go-w {0}",
    "forward-files": "rm {0}",
    "netrc-files": "rm {0}",
    "rhosts-files": "rm {0}",
    "open-netrc-files": "chmod go-rwx {0}",
    "root-path": "Take {0} out of root's PATH, or make it a directory that only root writes to",
}
_AGE_OPTIONS = {
    "maximum": "--maxdays",
    "minimum": "--mindays",
    "warn": "--warndays",
    "inactive": "--inactive",
}


def _accounts(test: AccountsTest, fault: Fault) -> str:
    who = fault.path or "<account>"
    if test.find == "password-ages":
        days = test.given.get("at_least", test.given.get("at_most", ""))
        return f"chage {_AGE_OPTIONS[test.given['field']]} {days} {quoted(who)}"
    if test.find in _ACCOUNTS:
        return f"{_ACCOUNTS[test.find].format(quoted(who))}."
    kind = "entry" if test.find.startswith("plus") else "one of the entries"
    return f"Remove or change the {kind} {who} ({fault.source})." if fault.source else ""


def _config(test: ConfigTest, fault: Fault) -> str:
    file = fault.path or _FILES.get(test.name, test.name)
    if not test.key or test.operator == "matches":
        return ""
    section = f"[{test.section}] " if test.section not in {"", "*"} else ""
    line = _FORMATS.get(test.name, "{key} = {value}").format(key=test.key, value=wanted(test))
    return f"Set `{section}{line}` in {file}."


def _walk(test: WalkTest, fault: Fault) -> str:
    commands = {
        "world-writable-files": "chmod o-w {0}",
        "unsticky-directories": "chmod a+t {0}",
        "unowned": "Give {0} to an account that exists (chown), or remove it.",
        "ungrouped": "Give {0} to a group that exists (chgrp), or remove it.",
        "setuid": "chmod u-s {0}",
        "setgid": "chmod g-s {0}",
    }
    return commands[test.find].format(quoted(fault.path)) if fault.path else ""


def _schedule(test: ScheduleTest, _: Fault) -> str:
    timer = f", or `systemctl enable --now {test.timers[0]}`" if test.timers else ""
    return f"Add a job of cron that {test.words}{timer}."


def _listen(test: ListenTest, _: Fault) -> str:
    return f"Bind what listens on port {'/'.join(test.ports)} to 127.0.0.1 and ::1, or stop it."


def _daemons(_test: DaemonTest, _: Fault) -> str:
    return "Give the daemon a domain of its own in the policy, or stop it."


def _boot(test: BootArgumentTest, _: Fault) -> str:
    if test.operator == "not_equals":
        return (
            f"Take `{test.name}={test.operand}` out of GRUB_CMDLINE_LINUX in /etc/default/grub, make "
            "the menu anew (grub2-mkconfig or update-grub) and restart."
        )
    return (
        f"Add `{test.name}={wanted(test)}` to GRUB_CMDLINE_LINUX in /etc/default/grub, make the "
        "menu anew (grub2-mkconfig or update-grub) and restart."
    )


def _banner(test: BannerTest, fault: Fault) -> str:
    file = (
        fault.path or {"motd": "/etc/motd", "issue": "/etc/issue", "issue-net": "/etc/issue.net"}[test.name]
    )
    return (
        f"Write the site's own warning into {file}, without \\m, \\r, \\s, \\v and without the system's name."
    )


def _firewall(test: FirewallTest, fault: Fault) -> str:
    if special := firewall(test, fault):
        return special
    if test.find == "rule":
        return ""
    tool = "iptables" if test.family == "ipv4" else "ip6tables"
    if test.find == "default-deny":
        return (
            f"Admit what is needed, then {tool} -P {fault.path or 'INPUT'} DROP, and save the rules "
            "for the next boot."
        )
    if test.find == "open-ports" and fault.path:
        protocol, _, port = fault.path.partition(" ")
        return (
            f"{tool} -A INPUT -p {protocol} --dport {port} -m state --state NEW -j ACCEPT, if it "
            "should be reachable; else stop what listens."
        )
    network = "127.0.0.0/8" if test.family == "ipv4" else "::1"
    return (
        f"{tool} -A INPUT -i lo -j ACCEPT; {tool} -A OUTPUT -o lo -j ACCEPT; {tool} -A INPUT -s "
        f"{network} -j DROP"
    )


def _selinux(test: SelinuxTest, _: Fault) -> str:
    key = {"mode": "SELINUX", "policy": "SELINUXTYPE"}[test.name]
    now = " and run `setenforce 1`" if test.name == "mode" else ""
    return f"Set `{key}={wanted(test)}` in /etc/selinux/config{now}."


_WRITERS: Mapping[type, Callable[[Any, Fault], str]] = MappingProxyType(
    {
        **WRITERS,
        SysctlTest: _sysctl,
        MountTest: _mount,
        PackageTest: _package,
        ServiceTest: _service,
        ModuleTest: _module,
        SshdTest: _sshd,
        LoginDefsTest: _login_defs,
        AuditRuleTest: _audit,
        PamTest: _pam,
        AccountsTest: _accounts,
        ConfigTest: _config,
        WalkTest: _walk,
        ScheduleTest: _schedule,
        ListenTest: _listen,
        DaemonTest: _daemons,
        BootArgumentTest: _boot,
        BannerTest: _banner,
        FirewallTest: _firewall,
        SelinuxTest: _selinux,
    }
)
