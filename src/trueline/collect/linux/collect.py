"""Collects all facts of a node's operating system from the files below a root."""

from collections.abc import Iterable

from trueline.collect.access import Root
from trueline.collect.linux.audit import collect_audit
from trueline.collect.linux.boot import collect_boot
from trueline.collect.linux.configs import collect_configs
from trueline.collect.linux.cron import collect_cron
from trueline.collect.linux.dconf import collect_dconf
from trueline.collect.linux.firewall import collect_firewall
from trueline.collect.linux.homes import collect_accounts
from trueline.collect.linux.mac import collect_apparmor, collect_daemons, collect_selinux
from trueline.collect.linux.modules import collect_modules
from trueline.collect.linux.mounts import collect_mounts
from trueline.collect.linux.net import collect_interfaces, collect_listeners
from trueline.collect.linux.packages import collect_packages
from trueline.collect.linux.pam import collect_pam
from trueline.collect.linux.paths import collect_paths
from trueline.collect.linux.reader import Reader
from trueline.collect.linux.sshd import collect_sshd
from trueline.collect.linux.sudo import collect_sudo
from trueline.collect.linux.sysctl import collect_sysctl
from trueline.collect.linux.unitfiles import collect_units
from trueline.collect.linux.walk import Progress, WalkLimits, walk_files
from trueline.collect.programs import Programs
from trueline.model.known import Unavailable
from trueline.model.linux import LinuxFacts


def collect_linux(
    root: Root,
    *,
    walk: WalkLimits | None = None,
    programs: bool = True,
    progress: Progress | None = None,
    files: Iterable[str] = (),
    patterns: Iterable[str] = (),
) -> LinuxFacts:
    """Everything that any Linux benchmark may ask for, secrets left out.

    `walk` None leaves out the walk over the file systems, the one part that takes long; while it goes on,
    `progress` is told how many files it saw. `programs` allows the fixed list of `collect.programs`; it is
    used on the running system ("/") only. `files` and `patterns` are paths to look at besides those that
    always are.
    """
    reader = Reader(root)
    asked = Programs(allowed=programs and root.path == "/")
    units = collect_units(reader, asked)
    mounts = collect_mounts(reader, units)
    packages = collect_packages(reader, asked)
    metas, globs = collect_paths(reader, tuple(files), tuple(patterns))
    return LinuxFacts(
        modules=collect_modules(reader),
        sysctl=collect_sysctl(reader),
        mounts=mounts,
        packages=packages,
        units=units,
        accounts=collect_accounts(reader, mounts.active),
        pam=collect_pam(reader),
        sudo=collect_sudo(reader),
        sshd=collect_sshd(reader, asked, packages),
        cron=collect_cron(reader),
        audit=collect_audit(reader, asked),
        selinux=collect_selinux(reader),
        apparmor=collect_apparmor(reader),
        boot=collect_boot(reader),
        interfaces=collect_interfaces(reader),
        listeners=collect_listeners(reader),
        firewall=collect_firewall(reader, asked),
        dconf=collect_dconf(reader),
        daemons=collect_daemons(reader),
        walk=walk_files(reader, mounts.active, walk, progress) if walk else NOT_WALKED,
        configs=collect_configs(reader),
        files=metas,
        globs=globs,
        programs=asked.ran,
    )


NOT_WALKED = Unavailable(kind="not-collected", reason="the file systems were not searched")
