"""Searches that judge pods and workload templates themselves, not what admission would let in."""

from trueline.evaluate.kube.base import (
    PLATFORM_NAMESPACES,
    Finding,
    Given,
    Index,
    Search,
    count,
    ordered,
)
from trueline.evaluate.kube.controls import (
    CONTROLS,
    assigned_capabilities,
    privilege_escalation,
    run_as_root,
    seccomp,
    writable_root,
)
from trueline.evaluate.kube.units import Unit, containers, judge
from trueline.model.cluster import Container, PodSpec

NO_NAMESPACES = "The cluster lists no namespaces at all, which no running cluster does."


def pods_looked_at(index: Index) -> str:
    """What searches of pods go through, with counts."""
    cluster = index.cluster
    return ", ".join(
        (
            count(len(cluster.namespaces), "namespace"),
            count(len(cluster.pods), "pod"),
            count(len(cluster.workloads), "workload"),
        )
    )


def split(judged: list[tuple[Unit, str]]) -> tuple[list[Finding], list[Finding]]:
    """Findings in namespaces of users, and those in the platform's own."""
    findings: list[Finding] = []
    platform: list[Finding] = []
    for unit, detail in judged:
        listed = platform if unit.namespace in PLATFORM_NAMESPACES else findings
        listed.append(Finding(object=unit.object, detail=detail))
    return findings, platform


def _of_pods(index: Index, findings: list[Finding], context: list[Finding], undecided: str = "") -> Search:
    return Search(
        findings=ordered(findings),
        looked_at=pods_looked_at(index),
        undecided=undecided or ("" if index.cluster.namespaces else NO_NAMESPACES),
        context=ordered(context),
    )


def search_running(index: Index, given: Given) -> Search:
    """Workloads that do what `control` names; those of the platform's own namespaces are context."""
    check = CONTROLS[given["control"][0]].check
    findings, platform = split(judge(index.units, lambda unit: check(unit.spec)))
    if given["control"][0] == "seccomp" and index.version and index.version < (1, 19):
        reason = "Before Kubernetes 1.19 seccomp profiles stand in annotations, which are not read."
        return _of_pods(index, [], findings + platform, reason)
    return _of_pods(index, findings, platform)


def search_security_contexts(index: Index, _given: Given) -> Search:
    """Evidence for a person: what the security contexts of workloads leave open."""
    findings, platform = split(judge(index.units, lambda unit: _left_open(unit.spec)))
    return _of_pods(index, [], findings + platform)


def _left_open(spec: PodSpec) -> tuple[str, ...]:
    checks = (run_as_root, privilege_escalation, assigned_capabilities, seccomp, writable_root)
    return tuple(text for check in checks for text in check(spec))


def search_secret_variables(index: Index, _given: Given) -> Search:
    """Containers that receive Secrets as environment variables, in any namespace."""
    judged = judge(index.units, lambda unit: _secret_variables(unit.spec))
    return _of_pods(index, [Finding(object=unit.object, detail=detail) for unit, detail in judged], [])


def _secret_variables(spec: PodSpec) -> tuple[str, ...]:
    return tuple(text for container in containers(spec) for text in _variables(container))


def _variables(container: Container) -> list[str]:
    single = [
        f"container {container.name}: variable {variable.name} from Secret {ref.name}"
        for variable in container.env or ()
        if variable.value_from and (ref := variable.value_from.secret_key_ref)
    ]
    whole = [
        f"container {container.name}: all keys of Secret {source.secret_ref.name}"
        for source in container.env_from or ()
        if source.secret_ref
    ]
    return single + whole


def search_images(index: Index, given: Given) -> Search:
    """Evidence for a person: workloads whose image names hold one of `words`."""
    words = tuple(word.lower() for word in given["words"])

    def check(unit: Unit) -> tuple[str, ...]:
        images = sorted({one.image for one in containers(unit.spec)})
        return tuple(f"image {image}" for image in images if any(word in image.lower() for word in words))

    judged = judge(index.units, check)
    return _of_pods(index, [], [Finding(object=unit.object, detail=detail) for unit, detail in judged])
