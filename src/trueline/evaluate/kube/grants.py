"""Who may do what: permissions that roles hold and bindings hand out, judged together."""

from collections.abc import Iterable
from dataclasses import dataclass

from trueline.evaluate.kube.base import Finding, Given, Index, Search, count, ordered, place
from trueline.evaluate.kube.subjects import BROAD, Bound, describe
from trueline.model.cluster import PolicyRule, Role

# Without these a grant in a RoleBinding has no effect, for the objects stand in no namespace.
_CLUSTER_SCOPED = frozenset(
    {
        "certificatesigningrequests",
        "clusterroles",
        "groups",
        "mutatingwebhookconfigurations",
        "nodes",
        "persistentvolumes",
        "signers",
        "users",
        "validatingwebhookconfigurations",
    }
)

_SHIPPED_UNBOUND = frozenset({"cluster-admin", "admin", "edit", "view"})

NO_BINDINGS = (
    "The cluster lists no cluster role bindings, of which each API server with RBAC makes some: they are "
    "hidden, or it is not RBAC that decides there who may do what."
)


@dataclass(frozen=True)
class Want:
    """A permission that is looked for: one verb on one resource, "nodes" and "proxy" apart."""

    verb: str
    group: str
    resource: str
    subresource: str = ""

    @property
    def path(self) -> str:
        """The resource as rules write it: "nodes/proxy"."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def cluster_scoped(self) -> bool:
        """Whether only a ClusterRoleBinding hands it out. Roles are bound (bind) inside namespaces too."""
        return self.resource in _CLUSTER_SCOPED and not (
            self.verb == "bind" and self.resource == "clusterroles"
        )

    @property
    def nameless(self) -> bool:
        """Whether a request carries no object name, so that a rule with resourceNames never allows it."""
        return self.verb in {"create", "deletecollection"} and not self.subresource


def wants(verbs: Iterable[str], resources: Iterable[str]) -> tuple[Want, ...]:
    """Each verb on each resource; resources as kubectl writes them: `deployments.apps`, `nodes/proxy`."""
    found = []
    for text in resources:
        full, _, subresource = text.partition("/")
        resource, _, group = full.partition(".")
        found += [Want(verb, group, resource, subresource) for verb in verbs]
    return tuple(found)


def allows(rule: PolicyRule, want: Want) -> bool:
    """Kubernetes' own matching: `*` is all, `*/sub` a subresource of all; `pods/*` matches nothing."""
    verbs, groups, resources = rule.verbs or (), rule.api_groups or (), rule.resources or ()
    if want.verb not in verbs and "*" not in verbs:
        return False
    if want.group not in groups and "*" not in groups:
        return False
    if rule.resource_names and want.nameless:
        return False
    if want.path in resources or "*" in resources:
        return True
    return bool(want.subresource) and f"*/{want.subresource}" in resources


@dataclass(frozen=True)
class Held:
    """What one role holds of the wanted: in full, and only for objects of certain names."""

    full: tuple[Want, ...] = ()
    named: tuple[tuple[Want, tuple[str, ...]], ...] = ()


def held(role: Role | None, wanted: tuple[Want, ...]) -> Held:
    """Looks through a role's rules; aggregated roles hold theirs already."""
    if not wanted:
        return Held()
    verbs = {want.verb for want in wanted} | {"*"}
    full: set[Want] = set()
    named: dict[Want, tuple[str, ...]] = {}
    for rule in (role.rules or ()) if role else ():
        if verbs.isdisjoint(rule.verbs or ()):
            continue
        for want in wanted:
            if allows(rule, want):
                if rule.resource_names:
                    named[want] = (*named.get(want, ()), *rule.resource_names)
                else:
                    full.add(want)
    return Held(
        full=tuple(want for want in wanted if want in full),
        named=tuple((want, named[want]) for want in wanted if want in named and want not in full),
    )


class _Roles:
    """Remembers what each role holds, for many bindings share one role."""

    def __init__(self, wanted: tuple[Want, ...]) -> None:
        self.wanted = wanted
        self._known: dict[tuple[str, str, str], Held] = {}

    def of(self, bound: Bound) -> Held:
        key = (bound.role_kind, bound.namespace if bound.role_kind == "Role" else "", bound.role_name)
        if key not in self._known:
            self._known[key] = held(bound.role, self.wanted)
        return _effective(self._known[key], namespaced=bool(bound.namespace))


def _effective(found: Held, *, namespaced: bool) -> Held:
    if not namespaced or not (found.full or found.named):
        return found
    return Held(
        full=tuple(want for want in found.full if not want.cluster_scoped),
        named=tuple((want, names) for want, names in found.named if not want.cluster_scoped),
    )


def search_grants(index: Index, given: Given) -> Search:
    """Subjects, other than those that Kubernetes itself needs, that have one of the permissions.

    `verbs` on `resources`. A rule with resourceNames counts, unless `named` is "context". `related` resources
    (with `related_verbs`, else the same verbs) lead to the same end by another way and are shown beside.
    """
    main = _Roles(wants(given["verbs"], given["resources"]))
    related = _Roles(wants(given.get("related_verbs") or given["verbs"], given.get("related", ())))
    named_counts = given.get("named") != ("context",)
    findings: list[tuple[Bound, Finding]] = []
    context: list[Finding] = []
    for bound in index.bound:
        if not bound.suspects:
            continue
        found = main.of(bound)
        if found.full or (found.named and named_counts):
            findings.append((bound, _finding(bound, found)))
        elif found.named:
            context.append(_finding(bound, found))
        if (beside := related.of(bound)).full:
            context.append(_finding(bound, Held(full=beside.full)))
    return Search(
        findings=worst_first(findings),
        looked_at=looked_at(index),
        undecided="" if index.cluster.cluster_role_bindings else NO_BINDINGS,
        context=(*ordered(context), *_unbound(index, main.wanted)),
    )


def worst_first(found: list[tuple[Bound, Finding]]) -> tuple[Finding, ...]:
    """Bindings that reach callers whom nobody picked stand first, for a report shows only so many."""
    broad = [finding for bound, finding in found if any(one in BROAD for one in bound.suspects)]
    first = ordered(broad)
    return (*first, *(one for one in ordered(finding for _, finding in found) if one not in first))


def _finding(bound: Bound, found: Held) -> Finding:
    parts = [_phrase(found.full)] if found.full else []
    parts += [f"{_phrase((want,))} (only {', '.join(sorted(set(names)))})" for want, names in found.named]
    return Finding(
        object=place(bound.kind, bound.namespace, bound.name),
        detail=f"{describe(bound.suspects)} may {' and '.join(parts)} {bound.reach} "
        f"({bound.role_kind} {bound.role_name})",
    )


def _phrase(found: tuple[Want, ...]) -> str:
    """ "get, list secrets and create pods"."""
    by_verbs: dict[str, list[str]] = {}
    for want in found:
        by_verbs.setdefault(want.path, []).append(want.verb)
    by_paths: dict[str, list[str]] = {}
    for path, verbs in by_verbs.items():
        by_paths.setdefault(", ".join(verbs), []).append(path)
    return " and ".join(f"{verbs} {', '.join(paths)}" for verbs, paths in by_paths.items())


def _unbound(index: Index, wanted: tuple[Want, ...]) -> tuple[Finding, ...]:
    """Roles that would hand it out but that nobody is bound to; those that Kubernetes ships left out."""
    used = {
        (one.role_kind, one.namespace if one.role_kind == "Role" else "", one.role_name)
        for one in index.bound
        if one.subjects
    }
    found = []
    for role in (*index.cluster.cluster_roles, *index.cluster.roles):
        namespace, name = role.metadata.namespace, role.metadata.name
        kind = "Role" if namespace else "ClusterRole"
        if (kind, namespace, name) in used or name in _SHIPPED_UNBOUND or name.startswith("system:"):
            continue
        holds = _effective(held(role, wanted), namespaced=bool(namespace))
        if holds.full:
            detail = f"would let its subjects {_phrase(holds.full)}, but nobody is bound to it"
            found.append(Finding(object=place(kind, namespace, name), detail=detail))
    return ordered(found)


def looked_at(index: Index) -> str:
    """What RBAC searches go through, with counts."""
    cluster = index.cluster
    return ", ".join(
        (
            count(len(cluster.cluster_role_bindings), "cluster role binding"),
            count(len(cluster.role_bindings), "role binding"),
            count(len(cluster.cluster_roles), "cluster role"),
            count(len(cluster.roles), "role"),
        )
    )
