"""What Pod Security admission enforces in a namespace: by labels, defaults, exemptions and versions."""

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trueline.evaluate.kube.base import Index, some
from trueline.evaluate.kube.controls import Control
from trueline.model.arguments import last_value, parse_arguments
from trueline.model.facts import Document, NodeFacts, Process, Unavailable

_LABEL = "pod-security.kubernetes.io/enforce"
_LEVELS = {"privileged": 0, "baseline": 1, "restricted": 2}
_PINNED = re.compile(r"v(\d+)\.(\d+)")

Version = tuple[int, ...]


@dataclass(frozen=True)
class Verdict:
    """What admission does in one namespace: forbid it, let it in, or something that isn't known; and why."""

    answer: Literal["forbidden", "admitted", "unknown"]
    why: str


@dataclass(frozen=True)
class Defaults:
    """The part, from the API server's AdmissionConfiguration.

    `exempt` names users and runtime classes that the standards never hold for; `unknown` says why the part
    isn't known.
    """

    level: str = ""
    version: str = ""
    namespaces: frozenset[str] = frozenset()
    exempt: str = ""
    unknown: str = ""


class Standards:
    """Pod Security admission of one cluster, as far as namespaces and the API server's files show it."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @cached_property
    def defaults(self) -> Defaults:
        """Cluster-wide defaults; none where the API server's configuration isn't visible."""
        return _defaults(self._index.node) if self._index.node else Defaults()

    @cached_property
    def off(self) -> str:
        """Why labels have no effect at all, "" if they have."""
        version = self._index.version
        if version and version < (1, 23):
            return f"Kubernetes {_text(version)} has no Pod Security admission that is on by default"
        for process in _api_servers(self._index.node):
            only = _members(process, "admission-control")
            if "PodSecurity" in _members(process, "disable-admission-plugins") or (
                only and "PodSecurity" not in only
            ):
                return "the API server has the PodSecurity admission plugin disabled"
            gates = _members(process, "feature-gates")
            if version and version < (1, 25) and "PodSecurity=false" in gates:
                return "the API server has the PodSecurity feature gate turned off"
        return ""

    def verdict(self, namespace: str, control: Control) -> Verdict:
        """Whether admission keeps what the control names out of the namespace."""
        version = self._index.version
        if version is None:
            return Verdict("unknown", "the Kubernetes version is not known, and so whether labels are heeded")
        legacy = "" if version >= (1, 25) else "; PodSecurityPolicies may forbid it, and they are not read"
        if self.off:
            return Verdict("unknown" if legacy else "admitted", self.off + legacy)
        verdict = self._by_standard(namespace, control)
        if verdict.answer == "admitted" and legacy:
            return Verdict("unknown", verdict.why + legacy)
        return verdict

    def _by_standard(self, namespace: str, control: Control) -> Verdict:
        defaults = self.defaults
        if namespace in defaults.namespaces:
            return Verdict("admitted", "the API server's AdmissionConfiguration exempts the namespace")
        if defaults.unknown:
            return Verdict("unknown", defaults.unknown)
        found = self._index.namespaces.get(namespace)
        labels = (found.metadata.labels or {}) if found else {}
        level, source = labels.get(_LABEL, ""), f"label {_LABEL}={labels.get(_LABEL, '')}"
        if not level:
            level, source = defaults.level, f"the cluster-wide default {defaults.level}"
        if not level:
            return Verdict("admitted", f"no {_LABEL} label")
        if _LEVELS.get(level, 0) < _LEVELS[control.level]:
            return Verdict("admitted", f"{source}, and only {_wanted(control)} forbids it")
        pinned = _PINNED.fullmatch(labels.get(f"{_LABEL}-version") or defaults.version)
        if pinned and (int(pinned[1]), int(pinned[2])) < control.since:
            return Verdict(
                "admitted", f"{source}, pinned to v{pinned[1]}.{pinned[2]}, which does not cover it yet"
            )
        if defaults.exempt:
            return Verdict("unknown", f"the API server's AdmissionConfiguration exempts {defaults.exempt}")
        return Verdict("forbidden", source)


def _wanted(control: Control) -> str:
    return "restricted" if control.level == "restricted" else "baseline or restricted"


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def _api_servers(node: NodeFacts | None) -> list[Process]:
    if node is None or isinstance(node.processes, Unavailable):
        return []
    return [one for one in node.processes if one.component == "kube-apiserver" and one.impostor is None]


def _flag(process: Process, name: str) -> str:
    return last_value(process.arguments, name) or ""


def _members(process: Process, name: str) -> list[str]:
    """The entries of a list that may be given in several parts."""
    given = [argument.value for argument in parse_arguments(process.arguments) if argument.name == name]
    return [entry for value in given for entry in (value or "").split(",") if entry]


def _defaults(node: NodeFacts) -> Defaults:
    for process in _api_servers(node):
        path = _flag(process, "admission-control-config-file")
        fact = node.documents.get(process.root + path) or node.documents.get(path)
        if path and not isinstance(fact, Document):
            reason = fact.reason if isinstance(fact, Unavailable) else "it was not collected"
            return Defaults(unknown=f"the API server's {path} could not be read ({reason})")
    for path, fact in sorted(node.documents.items()):
        if isinstance(fact, Document) and fact.kind == "AdmissionConfiguration":
            return _of_plugins(path, fact.data, node)
    return Defaults()


def _of_plugins(path: str, data: Any, node: NodeFacts) -> Defaults:
    for plugin in _list(_map(data).get("plugins")):
        if _map(plugin).get("name") != "PodSecurity":
            continue
        configuration, elsewhere = plugin.get("configuration"), plugin.get("path")
        if configuration is None and elsewhere:
            fact = node.documents.get(posixpath.join(posixpath.dirname(path), str(elsewhere)))
            if not isinstance(fact, Document):
                return Defaults(unknown=f"{path} refers to {elsewhere} for PodSecurity, which was not read")
            configuration = fact.data
        return _of_configuration(_map(configuration))
    return Defaults()


def _of_configuration(data: dict[str, Any]) -> Defaults:
    defaults, exemptions = _map(data.get("defaults")), _map(data.get("exemptions"))
    exempt = [
        f"{what} {some(map(str, listed))}"
        for what, key in (("users", "usernames"), ("pods of runtime classes", "runtimeClasses"))
        if (listed := _list(exemptions.get(key)))
    ]
    return Defaults(
        level=str(defaults.get("enforce") or ""),
        version=str(defaults.get("enforce-version") or ""),
        namespaces=frozenset(map(str, _list(exemptions.get("namespaces")))),
        exempt=" and ".join(exempt),
    )


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
