"""Collects metadata of the files that Linux rules ask for by path or pattern."""

from trueline.collect.linux.reader import Reader
from trueline.model.known import Absent, FileMeta, Unavailable
from trueline.model.linux import Paths

_ACCOUNT_FILES = ("passwd", "group", "shadow", "gshadow")
FILES = (
    *(f"/etc/{name}{backup}" for name in _ACCOUNT_FILES for backup in ("", "-")),
    "/etc/aide.conf",
    "/etc/aide/aide.conf",
    "/etc/anacrontab",
    "/etc/apt/auth.conf.d",
    "/etc/apt/keyrings",
    "/etc/apt/sources.list.d",
    "/etc/apt/trusted.gpg.d",
    "/etc/at.allow",
    "/etc/at.deny",
    "/etc/audit",
    "/etc/audit/audit.rules",
    "/etc/audit/auditd.conf",
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/etc/cron.allow",
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/cron.deny",
    "/etc/cron.hourly",
    "/etc/cron.monthly",
    "/etc/cron.weekly",
    "/etc/cron.yearly",
    "/etc/crontab",
    "/etc/crypttab",
    "/etc/fstab",
    "/etc/hosts",
    "/etc/hosts.allow",
    "/etc/hosts.deny",
    "/etc/hosts.equiv",
    "/etc/issue",
    "/etc/issue.net",
    "/etc/localtime",
    "/etc/login.defs",
    "/etc/motd",
    "/etc/nftables.conf",
    "/etc/pam.d/su",
    "/etc/profile",
    "/etc/security/opasswd",
    "/etc/security/opasswd.old",
    "/etc/securetty",
    "/etc/selinux/config",
    "/etc/shells",
    "/etc/ssh/sshd_config",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/boot/grub/grub.cfg",
    "/boot/grub/grubenv",
    "/boot/grub/user.cfg",
    "/boot/grub2/grub.cfg",
    "/boot/grub2/grubenv",
    "/boot/grub2/user.cfg",
    "/sbin/auditctl",
    "/sbin/auditd",
    "/sbin/augenrules",
    "/sbin/aureport",
    "/sbin/ausearch",
    "/sbin/autrace",
    "/sbin/rsyslogd",
    "/sbin/audisp-remote",
    "/sbin/audisp-syslog",
    "/sbin/audispd-zos-remote",
    "/usr/bin/su",
    "/usr/bin/sudo",
    "/usr/share/keyrings",
    "/var/lib/aide/aide.db",
    "/var/lib/aide/aide.db.gz",
    "/var/lib/aide/aide.db.new",
    "/var/lib/aide/aide.db.new.gz",
    "/var/lib/private/systemd/journal-upload",
    "/var/log",
    "/var/log/audit",
    "/var/log/audit/audit.log",
    "/var/log/journal",
    "/var/log/wtmp",
    "/var/log/btmp",
    "/var/log/lastlog",
    "/var/run/faillock",
    "/var/run/utmp",
    "/",
    "/boot",
    "/dev/shm",  # noqa: S108 - looked at, not used
    "/home",
    "/root",
    "/tmp",  # noqa: S108 - looked at, not used
    "/var/tmp",  # noqa: S108 - looked at, not used
)
PATTERNS = (
    "/boot/efi/EFI/*/grub.cfg",
    "/boot/efi/EFI/*/grubenv",
    "/boot/efi/EFI/*/user.cfg",
    "/etc/apt/auth.conf.d/*",
    "/etc/apt/keyrings/*",
    "/etc/apt/sources.list.d/*",
    "/etc/apt/trusted.gpg.d/*",
    "/etc/audit/rules.d/*",
    "/etc/audit/*.conf",
    "/etc/audit/*.rules",
    "/etc/cron.d/*",
    "/etc/issue.d/*",
    "/etc/motd.d/*",
    "/etc/profile.d/*.sh",
    "/etc/rsyslog.d/*.conf",
    "/etc/ssh/*.pub",
    "/etc/ssh/ssh_host_*_key",
    "/etc/ssh/ssh_host_*_key.pub",
    "/etc/ssh/sshd_config.d/*.conf",
    "/etc/sudoers.d/*",
    "/etc/update-motd.d/*",
    "/etc/yum.repos.d/*.repo",
    "/usr/share/keyrings/*",
    "/var/log/**",
    "/var/log/audit/*",
)

Metas = dict[str, FileMeta | Absent | Unavailable]


def collect_paths(
    reader: Reader, files: tuple[str, ...] = (), patterns: tuple[str, ...] = ()
) -> tuple[Metas, dict[str, Paths | Unavailable]]:
    """Metadata by path of the fixed files and of all matches, and what each pattern matched.

    `files` and `patterns` are looked at besides those that are always.
    """
    metas: Metas = {path: reader.root.meta(path, entries=False) for path in (*FILES, *files)}
    globs: dict[str, Paths | Unavailable] = {}
    for pattern in dict.fromkeys((*PATTERNS, *patterns)):
        found = reader.glob(pattern)
        first = next(iter(found.unread.values()), None)
        if first and not found.paths:
            globs[pattern] = first
            continue
        paths = tuple(path.encode("utf-8", "replace").decode() for path in found.paths)
        globs[pattern] = Paths(paths=paths, complete=found.complete)
        for path, shown in zip(found.paths, paths, strict=True):
            if shown not in metas:
                metas[shown] = reader.root.meta(path, entries=False)
    return dict(sorted(metas.items())), globs
