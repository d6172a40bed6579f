"""Turns the options of scan and collect into a snapshot: recorded, or read from this machine and cluster."""

from collections.abc import Callable
from pathlib import Path

from trueline.assess import TOOL
from trueline.collect.access import Root
from trueline.collect.node import collect_node
from trueline.content.load import load_components, load_platform
from trueline.errors import UsageError
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot

Progress = Callable[[str], None]
EXAMPLE = "kubeadm-1.36-control-plane.json.gz"
"""The recorded node that ships with the package."""


def collect_snapshot(
    root: str, kubeconfig: str | None, context: str | None, platform: str, progress: Progress
) -> Snapshot:
    """Reads the node below `root`, and the cluster where one is named or this is a pod or node of it."""
    if not Path(root).is_dir():
        raise UsageError(
            f"{root} is not a directory", hint="--root names the directory that holds /proc, /etc ..."
        )
    started = _now()
    progress("Reading the node")
    node = collect_node(Root(root), load_components().values(), load_platform(platform).files.values())
    cluster = _cluster(root, kubeconfig, context, progress)
    return Snapshot(
        schema=SNAPSHOT_SCHEMA,
        tool=TOOL,
        started_at=started,
        finished_at=_now(),
        node=node,
        cluster=cluster,
        note="",
    )
