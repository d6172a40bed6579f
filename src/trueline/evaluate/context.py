"""The facts of one target together with the content that is needed to read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trueline.evaluate.kube import Index
from trueline.evaluate.linux.base import Host
from trueline.evaluate.settings import Effective, effective
from trueline.model.cloud import CloudDump
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import Document, NodeFacts, Process, Unavailable
from trueline.model.platform import Platform
from trueline.model.setting import Component

NO_HOST = "The operating system of no machine was examined."
NO_NODE = Unavailable(kind="not-collected", reason="No node was examined.")


@dataclass(frozen=True)
class Context:
    """What tests may look at. `version` is the Kubernetes minor version ("1.34"), None if not known.

    `today` is the day of the collection, counted from 1970; None if not known. `cloud` holds what
    clouds' APIs said.
    """

    node: NodeFacts | None
    cluster: ClusterFacts | None
    components: Mapping[str, Component]
    platform: Platform
    version: str | None = None
    today: int | None = None
    cloud: tuple[CloudDump, ...] = ()
    _effective: dict[tuple[str, int], Effective | Unavailable] = field(default_factory=dict, repr=False)

    @cached_property
    def index(self) -> Index:
        """The cluster's objects with the joins that searches share; only where there is a cluster."""
        assert self.cluster is not None
        return Index(self.cluster, node=self.node, version=self.version)

    @cached_property
    def host(self) -> Host | None:
        """The machine's operating system, where it was read."""
        if self.node is None or self.node.linux is None:
            return None
        return Host(self.node, self.node.linux, self.today)

    def processes(self, component: str) -> tuple[Process, ...] | Unavailable:
        """The component's real processes; empty only where it is certain that it does not run here."""
        if self.node is None:
            return NO_NODE
        if isinstance(self.node.processes, Unavailable):
            return self.node.processes
        found = tuple(
            process
            for process in self.node.processes
            if process.component == component and process.impostor is None
        )
        if not found and (manifests := self.static_pods(component)):
            return Unavailable(
                kind="vanished",
                reason=f"{manifests[0]} defines {component}, but no process of it is visible: it is down, or "
                "the node's PID namespace is not shared.",
            )
        return found or self._doubtful(component) or ()

    def _doubtful(self, component: str) -> Unavailable | None:
        """Why it is not certain that the component does not run: root named another program after it."""
        assert self.node is not None
        assert isinstance(self.node.processes, tuple)
        for process in self.node.processes:
            if process.component == component and process.uid == 0:
                return Unavailable(
                    kind="invalid",
                    reason=f"Process {process.pid} of root calls itself {component}, but its program is "
                    f"{process.executable or 'not known'}: whether {component} runs here can't be told.",
                )
        return None

    def static_pods(self, component: str) -> tuple[str, ...]:
        """Paths of the static pod manifests with a container that starts the component."""
        programs = self.components[component].executables if component in self.components else ()
        return tuple(
            path
            for path, document in (self.node.documents if self.node else {}).items()
            if isinstance(document, Document)
            and document.kind == "Pod"
            and any(_program(container) in programs for container in _containers(document.data))
        )

    def setting(self, name: str, process: Process) -> Effective | Unavailable:
        """The effective value of "component/setting" for one of the component's processes."""
        key = (name, process.pid)
        if key not in self._effective:
            component, _, setting = name.partition("/")
            assert self.node is not None  # a process was found on it
            self._effective[key] = effective(
                self.node, self.components[component], setting, process, self.version
            )
        return self._effective[key]


def _program(container: dict[str, list[str]]) -> str:
    command = container.get("command") or [""]
    return str(command[0]).rsplit("/", 1)[-1]


def _containers(manifest: object) -> list[dict[str, list[str]]]:
    spec = manifest.get("spec") if isinstance(manifest, dict) else None
    containers = spec.get("containers") if isinstance(spec, dict) else None
    return [entry for entry in containers or [] if isinstance(entry, dict)]
