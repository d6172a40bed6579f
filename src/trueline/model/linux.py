"""All that was read of a node's operating system: one field per subject, none of it judged.

A subject is its struct, or `Unavailable` where nothing of it could be read, or `Absent` where the machine
does not have it. Within a struct, `unread` maps a path that may hold more of the subject to why it could
not be read: while it is not empty, that something was *not* found means nothing. Paths are absolute below
the root, lines count from 1. "Now" and "after the next boot" are separate fields.
"""

from trueline.model.base import Model
from trueline.model.known import Absent, FileMeta, Unavailable
from trueline.model.linux_access import (
    Accounts,
    Audit,
    Dconf,
    Firewall,
    Interface,
    Listener,
    Pam,
    Sshd,
    Sudo,
)
from trueline.model.linux_system import (
    Apparmor,
    Boot,
    Config,
    Cron,
    Daemon,
    Modules,
    Mounts,
    Packages,
    Selinux,
    Sysctl,
    Units,
    Walk,
)


class Paths(Model, frozen=True, kw_only=True, tag_field="state", tag="known"):
    """What a pattern led to, sorted.

    `complete` False where there was more than is kept or a directory denied.
    """

    paths: tuple[str, ...] = ()
    complete: bool = True


class LinuxFacts(Model, frozen=True, kw_only=True):
    """An operating system.

    `files` are metadata by path, without entries, of the fixed paths that rules ask for and of all that
    `globs` matched: pattern ("/etc/ssh/ssh_host_*_key", "/var/log/**") to its paths.

    `configs` are configurations by name, those that don't exist with no `files`. An entry has a key unless
    the list says "lines":

        login-defs, useradd             /etc/login.defs, /etc/default/useradd
        pwquality, pwhistory, faillock  /etc/security/*.conf with their .d; a flag has the value ""
        limits                          key "<domain> <type> <item>"
        libuser, authselect (lines)
        authselect-system-auth, authselect-password-auth (lines): stacks of the selected profile
        auditd, rsyslog (lines, with includes), journald, journal-upload, logrotate (lines)
        coredump, logind, timesyncd, systemd    of systemd: drop-ins in its order, section as in the file
        chrony, ntp                     key the directive, value the rest; includes in their place
        chrony-options, ntp-options     variables of the daemon's sysconfig or default file
        selinux, grub, prelink, apport, sshd-options     variables of /etc/selinux/config, /etc/default/grub
        modules-load                    lines: modules loaded at boot
        crypto-policy (lines), crypto-policy-current, crypto-modules (section the module)
        yum, dnf (sections: main), repos (section the repository), apt (key "APT::Install-Recommends")
        postfix                         main.cf
        gdm, gdm-greeter, aide (lines)
        apparmor                        key the profile, value its mode; of copies of files by editors too
        ufw, ufw-defaults (variables), ufw-rules (lines), firewalld, nftables (lines, with includes)
        ufw-sysctl                      parameters that ufw sets after the boot if its defaults name the file
        nsswitch                        key the database ("passwd"), value where it is looked up
        shells                          lines
        profile                         key "umask", "TMOUT" or "PATH" in the shell start files of the system
                                        and root, value what is assigned, section the words in front of it
                                        ("readonly", "export"); "readonly TMOUT" alone has the value ""
        securetty, hosts-allow, hosts-deny   lines
        motd, issue, issue-net          lines; motd with /etc/motd.d and what pam_motd shows from files
        rescue, emergency               the units rescue.service and emergency.service with drop-ins

    `walk` is Unavailable("not-collected") where it was not asked for. `daemons` are the processes that rules
    ask for by name, and all whose SELinux type is unconfined_service_t or initrc_t. `programs` are the
    commands that were run for these facts, as typed, with their exit status or why there is none.
    """

    modules: Modules | Unavailable
    sysctl: Sysctl
    mounts: Mounts
    packages: Packages | Absent | Unavailable
    units: Units | Absent | Unavailable
    accounts: Accounts
    pam: Pam | Absent | Unavailable
    sudo: Sudo | Absent | Unavailable
    sshd: Sshd | Absent | Unavailable
    cron: Cron
    audit: Audit
    selinux: Selinux | Absent | Unavailable
    apparmor: Apparmor | Absent | Unavailable
    boot: Boot
    interfaces: tuple[Interface, ...] | Unavailable
    listeners: tuple[Listener, ...] | Unavailable
    firewall: Firewall
    dconf: Dconf | Absent | Unavailable
    daemons: tuple[Daemon, ...] | Unavailable
    walk: Walk | Unavailable
    configs: dict[str, Config] = {}
    files: dict[str, FileMeta | Absent | Unavailable] = {}
    globs: dict[str, Paths | Unavailable] = {}
    programs: dict[str, str] = {}
