"""Fixes of configuration files, login.defs, sshd and fstab."""

import re

from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.base import Host
from trueline.evaluate.linux.fix import OURS, Fix, chosen, files_of, left, place_of
from trueline.evaluate.values import parse, satisfies
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import ConfigTest, LoginDefsTest, MountTest, SshdTest
from trueline.model.linux_access import Sshd
from trueline.model.linux_system import Config, Entry, Units
from trueline.model.operation import AddLine, KeySyntax, MountOption, Operation, SetKey
from trueline.model.plan import Action
from trueline.model.rule import Leaf

_PROFILE = "/etc/profile.d/trueline.sh"
_TIMEOUT = "TMOUT={}; readonly TMOUT; export TMOUT"
# Where a key goes that no file sets, and in which syntax; "" where its program is not there without a file.
_PLACES: dict[str, tuple[KeySyntax, str]] = {
    "login-defs": ("words", "/etc/login.defs"),
    "useradd": ("variables", "/etc/default/useradd"),
    "limits": ("limits", f"/etc/security/limits.d/{OURS}"),
    "pwquality": ("equals", "/etc/security/pwquality.conf"),
    "faillock": ("equals", "/etc/security/faillock.conf"),
    "auditd": ("equals", ""),
    "postfix": ("equals", ""),
    "prelink": ("variables", ""),
    "chrony": ("words", ""),
    "yum": ("ini", ""),
    "dnf": ("ini", ""),
    "repos": ("ini", ""),
    "journald": ("ini", f"/etc/systemd/journald.conf.d/{OURS}"),
    "coredump": ("ini", f"/etc/systemd/coredump.conf.d/{OURS}"),
    "logind": ("ini", f"/etc/systemd/logind.conf.d/{OURS}"),
    "selinux": ("variables", ""),
}
_KNOWN = {("login-defs", "UMASK"): "027", ("profile", "umask"): "027", ("dnf", "gpgcheck"): "1"}
_ACTIONS = {
    "journald": Action(kind="restart", unit="systemd-journald.service"),
    "postfix": Action(kind="restart", unit="postfix.service"),
    "auditd": Action(kind="reload", unit="auditd.service"),
    "rsyslog": Action(kind="restart", unit="rsyslog.service"),
}
_SSH_RISKS = {
    "permitrootlogin": "root can't log in by ssh any more, with keys neither.",
    "disableforwarding": "Tunnels, agents and X11 through ssh stop.",
    "usepam": "PAM decides who may log in.",
    "clientaliveinterval": "Sessions over lines that are silent for long end.",
}
_STARTUPS = "10:30:60"
_SITE = {"allowusers", "allowgroups", "denyusers", "denygroups"}


def fix_login_defs(test: LoginDefsTest, _: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    """The key in /etc/login.defs."""
    same = [one for one in beside if isinstance(one, LoginDefsTest) and one.key == test.key]
    value = chosen(test, same)
    if value is None or not files_of("login-defs", host):
        return left(f"Which value {test.key} should have, or where, can't be told here.")
    return Fix(operations=(SetKey(file="/etc/login.defs", syntax="words", key=test.key, value=value),))


def fix_config(test: ConfigTest, fault: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    """The key in the file that counts, or in one of our own where nobody sets it."""
    config = host.config(test.name)
    if isinstance(config, Unavailable):
        return left(config.reason)
    if fault.negated:
        return left(f"A line of {test.name} should not be there; a person has to see what it is for.")
    if test.name == "profile":
        return _profile(test, config)
    if test.name == "rsyslog":
        return _rsyslog(test, config)
    syntax, default = _PLACES.get(test.name, ("equals", ""))
    same = [one for one in beside if isinstance(one, ConfigTest) and _same(one, test)]
    value = _KNOWN.get((test.name, test.key)) or chosen(test, same)
    if test.name not in _PLACES or value is None:
        return left(f"What {test.key or 'this'} should be is the site's to say.")
    if not default and not config.files:
        return left(f"This machine has no configuration of {test.name}.")
    places: list[Entry | None] = [one for one in _bad(test, config) if one.file.startswith("/etc/")]
    file = default or config.files[0]
    operations = [_set(test, one, value, syntax, file) for one in places or [None]]
    action = _ACTIONS.get(test.name)
    return Fix(operations=tuple(dict.fromkeys(operations)), actions=(action,) if action else ())


def _same(one: ConfigTest, test: ConfigTest) -> bool:
    return (one.name, one.key, one.section) == (test.name, test.key, test.section)


def _bad(test: ConfigTest, config: Config) -> list[Entry]:
    """The entries that are wrong: of a key that counts once, the one that counts."""
    entries = [one for one in config.entries if one.key == test.key and test.section in ("*", one.section)]
    if test.which in {"first", "last"}:
        return entries[-1:] if test.which == "last" else entries[:1]
    return [one for one in entries if not _holds(test, one)]


def _holds(test: ConfigTest, entry: Entry) -> bool:
    try:
        return satisfies(test, parse(test.type, entry.value), test.type)
    except ValueError:
        return False


def _set(test: ConfigTest, entry: Entry | None, value: str, syntax: KeySyntax, file: str) -> SetKey:
    section = entry.section if entry else "" if test.section == "*" else test.section
    path = entry.file if entry else file
    return SetKey(
        file=path, syntax=syntax, key=test.key, value=value, section=section if syntax == "ini" else ""
    )


def _profile(test: ConfigTest, config: Config) -> Fix:
    """What shells start with: the umask wherever it is set, the timeout only where nobody sets another."""
    entries = [one for one in config.entries if one.key == test.key]
    bad = [one for one in entries if not _holds(test, one)]
    if test.key == "umask":
        files = list(dict.fromkeys(one.file for one in bad)) or [_PROFILE]
        value = _KNOWN["profile", "umask"]
        operations = tuple(SetKey(file=file, syntax="profile", key="umask", value=value) for file in files)
        return Fix(operations=operations, risks=("New files are closed to other users, in groups too.",))
    if test.key != "TMOUT" or bad:
        where = f"{bad[0].file}:{bad[0].line}" if bad else "a shell's start file"
        return left(f"{where} is a script, which a person has to change.")
    line = _TIMEOUT.format(900)
    return Fix(
        operations=(AddLine(file=_PROFILE, syntax="profile", line=line),),
        risks=("Shells in which nothing is typed for 15 minutes end, with what runs in them.",),
    )


def _rsyslog(test: ConfigTest, config: Config) -> Fix:
    if not config.files:
        return left("rsyslog is not installed.")
    if "FileCreateMode" not in (test.matches or ""):
        return left("Where logs should go is the site's to say.")
    line = AddLine(file="/etc/rsyslog.conf", syntax="rsyslog", line="$FileCreateMode 0640", first=True)
    return Fix(operations=(line,), actions=(_ACTIONS["rsyslog"],))


def fix_sshd(test: SshdTest, fault: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    """The option where its first value stands, else in the main file; Match blocks are a person's."""
    sshd = host.linux.sshd
    assert isinstance(sshd, Sshd)  # else there would be no fault
    name = test.option.lower()
    if name in _SITE:
        return left("Whom to admit is the site's to say; a wrong list locks everybody out.")
    if ", Match " in fault.source:
        return left(f"{fault.source} gives some connections another value; a person has to see what for.")
    if any(one.key == name for one in sshd.options) or not sshd.files:
        return left(f"{test.option} is given on sshd's command line, or sshd has no configuration.")
    if name == "permitrootlogin" and (reason := _only_root(host)):
        return left(reason)
    value = _ssh_value(
        test, fault, [one for one in beside if isinstance(one, SshdTest) and one.option.lower() == name]
    )
    if value is None:
        return left(f"Which value {test.option} should have is the site's to say.")
    first = next((one.file for one in sshd.entries if one.key == name), sshd.files[0])
    if not first.startswith("/etc/"):
        return left(
            f"{first} belongs to a package; a file in /etc/ssh/sshd_config.d has to set {test.option}."
        )
    return Fix(
        operations=(SetKey(file=first, syntax="sshd", key=test.option, value=value),),
        actions=_reload(host),
        risks=(_SSH_RISKS[name],) if name in _SSH_RISKS else (),
    )


def _ssh_value(test: SshdTest, fault: Fault, same: list[SshdTest]) -> str | None:
    """Of a list, what sshd has of the allowed ones: a release need not know all."""
    now = [one for one in re.split(r"[,\s]+", fault.observed) if one]
    if test.operator == "subset_of":
        return ",".join([one for one in now if one in test.operand] or test.operand)
    if test.operator == "lacks":
        return ",".join(one for one in now if one not in test.operand) or None
    return _STARTUPS if test.option.lower() == "maxstartups" else chosen(test, same)


def _reload(host: Host) -> tuple[Action, ...]:
    units = host.linux.units
    known = units.units if isinstance(units, Units) else {}
    unit = next((one for one in ("sshd.service", "ssh.service") if one in known), "")
    found = known[unit].alias_of or unit if unit else ""
    return (Action(kind="reload", unit=found),) if found else ()


def _only_root(host: Host) -> str:
    """Why root must not be kept out yet: nobody else could log in and become root."""
    accounts = host.linux.accounts
    homes = () if isinstance(accounts.homes, Unavailable) else accounts.homes
    people = {home.user for home in homes if home.uid >= accounts.first_ordinary_uid}
    group = () if isinstance(accounts.group, Absent | Unavailable) else accounts.group.entries
    rulers = {name for one in group if one.name in {"sudo", "wheel"} for name in one.members}
    shadow = () if isinstance(accounts.shadow, Absent | Unavailable) else accounts.shadow.entries
    known = {one.name for one in shadow if one.password == "hash"}  # sudo asks for it
    if people & rulers & known:
        return ""
    return (
        "No other account could log in and become root: make one first (--create-user NAME), with a password."
    )


def fix_mount(test: MountTest, fault: Fault, _: tuple[Leaf, ...], __: Host) -> Fix:
    """An option in fstab; a file system of its own is a matter of the disk's layout."""
    if not test.option:
        return left("Needs another layout of the disk, which a running machine does not change.")
    if fault.source == "/proc/self/mountinfo":
        return Fix(reboot=True)
    path, line = place_of(fault)
    risks = (f"Programs that rely on {test.option.removeprefix('no')} below {test.point} stop working.",)
    if path == "/etc/fstab" and line:
        operation: Operation = MountOption(point=test.point, option=test.option)
        return Fix(operations=(operation,), reboot=True, risks=risks)
    if fault.source.startswith("systemd's own"):
        text = f"tmpfs {test.point} tmpfs defaults,nosuid,nodev,noexec 0 0"
        return Fix(
            operations=(AddLine(file="/etc/fstab", syntax="fstab", line=text),), reboot=True, risks=risks
        )
    return left(f"{fault.source} mounts {test.point}; its unit has to name the option.")
