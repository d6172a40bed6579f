"""Searches for what roles and bindings should not say: cluster-admin, wildcards, groups of everyone."""

from trueline.evaluate.kube.base import Finding, Given, Index, Search, ordered, place, some
from trueline.evaluate.kube.grants import NO_BINDINGS, looked_at, worst_first
from trueline.evaluate.kube.subjects import MASTERS, Bound, Identity, describe
from trueline.model.cluster import PolicyRule, Role
from trueline.model.facts import FileMeta

_ADMIN = "cluster-admin"


def search_cluster_admin(index: Index, _given: Given) -> Search:
    """Bindings of cluster-admin, or cluster-wide of a role that allows just as much under another name."""
    findings: list[tuple[Bound, Finding]] = []
    context: list[Finding] = []
    for bound in index.bound:
        same = _is_admin(bound)
        if not same:
            continue
        thing = place(bound.kind, bound.namespace, bound.name)
        if bound.suspects:
            detail = f"{describe(bound.suspects)} may do everything {bound.reach} ({same})"
            findings.append((bound, Finding(object=thing, detail=detail)))
        elif bound.subjects:
            detail = f"{describe(bound.subjects)}, as Kubernetes or kubeadm sets it up"
            context.append(Finding(object=thing, detail=detail))
    return _rbac(index, worst_first(findings), context)


def _is_admin(bound: Bound) -> str:
    if bound.role_kind == "ClusterRole" and bound.role_name == _ADMIN:
        return "ClusterRole cluster-admin"
    if bound.namespace or bound.role is None or not any(map(_everything, bound.role.rules or ())):
        return ""
    return f"ClusterRole {bound.role_name}, which allows as much as cluster-admin"


def _everything(rule: PolicyRule) -> bool:
    parts = (rule.verbs, rule.api_groups, rule.resources)
    return all("*" in (part or ()) for part in parts) and not rule.resource_names


def search_wildcards(index: Index, _given: Given) -> Search:
    """Roles with `*` among verbs, groups, resources or URLs that somebody is bound to."""
    holders: dict[str, tuple[Role, list[Bound]]] = {}
    for bound in index.bound:
        if bound.role is not None and bound.suspects:
            thing = place(bound.role_kind, bound.role.metadata.namespace, bound.role_name)
            holders.setdefault(thing, (bound.role, []))[1].append(bound)
    findings = [
        Finding(object=thing, detail=f"{'; '.join(stars)}; held by {_holders(bindings)}")
        for thing, (role, bindings) in holders.items()
        if (stars := wildcards(role))
    ]
    context = []
    excused = {
        (one.role_kind, one.namespace * (one.role_kind == "Role"), one.role_name) for one in index.bound
    }
    for role in (*index.cluster.cluster_roles, *index.cluster.roles):
        namespace, name = role.metadata.namespace, role.metadata.name
        kind = "Role" if namespace else "ClusterRole"
        if (kind, namespace, name) not in excused and name != _ADMIN and (stars := wildcards(role)):
            detail = f"{'; '.join(stars)}; nobody is bound to it"
            context.append(Finding(object=place(kind, namespace, name), detail=detail))
    return _rbac(index, ordered(findings), context)


def _holders(bindings: list[Bound]) -> str:
    subjects: set[Identity] = {subject for bound in bindings for subject in bound.suspects}
    names = some((place(one.kind, one.namespace, one.name) for one in bindings), limit=3)
    return f"{describe(subjects)} ({names})"


def wildcards(role: Role) -> list[str]:
    """What a role's rules leave open, one text per rule."""
    return [text for rule in role.rules or () if (text := _stars(rule))]


def _stars(rule: PolicyRule) -> str:
    resources = [one for one in rule.resources or () if one == "*" or one.startswith("*/")]
    urls = [one for one in rule.non_resource_urls or () if one in {"*", "/*"}]
    found = []
    if "*" in (rule.verbs or ()):
        found.append("every verb")
    if "*" in (rule.api_groups or ()):
        found.append("every API group")
    if resources:
        found.append("every resource" if "*" in resources else f"resources {', '.join(sorted(resources))}")
    if urls:
        found.append("every URL")
    if not found:
        return ""
    where = ", ".join(rule.resources or rule.non_resource_urls or ())
    return f"{', '.join(found)} (rule for {where or 'nothing'})"


def search_bindings_of(index: Index, given: Given) -> Search:
    """Bindings of the groups or users in `subjects` beside those that Kubernetes and kubeadm bring along."""
    wanted = set(given["subjects"])
    findings, context = [], []
    for bound in index.bound:
        named = [one for one in bound.subjects if one[0] != "ServiceAccount" and one[2] in wanted]
        if not named:
            continue
        thing = place(bound.kind, bound.namespace, bound.name)
        hands = f"{bound.role_kind} {bound.role_name} {bound.reach}"
        if extra := [one for one in named if one not in bound.expected]:
            findings.append(Finding(object=thing, detail=f"gives {describe(extra)} {hands}"))
        else:
            detail = f"gives {describe(named)} {hands}, as Kubernetes or kubeadm sets it up"
            context.append(Finding(object=thing, detail=detail))
    return _rbac(index, ordered(findings), context)


def search_masters_credentials(index: Index, _given: Given) -> Search:
    """Evidence for a person: bindings of system:masters, and certificates on the node that name it."""
    bindings = search_bindings_of(index, {"subjects": (MASTERS[2],)})
    files = index.node.files if index.node else {}
    certificates = [
        Finding(object=path, detail=f"certificate of {fact.certificate.subject}")
        for path, fact in files.items()
        if isinstance(fact, FileMeta) and fact.certificate and MASTERS[2] in fact.certificate.subject
    ]
    return Search(
        looked_at=f"{bindings.looked_at}, {len(files)} files of the node",
        context=(*bindings.findings, *ordered(certificates), *bindings.context),
    )


def _rbac(index: Index, findings: tuple[Finding, ...], context: list[Finding]) -> Search:
    return Search(
        findings=findings,
        looked_at=looked_at(index),
        undecided="" if index.cluster.cluster_role_bindings else NO_BINDINGS,
        context=ordered(context),
    )
