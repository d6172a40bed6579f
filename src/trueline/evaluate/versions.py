"""Which Kubernetes version runs, which benchmark fits it, and why."""

import re
from collections.abc import Iterable

from trueline.errors import UsageError
from trueline.model.benchmark import Edition
from trueline.model.cloud import CloudKind
from trueline.model.facts import Document, NodeFacts, Snapshot

GENERIC = "kubeadm"  # the platform whose benchmarks hold for a cluster of no known kind

_MINOR = re.compile(r"v?(\d{1,9})\.(\d{1,9})\+?(?:[.\-+].*)?", re.ASCII)
_IMAGE = re.compile(
    r"[^@]*?/?(?:kube-apiserver|kube-controller-manager|kube-scheduler|kube-proxy|hyperkube|hardened-kubernetes)"
    r"(?:-(?:amd64|arm64|s390x|ppc64le))?:v?(\d+\.\d+[^@]*)(?:@.*)?"
)

_CLOUD_VERSIONS: dict[CloudKind, tuple[tuple[str, ...], ...]] = {
    "eks-cluster": (("cluster", "version"),),
    "gke-cluster": (("currentMasterVersion",),),
    "aks-cluster": (("currentKubernetesVersion",), ("kubernetesVersion",)),
    "ack-cluster": (("current_version",),),
}


def minor(version: str | None) -> str | None:
    """ "1.36" of "v1.36.2" or "1.36+"; None where the text is no version."""
    match = _MINOR.fullmatch(version.strip()) if version else None
    return f"{match[1]}.{match[2]}" if match else None


def kubernetes_version(snapshot: Snapshot) -> tuple[str | None, str]:
    """The version that runs and where it was seen; (None, why not) where nothing shows it.

    The API server's own answer goes first, then image tags of static pods, kubelet versions, and what a
    cloud's API said.
    """
    if snapshot.cluster and snapshot.cluster.version:
        return snapshot.cluster.version, "the API server's answer"
    if snapshot.node and (found := _from_manifests(snapshot.node)):
        return found
    if snapshot.cluster:
        for node in snapshot.cluster.nodes:
            if node.status.node_info.kubelet_version:
                return node.status.node_info.kubelet_version, f"the kubelet of node {node.metadata.name}"
    if found := _from_clouds(snapshot):
        return found
    return None, "neither an API server nor an image tag in a static pod manifest tells it"


def _from_clouds(snapshot: Snapshot) -> tuple[str, str] | None:
    for dump in snapshot.cloud:
        for path in _CLOUD_VERSIONS[dump.kind]:
            value = dump.data
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str) and minor(value):
                return value, f"the cloud's answer in {dump.source}"
    return None


def _from_manifests(node: NodeFacts) -> tuple[str, str] | None:
    for path in sorted(node.documents, key=lambda path: ("apiserver" not in path, path)):
        document = node.documents[path]
        if not isinstance(document, Document) or document.kind != "Pod":
            continue
        for container in (document.data.get("spec") or {}).get("containers") or []:
            match = _IMAGE.fullmatch(str(container.get("image", "")))
            if match and minor(match[1]):
                return f"v{match[1]}", f"the image tag in {path}"
    return None


def choose_benchmark(
    version: str | None, source: str, editions: Iterable[Edition], platform: str = GENERIC
) -> tuple[Edition, str, str]:
    """The benchmark for a version on a platform: (benchmark, why this one, warning or "").

    Only benchmarks of the platform are candidates; for one that has none, the generic ones. The oldest that
    names the version is taken, as other tools do where two overlap; for a version that none names the newest
    one below it, and without a version the newest of all. One that names no version fits all of them.
    """
    known = list(editions)
    ordered = _candidates(known, platform) or _candidates(known, GENERIC)
    wanted = minor(version)
    if not ordered[-1].kubernetes:
        return ordered[-1], f"it is the one for {platform}", ""
    if wanted is None:
        newest = ordered[-1]
        warning = (
            f"The Kubernetes version is not known ({source}): {newest.id}, the newest benchmark, was taken. "
            "Name the right one with --benchmark."
        )
        return newest, "the Kubernetes version is not known", warning
    for entry in ordered:
        if wanted in entry.kubernetes:
            return entry, f"it is written for Kubernetes {wanted} ({source})", ""
    return _nearest(wanted, source, ordered)


def _candidates(editions: Iterable[Edition], platform: str) -> list[Edition]:
    """Those of a platform that name versions, the oldest first; where none names any, all of them."""
    fitting = [entry for entry in editions if platform in entry.platforms]
    dated = [entry for entry in fitting if entry.kubernetes]
    return sorted(dated, key=lambda one: key(one.kubernetes[-1])) or fitting


def _nearest(wanted: str, source: str, ordered: list[Edition]) -> tuple[Edition, str, str]:
    below = [entry for entry in ordered if key(entry.kubernetes[-1]) < key(wanted)] or ordered[:1]
    nearest = below[-1]
    newer = "newer" if key(wanted) > key(nearest.kubernetes[-1]) else "older"
    warning = (
        f"No benchmark names Kubernetes {wanted} ({source}): it is {newer} than "
        f"{nearest.kubernetes[-1]}, the last that {nearest.id} covers, which was taken as the nearest."
    )
    return nearest, f"no benchmark names Kubernetes {wanted} ({source}); this is the nearest", warning


def choose_kubernetes_auto(
    version: str | None, source: str, editions: Iterable[Edition]
) -> tuple[Edition, str, str]:
    """What `cis-kubernetes-auto` has always meant elsewhere: 1.5 for Kubernetes 1.15, 1.6 from 1.16 on.

    Returns as `choose_benchmark` does. Raises UsageError for a version below 1.15, or one that is not known.
    """
    wanted = minor(version)
    if wanted is None or key(wanted) < (1, 15):
        raise UsageError(
            f"cis-kubernetes-auto needs Kubernetes 1.15 or newer; this is {wanted or 'not known'} ({source})",
            hint="--benchmark auto knows more versions; `trueline benchmarks list` names all benchmarks.",
        )
    name = "cis-1.5" if wanted == "1.15" else "cis-1.6"
    found = next(entry for entry in editions if entry.id == name)
    warning = (
        "" if wanted in found.kubernetes else f"{mismatch(found, version, GENERIC)} Use --benchmark auto."
    )
    return found, f"cis-kubernetes-auto stands for it on Kubernetes {wanted} ({source})", warning


def mismatch(edition: Edition, version: str | None, platform: str) -> str:
    """What a reader must know of a benchmark that was named but is not written for this cluster."""
    wanted = minor(version)
    if edition.platforms and GENERIC not in edition.platforms and platform not in edition.platforms:
        return (
            f"{edition.id} is written for {' and '.join(edition.platforms)}; this was taken for {platform}."
        )
    if wanted is None or not edition.kubernetes or wanted in edition.kubernetes:
        return ""
    first, last = edition.kubernetes[0], edition.kubernetes[-1]
    span = first if first == last else f"{first} to {last}"
    return f"{edition.id} is written for Kubernetes {span}, and this is {wanted}: some of it may not fit."


def key(version: str) -> tuple[int, ...]:
    """Sorts 1.9 before 1.10."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())
