"""Expands the short forms of rule cases into facts.

node:
  version: "1.34"                 Kubernetes minor version of the components
  processes:                      or "denied: why"
    kube-apiserver: [--anonymous-auth=false]            one process
    etcd: {arguments: [], environment: {ETCD_NAME: a}}  one with more fields of model.facts.Process
    kubelet: [[--v=1], [--v=2]]                         several
  files:
    /etc/kubernetes/admin.conf: "0600 root:root"        or absent, denied, or fields of FileMeta
  documents:
    /var/lib/kubelet/config.yaml: {kind: KubeletConfiguration, data: {}}    or absent, denied, invalid
  os: {ID: debian}                os-release
  linux: the operating system     see `content/host_cases.py`
cluster: fields of ClusterFacts   missing or null: no cluster was asked
cloud:
  eks-cluster: {cluster: {}}      what a cloud's API said, by the kind of dump
"""

from typing import Any

import msgspec

from trueline.content.host_cases import expand_linux
from trueline.model.cloud import CloudDump
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import Absent, Document, FileMeta, NodeFacts, Process, Unavailable
from trueline.model.rule import Case

_NAMED = {0: "root", 65534: "nobody"}


def expand(case: Case) -> tuple[NodeFacts, ClusterFacts | None, str | None]:
    """Node, cluster and Kubernetes version of a case; raises ValueError or ValidationError if it is wrong."""
    known = {"version", "processes", "files", "documents", "linux", "os"}
    if unknown := set(case.node) - known:
        raise ValueError(f"case {case.name!r}: node has no {', '.join(sorted(unknown))}")
    node = NodeFacts(
        hostname="case",
        processes=_processes(case.node.get("processes") or {}),
        files={path: _file(given) for path, given in (case.node.get("files") or {}).items()},
        documents={path: _document(given) for path, given in (case.node.get("documents") or {}).items()},
        os_release=case.node.get("os") or {},
        linux=expand_linux(case.node["linux"], _file) if "linux" in case.node else None,
    )
    cluster = None if case.cluster is None else msgspec.convert(case.cluster, ClusterFacts)
    version = case.node.get("version")
    return node, cluster, None if version is None else str(version)


def dumps(case: Case) -> tuple[CloudDump, ...]:
    """What clouds' APIs said in a case; raises ValidationError for a kind that does not exist."""
    return tuple(
        msgspec.convert({"kind": kind, "data": data, "source": f"{kind}.json"}, CloudDump)
        for kind, data in case.cloud.items()
    )


def _processes(given: Any) -> tuple[Process, ...] | Unavailable:
    if isinstance(given, str):
        return _unavailable(given)
    processes: list[Process] = []
    for component, value in given.items():
        several = isinstance(value, list) and bool(value) and not isinstance(value[0], str)
        for one in value if several else [value]:
            fields = one if isinstance(one, dict) else {"arguments": one or []}
            defaults = {
                "pid": 100 + len(processes),
                "component": component,
                "executable": f"/usr/bin/{component}",
                "uid": 0,
            }
            processes.append(msgspec.convert({**defaults, **fields}, Process))
    return tuple(processes)


def _file(given: Any) -> FileMeta | Absent | Unavailable:
    if isinstance(given, dict):
        return msgspec.convert({"kind": "file", "uid": 0, "gid": 0, **given}, FileMeta)
    mode, _, owner = str(given).partition(" ")
    if mode == "absent":
        return Absent()
    if not mode.isdigit():
        return _unavailable(str(given))
    user, _, group = owner.partition(":")
    return FileMeta(kind="file", mode=mode, uid=_number(user), gid=_number(group), owner=user, group=group)


def _number(name: str) -> int:
    """root is 0; any other account gets a number of its own."""
    return next((number for number, known in _NAMED.items() if known == name), 900)


def _document(given: Any) -> Document | Absent | Unavailable:
    if given == "absent":
        return Absent()
    if isinstance(given, str):
        return _unavailable(given)
    return msgspec.convert(given, Document)


def _unavailable(text: str) -> Unavailable:
    """ "denied" or "invalid: reason"."""
    kind, _, reason = text.partition(":")
    return msgspec.convert(
        {"state": "unavailable", "kind": kind.strip(), "reason": reason.strip() or f"{kind.strip()} here"},
        Unavailable,
    )
