"""Searches among accounts and groups for rights that come with a group, a shell or a missing password."""

from collections.abc import Callable, Iterator

from trueline.evaluate.linux.tables import Finding, Tables, Unknown
from trueline.model.facts import Unavailable
from trueline.model.linux_access import Pam, PamRule

Search = Callable[[Tables], Iterator[Finding]]

# They ship with primary group 0 on RHEL, and can't log in.
_SHIPPED = {"root", "sync", "shutdown", "halt", "operator"}
_REFUSING = {"required", "requisite"}


def _gid_zero_accounts(tables: Tables) -> Iterator[Finding]:
    for account in tables.passwd:
        if account.gid == 0 and account.name not in _SHIPPED:
            yield Finding(account.name, tables.at("passwd", account.line), "primary gid 0")


def _gid_zero_groups(tables: Tables) -> Iterator[Finding]:
    for group in tables.group:
        if group.gid == 0 and group.name != "root":
            yield Finding(group.name, tables.at("group", group.line), "gid 0")


def _root_password(tables: Tables) -> Iterator[Finding]:
    """root's password must be set, or its account locked."""
    entries = [entry for entry in tables.shadow if entry.name == "root"]
    accounts = [account for account in tables.passwd if account.name == "root"]
    if not entries or not accounts:
        raise Unknown("passwd or shadow has no line for root.")
    for account in accounts:
        if account.password == "empty":
            yield Finding("root", tables.at("passwd", account.line), "no password, and not locked")
    for entry in entries:
        if entry.password == "empty":
            yield Finding("root", tables.at("shadow", entry.line), "no password, and not locked")


def _invalid_shells(tables: Tables) -> Iterator[Finding]:
    """Passwords that still open an account whose shell is none that users may have."""
    shells = tables.accounts.shells
    if isinstance(shells, Unavailable):
        raise Unknown(f"/etc/shells could not be read: {shells.reason}")
    valid = {shell for shell in shells if shell.rpartition("/")[2] != "nologin"}
    states = {entry.name: entry.password for entry in tables.shadow}
    for account in tables.passwd:
        if account.name == "root" or account.name.startswith("+") or account.shell in valid:
            continue
        password = account.password
        if password == "shadowed":
            password = states.get(account.name, "disabled")
        if password in {"hash", "empty"}:
            observed = f"shell {account.shell or 'none'}, password {password}"
            yield Finding(account.name, tables.at("passwd", account.line), observed)


def _members(tables: Tables, name: str) -> Iterator[Finding]:
    for group in tables.group:
        if group.name != name:
            continue
        for member in group.members:
            yield Finding(member, tables.at("group", group.line), f"a member of {name}")
        for account in tables.passwd:
            if account.gid == group.gid:
                yield Finding(account.name, tables.at("passwd", account.line), f"{name} as primary group")


def _group_members(tables: Tables) -> Iterator[Finding]:
    yield from _members(tables, tables.given["group"])


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


_BOTH = ("passwd", "group")
PRIVILEGES: dict[str, tuple[Search, tuple[str, ...], str]] = {
    "gid-zero-accounts": (_gid_zero_accounts, ("passwd",), "accounts with primary group 0 besides root"),
    "gid-zero-groups": (_gid_zero_groups, ("group",), "groups with gid 0 besides root's"),
    "root-password": (_root_password, ("passwd", "shadow"), "ways for root to log in without a password"),
    "invalid-shells": (_invalid_shells, ("passwd", "shadow"), "open accounts without a valid shell"),
    "su-members": (_su_members, _BOTH, "members of the group that may use su"),
}
GROUP_MEMBERS = (_group_members, _BOTH, "members of a group that should have none", ("group",))
