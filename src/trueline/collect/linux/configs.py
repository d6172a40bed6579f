"""Collects the plain configurations of a system: which files each has, in which order they take effect."""

import re
from collections.abc import Iterable

import msgspec

from trueline.collect.linux.authselect import collect_profile
from trueline.collect.linux.reader import Reader
from trueline.collect.linux.syntax import PARSERS
from trueline.model.known import Unavailable
from trueline.model.linux_system import Config, Entry

_SYSTEMD = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd")
_ENTRIES_LIMIT = 10_000
_INCLUDES_LIMIT = 500
_INCLUDE_DEPTH = 16


class Source(msgspec.Struct, frozen=True):
    """Where a configuration is: its syntax and paths or patterns in the order in which they take effect.

    `first` are paths of which the first that exists counts. `drop_ins` are directories in systemd's order.
    `include` is a pattern whose groups are a path or glob, and "d" if it names a directory.
    """

    syntax: str
    paths: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    drop_ins: tuple[str, ...] = ()
    suffix: str = ".conf"
    include: str = ""


def _systemd(name: str) -> Source:
    places = tuple(f"{directory}/{name}" for directory in _SYSTEMD)
    return Source("ini", first=places, drop_ins=tuple(f"{place}.d" for place in places))


def _unit(name: str) -> Source:
    places = tuple(f"{directory}/system/{name}" for directory in _SYSTEMD)
    return Source("ini", first=places, drop_ins=tuple(f"{place}.d" for place in places))


_SHELL_FILES = (
    "/etc/profile",
    "/etc/profile.d/*.sh",
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/root/.bash_profile",
    "/root/.bash_login",
    "/root/.profile",
    "/root/.bashrc",
)
_RSYSLOG_INCLUDE = r"(?i)\s*(?:\$IncludeConfig\s+(\S+)|include\s*\(.*?file\s*=\s*\"([^\"]+)\")"
_CHRONY_INCLUDE = r"\s*(?:include\s+(\S+)|(?P<d>confdir|sourcedir)\s+(\S+))"
SOURCES: dict[str, Source] = {
    "login-defs": Source("words", ("/etc/login.defs",)),
    "useradd": Source("variables", ("/etc/default/useradd",)),
    "nsswitch": Source("colons", first=("/etc/nsswitch.conf", "/usr/etc/nsswitch.conf")),
    "pwquality": Source("equals", ("/etc/security/pwquality.conf.d/*.conf", "/etc/security/pwquality.conf")),
    "pwhistory": Source("equals", ("/etc/security/pwhistory.conf",)),
    "faillock": Source("equals", ("/etc/security/faillock.conf",)),
    "limits": Source("limits", ("/etc/security/limits.conf", "/etc/security/limits.d/*.conf")),
    "libuser": Source("ini", ("/etc/libuser.conf",)),
    "authselect": Source("plain", ("/etc/authselect/authselect.conf",)),
    "auditd": Source("equals", ("/etc/audit/auditd.conf",)),
    "rsyslog": Source("plain", ("/etc/rsyslog.conf",), include=_RSYSLOG_INCLUDE),
    "journald": _systemd("journald.conf"),
    "journal-upload": _systemd("journal-upload.conf"),
    "coredump": _systemd("coredump.conf"),
    "logind": _systemd("logind.conf"),
    "timesyncd": _systemd("timesyncd.conf"),
    "systemd": _systemd("system.conf"),
    "logrotate": Source("plain", ("/etc/logrotate.conf", "/etc/logrotate.d/*")),
    "chrony": Source("words", first=("/etc/chrony/chrony.conf", "/etc/chrony.conf"), include=_CHRONY_INCLUDE),
    "chrony-options": Source("variables", ("/etc/sysconfig/chronyd", "/etc/default/chrony")),
    "ntp": Source("words", first=("/etc/ntp.conf", "/etc/ntpsec/ntp.conf")),
    "ntp-options": Source("variables", ("/etc/sysconfig/ntpd", "/etc/default/ntp", "/etc/default/ntpsec")),
    "selinux": Source("variables", ("/etc/selinux/config",)),
    "grub": Source("variables", ("/etc/default/grub", "/etc/default/grub.d/*.cfg")),
    "prelink": Source("variables", ("/etc/sysconfig/prelink", "/etc/default/prelink")),
    "apport": Source("variables", ("/etc/default/apport",)),
    "sshd-options": Source("variables", ("/etc/sysconfig/sshd", "/etc/default/ssh")),
    "modules-load": Source(
        "plain",
        ("/etc/modules",),
        drop_ins=tuple(
            f"{place}/modules-load.d" for place in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
        ),
    ),
    "crypto-policy": Source("plain", ("/etc/crypto-policies/config",)),
    "crypto-policy-current": Source("equals", ("/etc/crypto-policies/state/CURRENT.pol",)),
    "crypto-modules": Source(
        "equals",
        (
            "/usr/share/crypto-policies/policies/modules/*.pmod",
            "/etc/crypto-policies/policies/modules/*.pmod",
        ),
    ),
    "yum": Source("ini", ("/etc/yum.conf",)),
    "dnf": Source("ini", ("/etc/dnf/dnf.conf",)),
    "repos": Source(
        "ini", ("/etc/yum.repos.d/*.repo", "/etc/yum/repos.d/*.repo", "/etc/distro.repos.d/*.repo")
    ),
    "apt": Source("apt", ("/etc/apt/apt.conf.d/*", "/etc/apt/apt.conf")),
    "postfix": Source("postfix", ("/etc/postfix/main.cf",)),
    "gdm-greeter": Source("ini", ("/etc/gdm3/greeter.dconf-defaults",)),
    "apparmor": Source(
        "apparmor", ("/etc/apparmor.d/*", "/etc/apparmor.d/disable/*", "/etc/apparmor.d/force-complain/*")
    ),
    "gdm": Source("ini", ("/etc/gdm3/daemon.conf", "/etc/gdm3/custom.conf", "/etc/gdm/custom.conf")),
    "aide": Source("plain", ("/etc/aide.conf", "/etc/aide/aide.conf", "/etc/aide/aide.conf.d/*")),
    "ufw": Source("variables", ("/etc/ufw/ufw.conf",)),
    "ufw-defaults": Source("variables", ("/etc/default/ufw",)),
    "ufw-sysctl": Source("equals", ("/etc/ufw/sysctl.conf",)),
    "ufw-rules": Source(
        "plain",
        tuple(f"/etc/ufw/{name}.rules" for name in ("before", "user", "after", "before6", "user6", "after6")),
    ),
    "firewalld": Source("equals", ("/etc/firewalld/firewalld.conf",)),
    "nftables": Source(
        "plain",
        first=("/etc/nftables.conf", "/etc/sysconfig/nftables.conf"),
        include=r"\s*include\s+[\"']([^\"']+)[\"']",
    ),
    "profile": Source("profile", _SHELL_FILES),
    "shells": Source("plain", ("/etc/shells",)),
    "securetty": Source("plain", ("/etc/securetty",)),
    "hosts-allow": Source("plain", ("/etc/hosts.allow",)),
    "hosts-deny": Source("plain", ("/etc/hosts.deny",)),
    "motd": Source("verbatim", ("/etc/motd", "/etc/motd.d/*", "/run/motd.dynamic", "/run/motd")),
    "issue": Source("verbatim", ("/etc/issue", "/etc/issue.d/*.issue")),
    "issue-net": Source("verbatim", ("/etc/issue.net",)),
    "rescue": _unit("rescue.service"),
    "emergency": _unit("emergency.service"),
}


def collect_configs(reader: Reader) -> dict[str, Config]:
    """All configurations of `SOURCES`, with no files where the system has none."""
    found = {name: collect_config(reader, source) for name, source in SOURCES.items()}
    modules = found["crypto-modules"]
    found["crypto-modules"] = msgspec.structs.replace(
        modules, entries=tuple(_with_module(entry) for entry in modules.entries)
    )
    return found | collect_profile(reader, found["authselect"])


def collect_config(reader: Reader, source: Source) -> Config:
    """The entries of one configuration, includes in their place."""
    return _Gathering(reader, source).run()


class _Gathering:
    """One configuration while its files are read."""

    def __init__(self, reader: Reader, source: Source) -> None:
        self.reader = reader
        self.source = source
        self.include = re.compile(source.include) if source.include else None
        self.entries: list[Entry] = []
        self.files: list[str] = []
        self.unread: dict[str, Unavailable] = {}
        self.includes = 0

    def run(self) -> Config:
        for path in self._paths():
            self._file(path, ())
        if len(self.entries) > _ENTRIES_LIMIT:
            self.unread[self.files[-1]] = Unavailable(
                kind="too-large", reason=f"more than {_ENTRIES_LIMIT} entries"
            )
        return Config(
            entries=tuple(self.entries[:_ENTRIES_LIMIT]),
            files=tuple(self.files),
            unread=self.unread,
        )

    def _paths(self) -> Iterable[str]:
        for path in self.source.first:
            if self._may_exist(path):
                yield path
                break
        for pattern in self.source.paths:
            yield from self._matches(pattern)
        if self.source.drop_ins:
            found = self.reader.drop_ins(self.source.drop_ins, self.source.suffix)
            self.unread |= found.unread
            yield from found.paths

    def _may_exist(self, path: str) -> bool:
        found = self.reader.lines(path)
        return isinstance(found, tuple | Unavailable)

    def _matches(self, pattern: str) -> tuple[str, ...]:
        if not any(mark in pattern for mark in "*?["):
            return (pattern,)
        return self.reader.matches(pattern, self.unread)

    def _file(self, path: str, above: tuple[str, ...]) -> None:
        lines = self.reader.lines(path)
        if isinstance(lines, Unavailable):
            if not self._is_directory(path):
                self.unread[path] = lines
        elif isinstance(lines, tuple):
            self.files.append(path)
            self._add(path, lines, (*above, path))

    def _is_directory(self, path: str) -> bool:
        return isinstance(self.reader.root.listdir(path, 1_000_000), tuple)

    def _add(self, path: str, lines: tuple[str, ...], trail: tuple[str, ...]) -> None:
        if len(self.entries) > _ENTRIES_LIMIT:
            return
        entries = PARSERS[self.source.syntax](path, lines)
        if not self.include:
            self.entries += entries
            return
        for entry in entries:
            self.entries.append(entry)
            found = self.include.match(lines[entry.line - 1])
            if found:
                self._included(found, path, trail)

    def _included(self, found: re.Match[str], path: str, trail: tuple[str, ...]) -> None:
        target = next((group for group in reversed(found.groups()) if group), "")
        if "d" in found.re.groupindex and found["d"]:
            target = f"{target}/*.{'conf' if found['d'] == 'confdir' else 'sources'}"
        if not target.startswith("/"):
            target = f"{path.rpartition('/')[0]}/{target}"
        for included in self._matches(target):
            self.includes += 1
            if included in trail or len(trail) > _INCLUDE_DEPTH or self.includes > _INCLUDES_LIMIT:
                self.unread[included] = Unavailable(
                    kind="invalid", reason="included by itself, too deep or too often"
                )
            else:
                self._file(included, trail)


def _with_module(entry: Entry) -> Entry:
    name = entry.file.rpartition("/")[2].removesuffix(".pmod")
    return msgspec.structs.replace(entry, section=name)
