"""Searches about namespaces: network policies, the default one, and what there is to separate."""

from trueline.evaluate.kube.base import (
    PLATFORM_NAMESPACES,
    Finding,
    Given,
    Index,
    Search,
    count,
    ordered,
    place,
)
from trueline.evaluate.kube.pods import NO_NAMESPACES, pods_looked_at
from trueline.evaluate.kube.units import judge


def search_without_network_policy(index: Index, _given: Given) -> Search:
    """Namespaces without any NetworkPolicy; the platform's own ones in which nothing runs are context."""
    covered = {policy.metadata.namespace for policy in index.cluster.network_policies}
    findings: list[Finding] = []
    context: list[Finding] = []
    for name in set(index.namespaces) - covered:
        detail = f"no NetworkPolicy; {_content(index, name)}"
        empty_platform = name in PLATFORM_NAMESPACES and name not in index.units_by_namespace
        (context if empty_platform else findings).append(
            Finding(object=place("Namespace", "", name), detail=detail)
        )
    return Search(
        findings=ordered(findings),
        looked_at=f"{count(len(index.namespaces), 'namespace')}, "
        f"{count(len(index.cluster.network_policies), 'network policy')}",
        undecided="" if index.namespaces else NO_NAMESPACES,
        context=ordered(context),
    )


def search_objects_in(index: Index, given: Given) -> Search:
    """Pods, workloads and services in one namespace, but for the API server's own service `kubernetes`."""
    namespace = given["namespace"][0]
    units = index.units_by_namespace.get(namespace, [])
    findings = [Finding(object=unit.object, detail=detail) for unit, detail in judge(units, _runs)]
    for service in index.cluster.services:
        if service.metadata.namespace == namespace and service.metadata.name != "kubernetes":
            thing = place("Service", namespace, service.metadata.name)
            findings.append(Finding(object=thing, detail=f"lives in namespace {namespace}"))
    return Search(
        findings=ordered(findings),
        looked_at=f"{pods_looked_at(index)}, {count(len(index.cluster.services), 'service')}",
        undecided="" if index.namespaces else NO_NAMESPACES,
    )


def _runs(_unit: object) -> tuple[str, ...]:
    return ("runs there",)


def search_namespaces(index: Index, _given: Given) -> Search:
    """Evidence for a person: the namespaces and how much runs in each."""
    found = [
        Finding(object=place("Namespace", "", name), detail=_content(index, name))
        for name in index.namespaces
    ]
    return Search(looked_at=pods_looked_at(index), context=ordered(found))


def _content(index: Index, namespace: str) -> str:
    units = index.units_by_namespace.get(namespace, [])
    workloads = sum(unit.kind != "Pod" for unit in units)
    return f"{count(sum(unit.pods for unit in units), 'pod')} and {count(workloads, 'workload')} in it"
