"""Tells from facts how a cluster was installed, and says by which."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from trueline.evaluate.versions import GENERIC, kubernetes_version
from trueline.model.base import Model
from trueline.model.cluster import Node
from trueline.model.facts import FileMeta, Snapshot
from trueline.model.platform import PlatformHead, Sign


class Detected(Model, frozen=True, kw_only=True):
    """A platform's id and why it was taken; `doubt` names other platforms of which there are signs."""

    platform: str
    because: str
    doubt: str = ""


def detect(snapshot: Snapshot, heads: Iterable[PlatformHead]) -> Detected:
    """The platform of which the strongest sign is there.

    Versions are stronger than labels and annotations of nodes, those than what a cloud's API said, that than
    running programs, those than files: files stay behind when a cluster is taken away. Programs on PATH such
    as oc or kubectl say nothing.
    """
    known = list(heads)
    for kind in _KINDS:
        found = [(head, why) for head in known if (why := _first(snapshot, head.signs, kind))]
        if found:
            return _refined(snapshot, known, found)
    return Detected(platform=GENERIC, because="no fact shows another way of installation")


def lineage(platform: str, heads: Iterable[PlatformHead]) -> list[str]:
    """The platform and those that it extends, the nearest first, up to the generic one."""
    parents = {head.id: head.extends for head in heads}
    line = [platform]
    while (parent := parents.get(line[-1], "")) and parent != GENERIC and parent not in line:
        line.append(parent)
    return line


def _refined(
    snapshot: Snapshot, known: Sequence[PlatformHead], found: list[tuple[PlatformHead, str]]
) -> Detected:
    """The first found; a platform built on it of which there is any sign is the more exact answer."""
    head, because = found[0]
    for child in known:
        why = next((why for kind in _KINDS if (why := _first(snapshot, child.signs, kind))), "")
        if child.extends == head.id and head.id != GENERIC and why:
            head, because = child, f"{because}; {why}"
    line = lineage(head.id, known)
    others = [f"{other.title} ({why})" for other, why in found if other.id not in line]
    doubt = (
        f"There are signs of {' and '.join(others)}, too; --platform names the right one." if others else ""
    )
    return Detected(platform=head.id, because=because, doubt=doubt)


def _first(snapshot: Snapshot, signs: Iterable[Sign], kind: str) -> str:
    """Why the first sign of this kind holds; "" where none does."""
    return next((why for sign in signs if getattr(sign, kind) and (why := _KINDS[kind](snapshot, sign))), "")


def _version(snapshot: Snapshot, sign: Sign) -> str:
    version, source = kubernetes_version(snapshot)
    kubelets = [(node.status.node_info.kubelet_version, node) for node in _nodes(snapshot)]
    seen = [(version or "", source)] + [
        (text, f"the kubelet of node {node.metadata.name}") for text, node in kubelets
    ]
    return next(
        (f"the version is {text} ({where})" for text, where in seen if re.search(sign.version, text)), ""
    )


def _label(snapshot: Snapshot, sign: Sign) -> str:
    return _of_nodes(snapshot, sign.label, "label", lambda node: node.metadata.labels or {})


def _annotation(snapshot: Snapshot, sign: Sign) -> str:
    return _of_nodes(snapshot, sign.annotation, "annotation", lambda node: node.metadata.annotations or {})


def _provider_id(snapshot: Snapshot, sign: Sign) -> str:
    return _of_nodes(snapshot, sign.provider_id, "provider id", lambda node: (node.spec.provider_id,))


def _of_nodes(snapshot: Snapshot, prefix: str, what: str, of: Callable[[Node], Iterable[str]]) -> str:
    found = ((node, name) for node in _nodes(snapshot) for name in of(node) if name.startswith(prefix))
    return next((f"node {node.metadata.name} has the {what} {name}" for node, name in found), "")


def _nodes(snapshot: Snapshot) -> Iterator[Node]:
    yield from snapshot.cluster.nodes if snapshot.cluster else ()


def _cloud(snapshot: Snapshot, sign: Sign) -> str:
    found = (dump for dump in snapshot.cloud if dump.kind == sign.cloud)
    return next((f"{dump.source} describes a cluster of it" for dump in found), "")


def _executable(snapshot: Snapshot, sign: Sign) -> str:
    processes = snapshot.node.processes if snapshot.node else ()
    for process in processes if isinstance(processes, tuple) else ():
        if process.impostor is None and re.search(sign.executable, process.executable or ""):
            return f"process {process.pid} runs {process.executable}"
    return ""


def _os(snapshot: Snapshot, sign: Sign) -> str:
    release = snapshot.node.os_release if snapshot.node else {}
    return f"the node runs {release.get('PRETTY_NAME') or sign.os}" if release.get("ID") == sign.os else ""


def _paths(snapshot: Snapshot, sign: Sign) -> str:
    files = snapshot.node.files if snapshot.node else {}
    there = all(isinstance(files.get(path), FileMeta) for path in sign.paths)
    return f"{' and '.join(sign.paths)} {'exists' if len(sign.paths) == 1 else 'exist'}" if there else ""


# The strongest first
_KINDS: dict[str, Callable[[Snapshot, Sign], str]] = {
    "version": _version,
    "label": _label,
    "annotation": _annotation,
    "provider_id": _provider_id,
    "cloud": _cloud,
    "executable": _executable,
    "os": _os,
    "paths": _paths,
}
