"""Searches among accounts for rights that come with a group."""

from collections.abc import Callable, Iterator

from trueline.evaluate.linux.tables import Finding, Tables, Unknown
from trueline.model.linux_access import Pam, PamRule

Search = Callable[[Tables], Iterator[Finding]]

# They ship with primary group 0 on RHEL, and can't log in.
_SHIPPED = {"root", "sync", "shutdown", "halt", "operator"}
_REFUSING = {"required", "requisite"}


def _gid_zero_accounts(tables: Tables) -> Iterator[Finding]:
    for account in tables.passwd:
        if account.gid == 0 and account.name not in _SHIPPED:
            yield Finding(account.name, tables.at("passwd", account.line), "primary gid 0")


def _members(tables: Tables, name: str) -> Iterator[Finding]:
    for group in tables.group:
        if group.name != name:
            continue
        for member in group.members:
            yield Finding(member, tables.at("group", group.line), f"a member of {name}")
        for account in tables.passwd:
            if account.gid == group.gid:
                yield Finding(account.name, tables.at("passwd", account.line), f"{name} as primary group")


def _su_members(tables: Tables) -> Iterator[Finding]:
    """Who is in the group that pam_wheel asks for in the stack of su; root needs no group."""
    pam = tables.host.linux.pam
    if not isinstance(pam, Pam) or "su" not in pam.services:
        raise Unknown("The stack of su is not known.")
    for name in {name for rule in pam.services["su"].rules for name in _asked_for(rule)}:
        yield from (one for one in _members(tables, name) if one.name != "root")


def _asked_for(rule: PamRule) -> Iterator[str]:
    if rule.type == "auth" and rule.module == "pam_wheel.so" and rule.control in _REFUSING:
        yield from (word[6:] for word in rule.arguments if word.startswith("group="))


PRIVILEGES: dict[str, tuple[Search, tuple[str, ...], str]] = {
    "gid-zero-accounts": (_gid_zero_accounts, ("passwd",), "accounts with primary group 0 besides root"),
    "su-members": (_su_members, ("passwd", "group"), "members of the group that may use su"),
}
