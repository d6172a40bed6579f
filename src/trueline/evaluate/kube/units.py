"""Pods and workload templates in one form, so that a rule judges them alike and names the controller."""

from collections.abc import Callable, Iterable

import msgspec

from trueline.model.cluster import ClusterFacts, Container, Pod, PodSpec, Workload

_MIRROR = "kubernetes.io/config.mirror"
_COMPARED = 4  # pods are compared with the last few other kinds of their owner, however many there are

Check = Callable[[PodSpec], tuple[str, ...]]


class Unit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A template of a workload, or a pod, which may stand for `pods` alike of one owner.

    `owner` is what a pod says controls it; it is never trusted.
    """

    kind: str
    namespace: str
    name: str
    spec: PodSpec
    owner: tuple[str, str] | None = None
    mirror: bool = False
    pods: int = 0

    @property
    def object(self) -> str:
        """ "Deployment legacy/web"."""
        return f"{self.kind} {self.namespace}/{self.name}"


def units_of(cluster: ClusterFacts) -> tuple[Unit, ...]:
    """Templates first, then pods."""
    return (*map(_template, cluster.workloads), *_pods(cluster.pods))


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


def _pods(pods: Iterable[Pod]) -> list[Unit]:
    """Pods; those of one owner with the same specification become one unit, as thousands of replicas do."""
    found: list[Unit] = []
    seen: dict[tuple[str, tuple[str, str]], list[int]] = {}
    for pod in sorted(pods, key=lambda one: (one.metadata.namespace, one.metadata.name)):
        unit = _pod(pod)
        if unit.owner is not None and not unit.mirror:
            alike = seen.setdefault((unit.namespace, unit.owner), [])
            same = next((at for at in alike[-_COMPARED:] if found[at].spec == unit.spec), None)
            if same is not None:
                found[same] = msgspec.structs.replace(found[same], pods=found[same].pods + 1)
                continue
            alike.append(len(found))
        found.append(unit)
    return found


def _pod(pod: Pod) -> Unit:
    owner = next((one for one in pod.metadata.owner_references or () if one.controller), None)
    static = owner is not None and owner.kind == "Node" and not pod.spec.service_account_name
    volumes = tuple(volume for volume in pod.spec.volumes or () if volume.host_path or volume.secret)
    return Unit(
        kind="Pod",
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        # Replicas differ in these alone: the node, and the random name of the volume with their token.
        spec=msgspec.structs.replace(pod.spec, node_name="", volumes=volumes),
        owner=(owner.kind, owner.name) if owner else None,
        mirror=static or _MIRROR in (pod.metadata.annotations or {}),
        pods=1,
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
    for (kind, name, namespace, details), units_alike in alike.items():
        if not _covered(kind, namespace, name, details, templates):
            found.append(_first_of(units_alike, f"{kind} {name}", details))
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


def _first_of(alike: list[Unit], owner: str, details: tuple[str, ...]) -> tuple[Unit, str]:
    first, pods = min(alike, key=lambda unit: unit.name), sum(unit.pods for unit in alike)
    more = f" (and {pods - 1} more pods of {owner})" if pods > 1 else ""
    return first, "; ".join(details) + more
