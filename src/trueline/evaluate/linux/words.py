"""How a leaf about the operating system is checked, in words; derived from the leaf itself."""

from typing import Any

from trueline.evaluate.linux.accounts import FINDS
from trueline.evaluate.linux.storage import WORDS
from trueline.evaluate.values import describe
from trueline.model.rule import Test

_FIREWALL = {
    "loopback": "loopback traffic is accepted on lo only",
    "open-ports": "each open port has a rule",
}


def audit(test: Test) -> str:
    """One sentence, without a full stop; "" for what does not ask about the operating system."""
    if test.all or test.any:
        parts = [text for one in test.all or test.any or () if (text := audit(one))]
        return (", and " if test.all else ", or ").join(dict.fromkeys(parts))
    if test.not_ is not None:
        return f"not: {audit(test.not_)}"
    if test.file is not None and test.file.path:
        return _file(test.file)
    return next((_SAY[name](leaf) for name in _SAY if (leaf := getattr(test, name)) is not None), "")


def _file(file: Any) -> str:
    if file.mode_at_most is not None:
        return f"the mode of {file.path} has no bit outside {file.mode_at_most}"
    if file.owner is not None:
        return f"{file.path} belongs to {' or '.join(file.owner.split())}"
    return f"{file.path} {'exists' if file.present else 'does not exist'}"


def _audit_rule(rule: Any) -> str:
    both = "among the rules in force and on disk"
    if rule.control == "-c":
        return "-c stands in front of all audit rules on disk"
    if rule.control:
        return f"the last audit rule, in force and on disk, is {rule.control}"
    if rule.watch:
        return f"a watch of {rule.watch} for {rule.permissions or 'wa'} is {both}"
    if rule.executables:
        return f"a rule for each setuid and setgid program is {both}"
    return f"rules for {', '.join(rule.syscalls)} on {', '.join(rule.arch)} are {both}"


def _files(files: Any) -> str:
    rest = files.rows[-1]
    return (
        f"each file of {files.path} has the mode and owner of its kind, most at most {rest.mode} and of "
        f"{' or '.join(rest.users)}:{' or '.join(rest.groups)}"
    )


def _firewall(one: Any) -> str:
    if one.find == "single":
        return f"exactly one of {', '.join(one.programs)} is in use, now and after the next boot"
    if one.find == "in-use":
        which = "a firewall program" if one.program == "any" else one.program
        return f"{which} starts at boot or runs"
    hooks = ", ".join(one.hooks)
    words = {
        "default-deny": f"the policies of {hooks} drop or reject",
        "rule": f"there is a rule for {one.words}",
        "tables": "nftables has a table",
        "chains": f"nftables has a chain that filters for each of {hooks}",
    }
    return f"for {one.family} {words.get(one.find) or _FIREWALL[one.find]}"


def _pam(pam: Any) -> str:
    what = f"{' or '.join(pam.modules)} in the {pam.type} stack of {', '.join(pam.services)}"
    return f"{pam.argument} of {what} is {describe(pam)}" if pam.argument else f"there is {what}"


def _crypto_policy(one: Any) -> str:
    scopes = ", ".join(scope.partition(" ")[0] or "everybody" for scope in one.scopes)
    whom = f" for {scopes}" if scopes else ""
    wanted = f"without {', '.join(one.without)}" if one.without else one.equals
    return f"{one.property} of the cryptographic policy in force{whom} is {wanted}"


_SAY: dict[str, Any] = {
    "sysctl": lambda one: f"{one.key} is {describe(one)} in /proc/sys and by the files of sysctl.d",
    "mount": lambda one: (
        f"{one.point} is mounted with {one.option}, now and by fstab or a mount unit"
        if one.option
        else f"{one.point} is a file system of its own, now and by fstab or a mount unit"
    ),
    "package": lambda one: (
        f"{' or '.join(one.names)} is {'' if one.installed else 'not '}in the package manager's database"
    ),
    "service": lambda one: (
        f"{' or '.join(one.units)} {'starts at boot and runs' if one.enabled else 'neither starts nor runs'}"
    ),
    "module": lambda one: f"{one.name} is not loaded, and modprobe.d or its absence keeps it out",
    "sshd": lambda one: f"{one.option} of sshd is {one.words or describe(one)}, in Match blocks too",
    "login_defs": lambda one: f"{one.key} in /etc/login.defs is {describe(one)}",
    "audit_rule": _audit_rule,
    "pam": _pam,
    "accounts": lambda one: f"there are no {FINDS[one.find].words}",
    "config": lambda one: f"{one.key or 'a line'} of {one.name} is {one.words or describe(one)}",
    "walk": lambda one: f"a walk over the local file systems finds no {WORDS[one.find]}",
    "schedule": lambda one: f"a job or timer {one.words}",
    "listen": lambda one: f"port {'/'.join(one.ports)} is open on loopback addresses only",
    "daemons": lambda one: f"no process has the type {' or '.join(one.labels)}",
    "boot_argument": lambda one: f"boot argument {one.name} is {describe(one)}, now and in each menu entry",
    "banner": lambda one: f"the text of {one.name} tells nothing about the system",
    "firewall": _firewall,
    "one_service": lambda one: (
        f"{'exactly one of ' if len(one.units) > 1 else ''}{', '.join(one.units)} starts at boot and runs"
    ),
    "sudo": lambda one: (
        f"{one.option} of sudo is {one.words or describe(one)}, for all and wherever it is set for some"
    ),
    "sudo_rule": lambda one: f"no rule of sudoers has {one.without}",
    "apparmor": lambda one: f"each AppArmor profile is in mode {' or '.join(one.modes)}, loaded and on disk",
    "boot_password": lambda _: "the boot loader's menu names superusers, with a PBKDF2 hash",
    "interface": lambda one: f"no network interface is {one.without}",
    "dconf": lambda one: f"{one.key} of dconf is {describe(one)}{' and locked' if one.locked else ''}",
    "files": _files,
    "crypto_policy": _crypto_policy,
    "firewalld": lambda one: (
        f"firewalld has loaded, and keeps in zone {one.zone}, that lo is accepted and its addresses from "
        "elsewhere are dropped"
    ),
    "aide": lambda one: f"AIDE compares {'+'.join(one.attributes)} of {', '.join(one.paths)}",
    "selinux": lambda one: f"the {one.name} of SELinux is {describe(one)}, now and as configured",
}
