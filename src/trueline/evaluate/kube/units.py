"""Pods and workload templates in one form, so that a rule judges them alike and names the controller."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trueline.model.cluster import ClusterFacts, Container, Pod, PodSpec, Workload

_MIRROR = "kubernetes.io/config.mirror"

Check = Callable[[PodSpec], tuple[str, ...]]


@dataclass(frozen=True)
class Unit:
    """A pod or the template of a workload. `owner` is what a pod says controls it; it is never trusted."""

    kind: str
    namespace: str
    name: str
    spec: PodSpec
    owner: tuple[str, str] | None = None
    mirror: bool = False

    @property
    def object(self) -> str:
        """ "Deployment legacy/web"."""
        return f"{self.kind} {self.namespace}/{self.name}"


def units_of(cluster: ClusterFacts) -> tuple[Unit, ...]:
    """Templates first, then pods."""
    return (*map(_template, cluster.workloads), *map(_pod, cluster.pods))


def _template(workload: Workload) -> Unit:
    template = workload.spec.template
    if template is None and workload.spec.job_template is not None:
        template = workload.spec.job_template.spec.template
    return Unit(
        kind=workload.kind or "Workload",
        namespace=workload.metadata.namespace,
        name=workload.metadata.name,
        spec=template.spec if template else PodSpec(),
    )


def _pod(pod: Pod) -> Unit:
    owner = next((one for one in pod.metadata.owner_references or () if one.controller), None)
    static = owner is not None and owner.kind == "Node" and not pod.spec.service_account_name
    return Unit(
        kind="Pod",
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        spec=pod.spec,
        owner=(owner.kind, owner.name) if owner else None,
        mirror=static or _MIRROR in (pod.metadata.annotations or {}),
    )


def containers(spec: PodSpec) -> tuple[Container, ...]:
    """All containers of a pod: ordinary, init and ephemeral ones."""
    return (*(spec.containers or ()), *(spec.init_containers or ()), *(spec.ephemeral_containers or ()))


def judge(units: Iterable[Unit], check: Callable[[Unit], tuple[str, ...]]) -> list[tuple[Unit, str]]:
    """Units with what is wrong with them, each controller once.

    A pod is left out only where the workload that it names as its owner is wrong in all the same ways; pods
    alike of a controller that isn't listed stand together under the first one's name.
    """
    templates: dict[tuple[str, str, str], tuple[str, ...]] = {}
    alike: dict[tuple[str, str, str, tuple[str, ...]], list[Unit]] = {}
    found: list[tuple[Unit, str]] = []
    for unit in units:
        details = check(unit)
        if unit.kind != "Pod":
            templates[unit.kind, unit.namespace, unit.name] = details
        if not details:
            continue
        if unit.kind != "Pod" or unit.owner is None or unit.mirror:
            found.append((unit, "; ".join(details)))
        else:
            alike.setdefault((*unit.owner, unit.namespace, details), []).append(unit)
    for (kind, name, namespace, details), pods in alike.items():
        if not _covered(kind, namespace, name, details, templates):
            found.append(_first_of(pods, f"{kind} {name}", details))
    return found


def _covered(
    kind: str,
    namespace: str,
    name: str,
    details: tuple[str, ...],
    templates: dict[tuple[str, str, str], tuple[str, ...]],
) -> bool:
    """A ReplicaSet or Job that isn't listed belongs to the Deployment or CronJob of its name's start."""
    above = {"ReplicaSet": "Deployment", "Job": "CronJob"}.get(kind, "")
    known = templates.get((kind, namespace, name)) or templates.get(
        (above, namespace, name.rpartition("-")[0])
    )
    return known is not None and set(details) <= set(known)


def _first_of(pods: list[Unit], owner: str, details: tuple[str, ...]) -> tuple[Unit, str]:
    first = min(pods, key=lambda unit: unit.name)
    more = f" (and {len(pods) - 1} more pods of {owner})" if len(pods) > 1 else ""
    return first, "; ".join(details) + more
