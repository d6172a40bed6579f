"""Searches among accounts, groups and home directories."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from trueline.evaluate.decision import Decision, Fault, decided
from trueline.evaluate.linux.base import SHOWN, Host, cannot, some
from trueline.evaluate.linux.homes import HOMES
from trueline.evaluate.linux.privileges import GROUP_MEMBERS, PRIVILEGES
from trueline.evaluate.linux.tables import Finding, Tables, Unknown
from trueline.model.hosttest import AccountsTest
from trueline.model.linux_access import Account, Shadow
from trueline.model.results import NONE_SUCH, Evidence, Outcome

_NO_LOGIN = {"/sbin/nologin", "/usr/sbin/nologin", "/bin/false", "/usr/bin/false"}
_SYSTEM_SHELLS = {"root", "sync", "shutdown", "halt"}


def _empty_passwords(tables: Tables) -> Iterator[Finding]:
    for account in tables.passwd:
        if account.password == "empty":
            yield Finding(account.name, tables.at("passwd", account.line), "no password in passwd")
    for shadow in tables.shadow:
        if shadow.password == "empty":
            yield Finding(shadow.name, tables.at("shadow", shadow.line), "no password in shadow")


def _unshadowed(tables: Tables) -> Iterator[Finding]:
    for account in tables.passwd:
        if account.password != "shadowed":
            yield Finding(account.name, tables.at("passwd", account.line), f"password {account.password}")


def _plus(table: str) -> Callable[[Tables], Iterator[Finding]]:
    def find(tables: Tables) -> Iterator[Finding]:
        for entry in getattr(tables, table):
            if entry.name.startswith("+"):
                yield Finding(entry.name, tables.at(table, entry.line), "an entry of NIS")

    return find


def _duplicates(table: str, field: str) -> Callable[[Tables], Iterator[Finding]]:
    def find(tables: Tables) -> Iterator[Finding]:
        entries = [one for one in getattr(tables, table) if getattr(one, field) is not None]
        counted = Counter(getattr(one, field) for one in entries)
        for one in entries:
            if counted[getattr(one, field)] > 1:
                observed = f"{field} {getattr(one, field)} stands there {counted[getattr(one, field)]} times"
                yield Finding(one.name, tables.at(table, one.line), observed)

    return find


def _second_root(tables: Tables) -> Iterator[Finding]:
    for account in tables.passwd:
        if account.uid == 0 and account.name != "root":
            yield Finding(account.name, tables.at("passwd", account.line), "uid 0")


def _root_group(tables: Tables) -> Iterator[Finding]:
    roots = [account for account in tables.passwd if account.name == "root"]
    if not roots:
        raise Unknown("passwd has no line for root.")
    for account in roots:
        if account.gid != 0:
            yield Finding("root", tables.at("passwd", account.line), f"primary gid {account.gid}")


def _unknown_groups(tables: Tables) -> Iterator[Finding]:
    groups = {group.gid for group in tables.group}
    for account in tables.passwd:
        if account.gid is not None and account.gid not in groups:
            yield Finding(account.name, tables.at("passwd", account.line), f"gid {account.gid} has no group")


def _system(tables: Tables) -> Iterator[Account]:
    for account in tables.passwd:
        system = account.uid is not None and account.uid < tables.first_ordinary_uid
        if system and account.name not in _SYSTEM_SHELLS and not account.name.startswith("+"):
            yield account


def _system_shells(tables: Tables) -> Iterator[Finding]:
    for account in _system(tables):
        if account.shell not in _NO_LOGIN:
            shell = account.shell or "/bin/sh (none named)"
            yield Finding(account.name, tables.at("passwd", account.line), f"shell {shell}")


def _system_passwords(tables: Tables) -> Iterator[Finding]:
    states = {entry.name: entry for entry in tables.shadow}
    for account in _system(tables):
        entry = states.get(account.name)
        if account.password in {"hash", "empty"}:
            yield Finding(account.name, tables.at("passwd", account.line), f"password {account.password}")
        elif entry is not None and entry.password in {"hash", "empty"}:
            yield Finding(account.name, tables.at("shadow", entry.line), f"password {entry.password}")


def _with_password(tables: Tables) -> Iterator[Shadow]:
    return (entry for entry in tables.shadow if entry.password == "hash")


_AGES = {
    "maximum": "days until a password must change",
    "minimum": "days until a password may change",
    "warn": "days of warning",
    "inactive": "days until an account with an old password is locked",
}


def _password_ages(tables: Tables) -> Iterator[Finding]:
    """Accounts with a password whose number of days is missing or outside the limits."""
    field = tables.given["field"]
    lowest, highest = int(tables.given.get("at_least", "0")), int(tables.given.get("at_most", "999999"))
    for entry in _with_password(tables):
        if field in entry.malformed:
            raise Unknown(
                f"{tables.at('shadow', entry.line)}: the {_AGES[field]} of {entry.name} are no number."
            )
        days = getattr(entry, field)
        if days is None or not lowest <= days <= highest:
            yield Finding(
                entry.name,
                tables.at("shadow", entry.line),
                f"{_AGES[field]}: {_shown(days)}",
            )


def _shown(days: int | None) -> str:
    return "none" if days is None else str(days)


def _future_changes(tables: Tables) -> Iterator[Finding]:
    if tables.today is None:
        raise Unknown("The time of the collection is not known.")
    for entry in _with_password(tables):
        if entry.last_change is not None and entry.last_change > tables.today:
            yield Finding(entry.name, tables.at("shadow", entry.line), f"changed on day {entry.last_change}")


@dataclass(frozen=True)
class _Find:
    """One entry of the registry: what it reads, which arguments it takes, what it looks for in words."""

    run: Callable[[Tables], Iterator[Finding]]
    needs: tuple[str, ...]
    words: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


FINDS: dict[str, _Find] = {
    "empty-passwords": _Find(_empty_passwords, ("passwd", "shadow"), "accounts without a password"),
    "unshadowed": _Find(_unshadowed, ("passwd",), "passwords outside the shadow file"),
    "plus-in-passwd": _Find(_plus("passwd"), ("passwd",), "entries of NIS in passwd"),
    "plus-in-shadow": _Find(_plus("shadow"), ("shadow",), "entries of NIS in shadow"),
    "plus-in-group": _Find(_plus("group"), ("group",), "entries of NIS in group"),
    "duplicate-uids": _Find(_duplicates("passwd", "uid"), ("passwd",), "accounts with the same uid"),
    "duplicate-users": _Find(_duplicates("passwd", "name"), ("passwd",), "accounts of the same name"),
    "duplicate-gids": _Find(_duplicates("group", "gid"), ("group",), "groups with the same gid"),
    "duplicate-groups": _Find(_duplicates("group", "name"), ("group",), "groups of the same name"),
    "second-root": _Find(_second_root, ("passwd",), "accounts with uid 0 besides root"),
    "root-group": _Find(_root_group, ("passwd",), "other primary groups of root than 0"),
    "unknown-groups": _Find(_unknown_groups, ("passwd", "group"), "accounts whose group does not exist"),
    "system-shells": _Find(_system_shells, ("passwd",), "system accounts with a shell"),
    "system-passwords": _Find(_system_passwords, ("passwd", "shadow"), "system accounts with a password"),
    "password-ages": _Find(
        _password_ages,
        ("shadow",),
        "accounts with other ages of passwords",
        ("field",),
        ("at_least", "at_most"),
    ),
    "future-changes": _Find(_future_changes, ("shadow",), "passwords that were changed in the future"),
    **{name: _Find(run, needs, words) for name, (run, needs, words) in (HOMES | PRIVILEGES).items()},
    "group-members": _Find(*GROUP_MEMBERS),
}


def problems(test: AccountsTest) -> Iterator[str]:
    """What is wrong with the name or the arguments of a search."""
    if test.find not in FINDS:
        yield f"there is no search {test.find} among accounts; known are {', '.join(sorted(FINDS))}"
        return
    found = FINDS[test.find]
    if unknown := set(test.given) - {*found.required, *found.optional}:
        yield f"search {test.find} takes no {', '.join(sorted(unknown))}"
    if missing := set(found.required) - set(test.given):
        yield f"search {test.find} needs {', '.join(sorted(missing))}"


def judge_accounts(test: AccountsTest, host: Host) -> Decision:
    """Findings fail; what could not be read or is not a table's whole forbids a pass."""
    find = FINDS[test.find]
    tables = Tables(host, test.given)
    gaps = [gap for name in find.needs if (gap := tables.gap(name))]
    unreadable = [gap for name in find.needs if (gap := tables.missing(name))]
    if unreadable:
        return cannot(f"Looking for {find.words}: {unreadable[0]}", test)
    try:
        findings = list(find.run(tables))
    except Unknown as reason:
        return decided(Outcome.UNKNOWN, str(reason))
    if findings:
        return _failed(test, findings, find.words, gaps + tables.gaps)
    if gaps or tables.gaps:
        return cannot(f"Looking for {find.words}: {(gaps + tables.gaps)[0]}", test)
    evidence = Evidence(fact=find.words, source=", ".join(find.needs), observed="none", expected=NONE_SUCH)
    return decided(Outcome.PASS, f"There are no {find.words}.", evidence=(evidence,))


def _failed(test: AccountsTest, findings: list[Finding], words: str, gaps: list[str]) -> Decision:
    names = some(dict.fromkeys(one.name for one in findings))
    decision = decided(
        Outcome.FAIL,
        f"There are {len(findings)} {words}: {names}.",
        evidence=tuple(
            Evidence(fact=one.name, source=one.source, observed=one.observed, expected=NONE_SUCH)
            for one in findings[:SHOWN]
        ),
        faults=tuple(
            Fault(test=test, path=one.name, source=one.source, observed=one.observed)
            for one in findings[:SHOWN]
        ),
    )
    mended = Outcome.FAIL if len(findings) > SHOWN else Outcome.ERROR if gaps else Outcome.PASS
    return msgspec.structs.replace(decision, mended=mended)
