"""The operations that mend a fault of an operating system, derived from the leaf that did not hold."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.base import Host
from trueline.evaluate.linux.fix import Fix, left
from trueline.evaluate.linux.fixes_access import fix_accounts, fix_file, fix_walk
from trueline.evaluate.linux.fixes_files import fix_config, fix_login_defs, fix_mount, fix_sshd
from trueline.evaluate.linux.fixes_kernel import fix_audit, fix_boot, fix_module, fix_selinux, fix_sysctl
from trueline.evaluate.linux.fixes_pam import fix_pam
from trueline.evaluate.linux.fixes_software import fix_package, fix_schedule, fix_service, fix_sudo
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
    SudoTest,
    SysctlTest,
    WalkTest,
)
from trueline.model.rule import FileTest, Leaf

Writer = Callable[[Any, Fault, tuple[Leaf, ...], Host], Fix]


def fix(fault: Fault, beside: Iterable[Leaf], host: Host) -> Fix:
    """How the fault ends. `beside` are the leaves of the same rule, which the new value has to fulfil too."""
    write = _WRITERS.get(type(fault.test))
    if write is None:
        return left("There is no safe way to change this by a program; the remediation says what to do.")
    try:
        return write(fault.test, fault, tuple(beside), host)
    except ValueError as error:  # anybody may give a file of his a name of two lines
        return left(f"{error}; a person has to change it.")


def _never(reason: str) -> Writer:
    return lambda *_: left(reason)


_WRITERS: Mapping[type, Writer] = MappingProxyType(
    {
        SysctlTest: fix_sysctl,
        MountTest: fix_mount,
        PackageTest: fix_package,
        ServiceTest: fix_service,
        ModuleTest: fix_module,
        SshdTest: fix_sshd,
        LoginDefsTest: fix_login_defs,
        AuditRuleTest: fix_audit,
        PamTest: fix_pam,
        AccountsTest: fix_accounts,
        ConfigTest: fix_config,
        WalkTest: fix_walk,
        ScheduleTest: fix_schedule,
        BootArgumentTest: fix_boot,
        SelinuxTest: fix_selinux,
        FileTest: fix_file,
        SudoTest: fix_sudo,
        ListenTest: _never("What listens, and on which address, is for whoever runs the service to say."),
        DaemonTest: _never("A daemon needs a domain in the policy; only its maintainer can write one."),
        BannerTest: _never("The words of a warning are the site's own."),
        FirewallTest: _never(
            "Which packets to admit is the site's to say; a wrong rule cuts the machine off."
        ),
    }
)
