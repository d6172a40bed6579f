"""Says of each source of evidence that a benchmark asks whether it could be read, and who wants for it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from trueline.evaluate.context import Context
from trueline.evaluate.needs import Need, looked_at
from trueline.model.benchmark import Benchmark
from trueline.model.facts import FileMeta, NodeFacts, Unavailable
from trueline.model.linux import LinuxFacts
from trueline.model.results import Outcome, Result
from trueline.model.rule import Rule
from trueline.model.source import CLOUD_SOURCE, CLUSTER_SOURCE, Source

_UNDECIDED = {Outcome.ERROR, Outcome.UNKNOWN}
_PATH = re.compile(r"/[^\s,:;()]+")
_INSIDE = re.compile(r"^/proc/\d+/root(?=/)")
# How deep the directories are that people mount: /etc/kubernetes, but /var/lib/etcd and /usr/lib/systemd.
_SHALLOW = ("etc", "home", "opt", "run", "lib")
_NODE_LEAVES = frozenset({"setting", "file", "process"})
_API_LEAVES = frozenset({"kube", "cloud"})
# Which part of the facts a leaf about the operating system asks, where it is not called as the leaf is.
_PARTS = {
    "mount": "mounts",
    "package": "packages",
    "service": "units",
    "one_service": "units",
    "module": "modules",
    "audit_rule": "audit",
    "schedule": "cron",
    "listen": "listeners",
    "boot_argument": "boot",
    "boot_password": "boot",
    "sudo_rule": "sudo",
    "interface": "interfaces",
    "login_defs": "configs",
    "config": "configs",
    "banner": "configs",
    "crypto_policy": "configs",
    "path": "files",
    "files": "globs",
}
_CALLED = {
    "configs": "configuration files",
    "files": "files by path",
    "globs": "files by pattern",
    "walk": "all local files",
    "units": "systemd units",
    "boot": "boot loader",
    "listeners": "listening sockets",
}


def sources(
    benchmark: Benchmark,
    rules: Mapping[str, Rule],
    context: Context,
    results: Iterable[Result],
    *,
    node_examined: bool = True,
) -> tuple[Source, ...]:
    """Sources of node, operating system, API and cloud, those that no rule of this benchmark asks left out.

    `node_examined` is False where only APIs were asked, whatever is known of the machine that asked them.
    """
    needs = {
        (section.target, one.number): looked_at(one, rules) for section, one in benchmark.recommendations()
    }
    listed = [(result, needs.get((result.target, result.number), Need())) for result in results]
    return tuple(_Inspection(context, listed, node_examined=node_examined).all())


class _Inspection:
    def __init__(self, context: Context, listed: list[tuple[Result, Need]], *, node_examined: bool) -> None:
        self._context = context
        self._listed = listed
        self._open = [(result, need) for result, need in listed if result.outcome in _UNDECIDED]
        self._node_examined = node_examined

    def all(self) -> Iterator[Source]:
        asked = {leaf for _, need in self._listed for leaf in need.leaves}
        node = self._context.node if self._node_examined else None
        if asked & _NODE_LEAVES:
            yield from self._of_node(node) if node else [self._no_node()]
        if system := asked - _NODE_LEAVES - _API_LEAVES:
            yield from self._of_system(node.linux if node else None, system)
        if "kube" in asked:
            yield from self._of_cluster()
        for kind in sorted({kind for _, need in self._listed for kind in need.clouds}):
            yield self._of_cloud(kind)

    def _no_node(self) -> Source:
        numbers = (result.number for result, need in self._listed if need.leaves & _NODE_LEAVES)
        return _lacking("processes and files of nodes", "Only APIs were asked.", numbers)

    def _of_node(self, node: NodeFacts) -> Iterator[Source]:
        yield self._processes(node)
        hidden = [why for one in _real(node) for why in one.unread.values()]
        if hidden:
            numbers = [result.number for result, _ in self._open if hidden[0].reason in result.reason]
            yield _lacking("variables and arguments of processes", hidden[0].reason, numbers)
        for group in sorted(self._groups | set(self._blocked)):
            yield self._files(group)
        owners = [meta for meta in node.files.values() if isinstance(meta, FileMeta)]
        for what, place, known in (
            ("names of users", "/etc/passwd", not owners or any(meta.owner for meta in owners)),
            ("names of groups", "/etc/group", not owners or any(meta.group for meta in owners)),
            ("identity of the machine", "/etc/machine-id", bool(node.machine_id)),
            ("operating system", "/etc/os-release", bool(node.os_release)),
        ):
            name = f"{what} ({place})"
            yield Source(name=name, available=True) if known else _lacking(name, f"{place} was not read.")

    def _processes(self, node: NodeFacts) -> Source:
        name = "processes of the node"
        if not isinstance(node.processes, Unavailable):
            return Source(name=name, available=True)
        reason = node.processes.reason
        elsewhere = {number for numbers, _ in self._blocked.values() for number in numbers}
        wanting = (
            result.number
            for result, need in self._open
            if need.leaves & _NODE_LEAVES and reason in result.reason and result.number not in elsewhere
        )
        return _lacking(name, reason, wanting)

    @cached_property
    def _groups(self) -> set[str]:
        """The directories in which the files are that rules name on this platform."""
        files = self._context.platform.files
        named = {name for _, need in self._listed for name in need.files}
        return {_group(path) for name in named if name in files for path in files[name].candidates}

    @cached_property
    def _unread(self) -> dict[str, Unavailable]:
        node = self._context.node
        facts = {**node.files, **node.documents} if node else {}
        return {_INSIDE.sub("", path): one for path, one in facts.items() if isinstance(one, Unavailable)}

    @cached_property
    def _blocked(self) -> dict[str, tuple[list[str], str]]:
        """Numbers of undecided results that speak of files that could not be read, and why, by directory."""
        found: dict[str, tuple[list[str], str]] = {}
        for result, need in self._open:
            if need.leaves & _NODE_LEAVES:
                for path in _paths(result):
                    if why := self._unread.get(path):
                        numbers, _ = found.setdefault(_group(path), ([], f"{path}: {why.reason}"))
                        numbers.append(result.number)
        return found

    def _files(self, group: str) -> Source:
        name = f"files below {group}"
        if group in self._blocked:
            numbers, reason = self._blocked[group]
            return _lacking(name, reason, numbers)
        files = self._context.platform.files
        named = {name for _, need in self._listed for name in need.files if name in files}
        for path in sorted({path for name in named for path in files[name].candidates}):
            if _group(path) == group and path in self._unread:
                return _lacking(name, f"{path}: {self._unread[path].reason}")
        return Source(name=name, available=True)

    def _of_system(self, linux: LinuxFacts | None, asked: set[str]) -> Iterator[Source]:
        if linux is None:
            wanting = (result.number for result, need in self._open if need.leaves & asked)
            yield _lacking("operating system", "It was not read.", wanting)
            return
        for part in sorted({_PARTS.get(leaf, leaf) for leaf in asked}):
            name = f"operating system: {_CALLED.get(part, part)}"
            why = _why(getattr(linux, part, None))
            if why is None:
                yield Source(name=name, available=True)
                continue
            leaves = {leaf for leaf in asked if _PARTS.get(leaf, leaf) == part}
            yield _lacking(name, why, (result.number for result, need in self._open if need.leaves & leaves))
        for command, ended in sorted(linux.programs.items()):
            good = ended == "exit status 0"
            yield Source(name=f"program: {command}", available=good, reason="" if good else ended)

    def _of_cluster(self) -> Iterator[Source]:
        cluster = self._context.cluster
        wanting = [(result.number, need) for result, need in self._open if "kube" in need.leaves]
        if cluster is None:
            yield _lacking(CLUSTER_SOURCE, "No cluster was asked.", (number for number, _ in wanting))
            return
        lists = sorted({name for _, need in self._listed for name in need.lists})
        if lists and all(name in cluster.unavailable for name in lists):
            reason = cluster.unavailable[lists[0]]
            yield _lacking(CLUSTER_SOURCE, reason, (number for number, _ in wanting))
        else:
            yield Source(name=CLUSTER_SOURCE, available=True)
        for name in lists:
            source = f"{CLUSTER_SOURCE}: {name}"
            if name not in cluster.unavailable:
                yield Source(name=source, available=True)
            else:
                numbers = (number for number, need in wanting if name in need.lists)
                yield _lacking(source, cluster.unavailable[name], numbers)

    def _of_cloud(self, kind: str) -> Source:
        name = f"{CLOUD_SOURCE}: {kind}"
        if any(dump.kind == kind for dump in self._context.cloud):
            return Source(name=name, available=True)
        wanting = (
            result.number
            for result, need in self._listed
            if kind in need.clouds and result.outcome in {*_UNDECIDED, Outcome.NOTCHECKED}
        )
        return _lacking(name, "No answer of it was handed in.", wanting)


def _lacking(name: str, reason: str, numbers: Iterable[str] = ()) -> Source:
    return Source(name=name, available=False, reason=reason, numbers=tuple(dict.fromkeys(numbers)))


def _real(node: NodeFacts) -> list[Any]:
    listed = node.processes if isinstance(node.processes, tuple) else ()
    return [process for process in listed if process.impostor is None]


def _group(path: str) -> str:
    pieces = _INSIDE.sub("", path).strip("/").split("/")
    depth = 2 if pieces[0] in _SHALLOW else 3
    return "/" + "/".join(pieces[:depth])


def _paths(result: Result) -> Iterator[str]:
    """All paths that a result speaks of."""
    texts = [result.reason]
    for one in result.evidence:
        texts += [one.source, one.observed, one.expected]
    for found in _PATH.findall(" ".join(texts)):
        yield _INSIDE.sub("", found.rstrip("."))


def _why(fact: Any) -> str | None:
    """Why a part of the facts about the operating system is not whole; None where it is."""
    if isinstance(fact, Unavailable):
        return fact.reason
    members = fact.items() if isinstance(fact, dict) else _fields(fact)
    for name, member in members:
        if isinstance(member, Unavailable):
            return f"{name}: {member.reason}"
        unread = getattr(member, "unread", None) if isinstance(fact, dict) else None
        for path, one in (unread or {}).items():
            return f"{path}: {one.reason}"
        if isinstance(member, dict) and not isinstance(fact, dict):
            for key, one in member.items():
                if isinstance(one, Unavailable):
                    return f"{key}: {one.reason}"
    return None


def _fields(fact: Any) -> list[tuple[str, Any]]:
    names = getattr(fact, "__struct_fields__", ())
    return [(name, getattr(fact, name)) for name in names]
