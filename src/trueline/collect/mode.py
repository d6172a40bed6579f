"""Tells where the collector itself runs: on the host, in a container, in a pod, or beside a recorded tree."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from trueline.collect.access import Root
from trueline.model.base import Model
from trueline.model.facts import CollectedIn

# The kernel gives the first namespaces of these kinds the same inode numbers on every machine.
_FIRST = {"pid": "pid:[4026531836]", "cgroup": "cgroup:[4026531835]"}
_MARKS = ("/.dockerenv", "/run/.containerenv")
_RUNTIMES = re.compile(r"kubepods|docker|containerd|libpod|crio|lxc|buildkit")


class Signs(Model, frozen=True, kw_only=True):
    """Variables of Kubernetes, traces of a container; a kernel's /proc and mounts below the root."""

    pod: bool = False
    container: bool = False
    live: bool = True
    mounted: bool = False


def where(root: str, environment: Mapping[str, str]) -> CollectedIn:
    """Where facts below `root` are read from; asks only this process's own surroundings."""
    return decided(signs(root, environment))


def decided(found: Signs) -> CollectedIn:
    """A tree without a kernel's /proc is a recording, unless a container has it by its mounts."""
    inside = found.pod or found.container
    if not found.live and not (inside and found.mounted):
        return "recorded"
    if found.pod:
        return "job"
    return "container" if found.container else "host"


def signs(root: str, environment: Mapping[str, str], own: str = "/") -> Signs:
    """`own` is where this process's own files are, "/" but for tests."""
    tree = Root(root)
    return Signs(
        pod="KUBERNETES_SERVICE_HOST" in environment,
        container=_contained(Path(own), environment),
        live=tree.live,
        mounted=tree.carries_mounts,
    )


def _contained(own: Path, environment: Mapping[str, str]) -> bool:
    if environment.get("container") or any((own / mark.lstrip("/")).exists() for mark in _MARKS):
        return True
    for kind, first in _FIRST.items():
        with suppress(OSError):
            if str((own / "proc/self/ns" / kind).readlink()) != first:
                return True
    with suppress(OSError):
        return _RUNTIMES.search((own / "proc/self/cgroup").read_text(errors="replace")) is not None
    return False
