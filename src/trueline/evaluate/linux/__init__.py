"""Judges what was read of an operating system; each module has the leaves of one subject."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from trueline.evaluate.decision import Decision
from trueline.evaluate.linux.accounts import judge_accounts
from trueline.evaluate.linux.aide import judge_aide
from trueline.evaluate.linux.audit import judge_audit_rule
from trueline.evaluate.linux.base import Host
from trueline.evaluate.linux.choice import judge_one_service
from trueline.evaluate.linux.crypto import judge_crypto_policy
from trueline.evaluate.linux.desktop import judge_dconf
from trueline.evaluate.linux.filetable import judge_files
from trueline.evaluate.linux.firewalld import judge_firewalld
from trueline.evaluate.linux.guard import judge_apparmor, judge_boot_password, judge_interface
from trueline.evaluate.linux.kernel import (
    judge_boot_argument,
    judge_daemons,
    judge_module,
    judge_selinux,
    judge_sysctl,
)
from trueline.evaluate.linux.network import judge_firewall, judge_listen
from trueline.evaluate.linux.pam import judge_pam
from trueline.evaluate.linux.software import judge_package, judge_schedule, judge_service
from trueline.evaluate.linux.sshd import judge_sshd
from trueline.evaluate.linux.storage import judge_mount, judge_walk
from trueline.evaluate.linux.sudo import judge_sudo, judge_sudo_rule
from trueline.evaluate.linux.texts import judge_banner, judge_config, judge_login_defs
from trueline.model.rule import Test

JUDGES: Mapping[str, Callable[[Any, Host], Decision]] = MappingProxyType(
    {
        "sysctl": judge_sysctl,
        "mount": judge_mount,
        "package": judge_package,
        "service": judge_service,
        "module": judge_module,
        "sshd": judge_sshd,
        "login_defs": judge_login_defs,
        "audit_rule": judge_audit_rule,
        "pam": judge_pam,
        "accounts": judge_accounts,
        "config": judge_config,
        "walk": judge_walk,
        "schedule": judge_schedule,
        "listen": judge_listen,
        "daemons": judge_daemons,
        "boot_argument": judge_boot_argument,
        "banner": judge_banner,
        "firewall": judge_firewall,
        "selinux": judge_selinux,
        "crypto_policy": judge_crypto_policy,
        "aide": judge_aide,
        "firewalld": judge_firewalld,
        "one_service": judge_one_service,
        "sudo": judge_sudo,
        "sudo_rule": judge_sudo_rule,
        "apparmor": judge_apparmor,
        "boot_password": judge_boot_password,
        "interface": judge_interface,
        "dconf": judge_dconf,
        "files": judge_files,
    }
)


def host_leaf(test: Test) -> tuple[str, Any] | None:
    """The key and the leaf of a test that asks about the operating system."""
    return next(((name, leaf) for name in JUDGES if (leaf := getattr(test, name)) is not None), None)
