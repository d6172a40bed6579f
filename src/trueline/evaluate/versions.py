"""Which Kubernetes version runs, which benchmark fits it, and why."""

import re
from collections.abc import Iterable

from trueline.model.benchmark import Benchmark
from trueline.model.facts import Document, NodeFacts, Snapshot

_MINOR = re.compile(r"v?(\d+)\.(\d+)\+?(?:[.\-+].*)?")
_IMAGE = re.compile(
    r"[^@]*?/?(?:kube-apiserver|kube-controller-manager|kube-scheduler|kube-proxy|hyperkube)"
    r"(?:-(?:amd64|arm64|s390x|ppc64le))?:v?(\d+\.\d+[^@]*)(?:@.*)?"
)


def minor(version: str | None) -> str | None:
    """ "1.36" of "v1.36.2" or "1.36+"; None where the text is no version."""
    match = _MINOR.fullmatch(version.strip()) if version else None
    return f"{match[1]}.{match[2]}" if match else None


def kubernetes_version(snapshot: Snapshot) -> tuple[str | None, str]:
    """The version that runs and where it was seen; (None, why not) where nothing shows it.

    The API server's own answer goes first, then image tags of static pods, then kubelet versions.
    """
    if snapshot.cluster and snapshot.cluster.version:
        return snapshot.cluster.version, "the API server's answer"
    if snapshot.node and (found := _from_manifests(snapshot.node)):
        return found
    if snapshot.cluster:
        for node in snapshot.cluster.nodes:
            if node.status.node_info.kubelet_version:
                return node.status.node_info.kubelet_version, f"the kubelet of node {node.metadata.name}"
    return None, "neither an API server nor an image tag in a static pod manifest tells it"


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
    version: str | None, source: str, benchmarks: Iterable[Benchmark]
) -> tuple[Benchmark, str, str]:
    """The benchmark for a version: (benchmark, why this one, warning or "").

    The oldest benchmark that names the version is taken, as other tools do where two overlap; for a version
    that none names the newest one below it, and without a version the newest of all.
    """
    ordered = sorted(
        (entry for entry in benchmarks if entry.kubernetes), key=lambda one: key(one.kubernetes[-1])
    )
    wanted = minor(version)
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
    below = [entry for entry in ordered if key(entry.kubernetes[-1]) < key(wanted)] or ordered[:1]
    nearest = below[-1]
    newer = "newer" if key(wanted) > key(nearest.kubernetes[-1]) else "older"
    warning = (
        f"No benchmark names Kubernetes {wanted} ({source}): it is {newer} than "
        f"{nearest.kubernetes[-1]}, the last that {nearest.id} covers, which was taken as the nearest."
    )
    return nearest, f"no benchmark names Kubernetes {wanted} ({source}); this is the nearest", warning


def key(version: str) -> tuple[int, ...]:
    """Sorts 1.9 before 1.10."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())
