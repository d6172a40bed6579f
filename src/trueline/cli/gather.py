"""Turns the options of scan and collect into a snapshot: recorded, or read from this machine and cluster."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import msgspec

from trueline.assess import TOOL
from trueline.cli.progress import Progress
from trueline.collect.access import Root
from trueline.collect.cloud import read_dumps
from trueline.collect.kubeconfig import SERVICE_ACCOUNT, default_kubeconfig_hint
from trueline.collect.mode import where
from trueline.collect.node import collect_node
from trueline.collect.snapshot import read_snapshot
from trueline.content.load import load_bundles, load_components, load_editions, load_places
from trueline.errors import UsageError
from trueline.evaluate.systems import choose_linux_benchmark
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import SNAPSHOT_SCHEMA, Absent, NodeFacts, Snapshot
from trueline.model.linux import LinuxFacts

EXAMPLE = "kubeadm-1.36-control-plane.json.gz"
EXAMPLE_NOTE = (
    "No Kubernetes component runs on this machine. This is the report of the recorded example: a "
    "control-plane node of Kubernetes 1.36 made by kubeadm, with its cluster."
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where to read: the node's root, and which cluster, if any; `node_name` replaces the host name.
    `cloud_dumps` are files with what a cloud's API said of the cluster.

    The operating system is read where `linux` says so, or with `known_linux` where a benchmark is for it.
    `walk` says whether all its files are looked at, None that the command decides; `walk_files` and
    `walk_seconds` end that early.
    """

    root: str = "/"
    kubeconfig: str | None = None
    context: str | None = None
    in_cluster: bool = False
    no_cluster: bool = False
    linux: bool = False
    known_linux: bool = False
    walk: bool | None = None
    walk_files: int | None = None
    walk_seconds: float | None = None
    node_name: str = ""
    cloud_dumps: tuple[str, ...] = ()


def collect_snapshot(place: Place, progress: Progress) -> tuple[Snapshot, tuple[str, ...]]:
    """Reads the node, and the cluster where one is named; second come hints for the person who asked."""
    if not Path(place.root).is_dir():
        raise UsageError(
            f"{place.root} is not a directory", hint="--root names the directory that holds etc, proc, var."
        )
    if sum([bool(place.kubeconfig), place.in_cluster, place.no_cluster]) > 1:
        raise UsageError(
            "--kubeconfig, --in-cluster and --no-cluster exclude each other", hint="Name at most one of them."
        )
    cloud = read_dumps(place.cloud_dumps)  # before any work: a wrong file is quick
    started = _now()
    progress.step("reading the node")
    node = collect_node(Root(place.root), load_components().values(), load_places(), load_bundles())
    if place.node_name:
        node = msgspec.structs.replace(node, hostname=place.node_name)
    if place.linux or (place.known_linux and choose_linux_benchmark(node.os_release, load_editions())):
        node = msgspec.structs.replace(node, linux=_linux(place, progress))
    cluster, hints = _cluster(place, node, os.environ, progress)
    return (
        Snapshot(
            schema=SNAPSHOT_SCHEMA,
            tool=TOOL,
            started_at=started,
            finished_at=_now(),
            node=node,
            cluster=cluster,
            cloud=cloud,
            mode=where(place.root, os.environ),
        ),
        hints,
    )


def recorded(path: str, cloud_dumps: tuple[str, ...] = ()) -> Snapshot:
    """A snapshot file, with more of what a cloud said; raises ContentError where it is none."""
    cloud = read_dumps(cloud_dumps)
    snapshot = read_snapshot(path)
    return msgspec.structs.replace(snapshot, cloud=(*snapshot.cloud, *cloud))


def example() -> Snapshot:
    """The recorded node that ships with the package."""
    with as_file(files("trueline") / "examples" / EXAMPLE) as path:
        return msgspec.structs.replace(read_snapshot(str(path)), note=EXAMPLE_NOTE)


def runs_kubernetes(snapshot: Snapshot) -> bool:
    """Whether a component was found here, or may be hidden from this user or by another name."""
    node = snapshot.node
    if node is None or not isinstance(node.processes, tuple):
        return True
    return any(process.impostor is None or process.uid == 0 for process in node.processes)


def shows_kubernetes(snapshot: Snapshot) -> bool:
    """Whether processes or files tell of Kubernetes; a tree without either is that of another machine."""
    node = snapshot.node
    if node is None or isinstance(node.processes, tuple):
        return runs_kubernetes(snapshot)
    return any(not isinstance(one, Absent) for one in node.files.values())


def _linux(place: Place, progress: Progress) -> LinuxFacts:
    """The operating system; what of it takes long is only looked at where it was asked for."""
    from trueline.collect.linux.collect import collect_linux  # most scans need none of it
    from trueline.collect.linux.walk import WalkLimits

    bounds = {"files": place.walk_files, "seconds": place.walk_seconds}
    limits = msgspec.convert({key: value for key, value in bounds.items() if value is not None}, WalkLimits)
    progress.step("reading the operating system")
    return collect_linux(Root(place.root), walk=limits if place.walk else None, progress=progress.count)


def _cluster(
    place: Place, node: NodeFacts, environment: Mapping[str, str], progress: Progress
) -> tuple[ClusterFacts | None, tuple[str, ...]]:
    """The cluster that the options, $KUBECONFIG or the pod's service account name.

    A tree below another root belongs to another machine: no cluster is asked unless it is named.
    """
    live = place.root == "/"
    named = place.kubeconfig or (environment.get("KUBECONFIG") if live and not place.in_cluster else None)
    in_pod = "KUBERNETES_SERVICE_HOST" in environment and Path(SERVICE_ACCOUNT, "token").exists()
    if place.no_cluster or not (named or place.in_cluster or (live and in_pod)):
        return None, () if place.no_cluster else _hint(place, node)
    from trueline.collect.cluster import Surroundings, collect_cluster  # TLS and HTTP take long to import

    progress.step("asking the API server")
    cluster = collect_cluster(
        place.kubeconfig,
        in_cluster=not named,
        context=place.context,
        progress=progress.count,
        surroundings=Surroundings(environment=environment),
    )
    return cluster, ()


def _hint(place: Place, node: NodeFacts) -> tuple[str, ...]:
    if place.root != "/" or not isinstance(node.processes, tuple):
        return ()
    if not any(process.component == "kube-apiserver" for process in node.processes):
        return ()
    found = default_kubeconfig_hint(os.path.exists)
    if not found:
        return ()
    return (f"No cluster was asked, so no policy could be judged. {found}",)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
