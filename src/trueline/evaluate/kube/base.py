"""What a search among API objects returns, and the indexed facts that it reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from trueline.evaluate.kube.subjects import Bound, resolve
from trueline.evaluate.kube.units import Unit, units_of
from trueline.evaluate.versions import minor
from trueline.model.base import Model
from trueline.model.cluster import ClusterFacts, Namespace, ResourceName, ServiceAccount
from trueline.model.facts import NodeFacts

Given: TypeAlias = dict[str, tuple[str, ...]]

PLATFORM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})


class Finding(Model, frozen=True, kw_only=True):
    """One object and what is to be said of it: "Pod legacy/web", "container c is privileged"."""

    object: str
    detail: str


class Search(Model, frozen=True, kw_only=True):
    """What a search saw.

    `findings` break the rule. `looked_at` counts what was searched. `undecided` says why the facts can't show
    that all is well although nothing was found. `context` is worth seeing and decides nothing.
    """

    findings: tuple[Finding, ...] = ()
    looked_at: str = ""
    undecided: str = ""
    context: tuple[Finding, ...] = ()


class Index:
    """The facts of one cluster with the joins that searches share, each made once and only when needed.

    `version` is a Kubernetes version ("1.34" or "v1.34.2"); the cluster's own is taken where it is None.
    """

    def __init__(
        self, cluster: ClusterFacts, *, node: NodeFacts | None = None, version: str | None = None
    ) -> None:
        self.cluster = cluster
        self.node = node
        found = minor(version) or minor(cluster.version)
        self.version: tuple[int, ...] | None = tuple(map(int, found.split("."))) if found else None

    @cached_property
    def bound(self) -> tuple[Bound, ...]:
        """Every binding with the role that it hands out."""
        return resolve(self.cluster)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Every workload template and every pod."""
        return units_of(self.cluster)

    @cached_property
    def units_by_namespace(self) -> dict[str, list[Unit]]:
        """Units by the namespace that they are in."""
        found: dict[str, list[Unit]] = {}
        for unit in self.units:
            found.setdefault(unit.namespace, []).append(unit)
        return found

    @cached_property
    def accounts(self) -> dict[tuple[str, str], ServiceAccount]:
        """Service accounts by namespace and name."""
        return {(one.metadata.namespace, one.metadata.name): one for one in self.cluster.service_accounts}

    @cached_property
    def namespaces(self) -> dict[str, Namespace]:
        """Namespaces by name."""
        return {one.metadata.name: one for one in self.cluster.namespaces}


@dataclass(frozen=True)
class FindSpec:
    """One entry of the registry: how a search is called and which lists it reads.

    `required` and `optional` are the names of its arguments; `choices` limits the values of some.
    """

    name: str
    run: Callable[[Index, Given], Search]
    needs: tuple[ResourceName, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    choices: tuple[tuple[str, frozenset[str]], ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """All argument names."""
        return self.required + self.optional

    def check(self, given: Given) -> None:
        """Raises ValueError when an argument is missing, unknown or empty, or its value impossible."""
        if unknown := set(given) - set(self.arguments):
            raise ValueError(f"{self.name} takes no {', '.join(sorted(unknown))}")
        if missing := [name for name in self.required if not given.get(name)]:
            raise ValueError(f"{self.name} needs {', '.join(missing)}")
        for name, allowed in self.choices:
            if wrong := sorted(set(given.get(name, ())) - allowed):
                raise ValueError(f"{self.name}: {name} can't be {', '.join(wrong)}")


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, sorted, so that the order of objects in a list never shows."""
    return tuple(sorted(set(findings), key=lambda one: (one.object, one.detail)))


def place(kind: str, namespace: str, name: str) -> str:
    """ "Pod legacy/web", "ClusterRole view"."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def count(number: int, noun: str) -> str:
    """ "1 pod", "3 pods", "2 network policies"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def some(names: Iterable[str], limit: int = 5) -> str:
    """The first few names, sorted, and how many more there are."""
    listed = sorted(set(names))
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
