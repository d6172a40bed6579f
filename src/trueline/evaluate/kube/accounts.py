"""Searches about service accounts: what the default ones may do, and whose tokens reach pods."""

from trueline.evaluate.kube.base import Finding, Given, Index, Search, count, ordered, place
from trueline.evaluate.kube.pods import pods_looked_at, split
from trueline.evaluate.kube.units import Unit, judge

_NO_ACCOUNTS = "The cluster lists no service accounts, which no running cluster does."


def account_of(unit: Unit) -> str:
    """The service account that a pod runs as; unset is `default`."""
    return unit.spec.service_account_name or "default"


def mounts(index: Index, unit: Unit) -> str:
    """How a pod comes to have its account's token, "" if it has none; the pod's word goes first.

    Mirror pods of static pods never get one.
    """
    if unit.mirror:
        return ""
    own = unit.spec.automount_service_account_token
    if own is not None:
        return "the pod asks for it" if own else ""
    account = index.accounts.get((unit.namespace, account_of(unit)))
    inherited = account.automount_service_account_token if account else None
    if inherited is False:
        return ""
    return (
        "the service account asks for it"
        if inherited
        else "neither the pod nor the service account forbids it"
    )


def search_mounted_tokens(index: Index, _given: Given) -> Search:
    """Pods into which the token of their service account is mounted."""
    granted = {subject for bound in index.bound if bound.role for subject in bound.subjects}

    def check(unit: Unit) -> tuple[str, ...]:
        name = account_of(unit)
        if not (how := mounts(index, unit)):
            return ()
        rights = "has" if ("ServiceAccount", unit.namespace, name) in granted else "has no"
        return (f"mounts the token of service account {name}: {how}; the account {rights} roles of its own",)

    findings, platform = split(judge(index.units, check))
    return Search(
        findings=ordered(findings),
        looked_at=_looked_at(index),
        undecided="" if index.cluster.service_accounts else _NO_ACCOUNTS,
        context=ordered(platform),
    )


def search_default_accounts(index: Index, _given: Given) -> Search:
    """Default service accounts that mount tokens, hold roles, or lend their token to pods."""
    findings = [*_open_defaults(index), *_bound_defaults(index)]
    used = judge(index.units, lambda unit: _default_token(index, unit))
    findings += [Finding(object=unit.object, detail=detail) for unit, detail in used]
    return Search(
        findings=ordered(findings),
        looked_at=_looked_at(index),
        undecided="" if index.cluster.service_accounts else _NO_ACCOUNTS,
        context=ordered(_tokenless(index)),
    )


def _open_defaults(index: Index) -> list[Finding]:
    found = []
    for (namespace, name), account in index.accounts.items():
        if name == "default" and account.automount_service_account_token is not False:
            state = "unset" if account.automount_service_account_token is None else "true"
            detail = f"lets pods mount its token (automountServiceAccountToken {state})"
            found.append(Finding(object=place("ServiceAccount", namespace, name), detail=detail))
    return found


def _bound_defaults(index: Index) -> list[Finding]:
    found = []
    for bound in index.bound:
        names = [text for one in bound.others if (text := _reaches_default(one))] if bound.role else []
        if names:
            detail = f"gives {', '.join(names)} {bound.role_kind} {bound.role_name} {bound.reach}"
            found.append(Finding(object=place(bound.kind, bound.namespace, bound.name), detail=detail))
    return found


def _reaches_default(subject: tuple[str, str, str]) -> str:
    kind, namespace, name = subject
    if kind == "ServiceAccount":
        return f"ServiceAccount {namespace}/default" if name == "default" else ""
    if kind == "Group" and (name == "system:serviceaccounts" or name.startswith("system:serviceaccounts:")):
        return f"Group {name}, default service accounts included,"
    return ""


def _default_token(index: Index, unit: Unit) -> tuple[str, ...]:
    if account_of(unit) != "default" or not (how := mounts(index, unit)):
        return ()
    return (f"uses service account default and mounts its token: {how}",)


def _tokenless(index: Index) -> list[Finding]:
    """Pods that nominally run as `default` but get no token hold nothing that could be used."""

    def check(unit: Unit) -> tuple[str, ...]:
        idle = account_of(unit) == "default" and not unit.mirror and not mounts(index, unit)
        return ("runs as service account default, without its token",) if idle else ()

    return [Finding(object=unit.object, detail=detail) for unit, detail in judge(index.units, check)]


def _looked_at(index: Index) -> str:
    accounts = count(len(index.cluster.service_accounts), "service account")
    bindings = count(len(index.bound), "binding")
    return f"{accounts}, {bindings}, {pods_looked_at(index)}"
