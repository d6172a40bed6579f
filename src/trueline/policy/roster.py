"""Which nodes a fleet should have, and which targets each of them plays."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from trueline.model.cluster import Node

Roster = Mapping[str, tuple[str, ...]]
"""Targets by name of node."""

NODE_TARGETS: Final = ("master", "etcd", "controlplane", "node")
CLUSTER_TARGETS: Final = ("policies", "managedservices")
_LABEL = "node-role.kubernetes.io/"
_WORDS: Final = {
    "control-plane": ("master", "controlplane"),
    "controlplane": ("master", "controlplane"),
    "master": ("master", "controlplane"),
    "etcd": ("etcd",),
    "worker": ("node",),
    "node": ("node",),
}
_TABLE = re.compile(r"NAME\s+STATUS\s+ROLES\b")


def of_cluster(nodes: Iterable[Node]) -> Roster:
    """From the cluster's own list: by the labels that say a node's roles."""
    return _roster(
        (
            node.metadata.name,
            [label.removeprefix(_LABEL) for label in node.metadata.labels or () if label.startswith(_LABEL)],
        )
        for node in nodes
    )


def of_objects(listed: Mapping[str, Any]) -> Roster:
    """From what `kubectl get nodes -o json` prints; what is no node in it is left out."""
    items = listed.get("items")
    heads = [one.get("metadata") for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    found = []
    for head in heads:
        if isinstance(head, dict) and isinstance(head.get("name"), str):
            labels = head.get("labels") if isinstance(head.get("labels"), dict) else {}
            roles = [str(one).removeprefix(_LABEL) for one in labels or {} if str(one).startswith(_LABEL)]
            found.append((str(head["name"]), roles))
    return _roster(found)


def of_lines(text: str) -> Roster:
    """From lines with a name and its roles, or what `kubectl get nodes` prints, as a table or as names."""
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    rows = [words for words in lines if words]
    if rows and _TABLE.match(" ".join(rows[0])):
        return _roster((words[0], words[2].split(",") if len(words) > 2 else []) for words in rows[1:])
    return _roster(
        (words[0].removeprefix("node/"), [role for word in words[1:] for role in word.split(",")])
        for words in rows
    )


def _roster(named: Iterable[tuple[str, Iterable[str]]]) -> Roster:
    """Each node runs a kubelet; etcd is beside the API server, unless a role says where it is."""
    listed = [(name, [role.lower() for role in roles if role]) for name, roles in named if name]
    apart = any("etcd" in roles for _, roles in listed)
    found: dict[str, tuple[str, ...]] = {}
    for name, roles in listed:
        targets = {target for role in roles for target in _WORDS.get(role, ())} | {"node"}
        if "master" in targets and not apart:
            targets.add("etcd")
        found[name] = tuple(target for target in NODE_TARGETS if target in targets)
    return found


def matched(names: Iterable[str], roster: Roster) -> dict[str, str]:
    """For names of nodes that have results, what the roster calls them, domain or not."""
    short: dict[str, list[str]] = {}
    for listed in roster:
        short.setdefault(_short(listed), []).append(listed)
    found: dict[str, str] = {}
    for name in names:
        alike = short.get(_short(name), [])
        if name in roster:
            found[name] = name
        elif len(alike) == 1 and ("." not in name or "." not in alike[0]):
            found[name] = alike[0]
    return found


def same_machine(one: str, other: str) -> bool:
    """Whether two names may be those of one machine: they are alike up to the domain."""
    return one == other or (_short(one) == _short(other) and ("." not in one or "." not in other))


def _short(name: str) -> str:
    first = name.partition(".")[0].lower()
    return name if first.isdigit() else first  # an address has no domain
