"""Finds the benchmark that fits a cluster, by what its programs and its API server say of versions."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from trueline.collect.kubeversion import Program, ServerVersion, ask_pod, ask_program
from trueline.errors import UsageError
from trueline.kubebench.config import Config
from trueline.kubebench.versions import (
    DEFAULT_VERSION,
    NodeTraits,
    base_version,
    benchmark_for_platform,
    benchmark_for_version,
    kubelet_version,
    openshift_version,
    platform,
    with_platform,
)
from trueline.model.base import Model
from trueline.model.cluster import Node
from trueline.model.facts import CommandOutput


class Detected(Model, frozen=True, kw_only=True):
    """A benchmark, and what the JSON output says was detected; "none" where the caller chose."""

    benchmark: str
    version: str = "none"
    notices: tuple[str, ...] = ()


class Sources(Protocol):
    """Whoever can tell a version."""

    def program(self, name: Program) -> CommandOutput | None:
        """What the program prints; None where it is not installed."""

    def pod(self, *, verify: bool) -> ServerVersion | None:
        """What the API server of this pod says; None where there is none."""


class LiveSources:
    """The machine and the pod that this runs in."""

    def __init__(self, environment: Mapping[str, str], path: str) -> None:
        self.environment = environment
        self.path = path

    def program(self, name: Program) -> CommandOutput | None:
        """Runs it."""
        return ask_program(name, self.path)

    def pod(self, *, verify: bool) -> ServerVersion | None:
        """Asks it."""
        return ask_pod(self.environment, verify=verify)


class _Found(Model, frozen=True, kw_only=True):
    """A version, "1.29", and the text in which a platform may show; "" where none is looked for."""

    base: str
    git: str = ""
    notice: str = ""


class _Kubectl(msgspec.Struct, frozen=True):
    class Server(msgspec.Struct, frozen=True):
        """The part that tells of the server."""

        major: str = ""
        minor: str = ""
        git: str = msgspec.field(default="", name="gitVersion")

    server: Server | None = msgspec.field(default=None, name="serverVersion")


def for_version(config: Config, version: str, *, strict_compat: bool = False) -> Detected:
    """The benchmark of a version that the caller named. Raises UsageError where there is none."""
    mapped = benchmark_for_version(config.version_mapping, version, strict_compat=strict_compat)
    return Detected(benchmark=mapped.benchmark, notices=_older(version, mapped.version))


def for_git_version(config: Config, git: str, *, strict_compat: bool = False) -> Detected:
    """The benchmark of "v1.29.3+k3s1": the platform's own, else that of the version. Raises UsageError."""
    base = ".".join(git.removeprefix("v").split(".")[:2])
    return _fitting(config, _Found(base=base, git=git), strict_compat)


def detect_benchmark(config: Config, sources: Sources, *, strict_compat: bool = False) -> Detected:
    """The benchmark that fits what the sources say. Raises UsageError where there is none.

    With `strict_compat` sources are believed as kube-bench does: a kubectl that can't reach its server ends
    the search with the default version.
    """
    answer = sources.program("oc")
    if answer and (version := openshift_version(answer.output, strict_compat=strict_compat)):
        benchmark = benchmark_for_platform("ocp", version)
        if benchmark:
            return Detected(benchmark=benchmark, version=benchmark)
    return _fitting(config, _version(sources, strict_compat), strict_compat)


def _fitting(config: Config, found: _Found, strict: bool) -> Detected:
    notices = (found.notice,) if found.notice else ()
    name, version = platform(found.git)
    if name and (benchmark := benchmark_for_platform(name, version)):
        return Detected(benchmark=benchmark, version=benchmark, notices=notices)
    mapped = benchmark_for_version(config.version_mapping, found.base, strict_compat=strict)
    return Detected(
        benchmark=mapped.benchmark, version=found.base, notices=notices + _older(found.base, mapped.version)
    )


def _older(version: str, mapped: str) -> tuple[str, ...]:
    if version == mapped:
        return ()
    return (f"there is no benchmark for Kubernetes {version}; that for {mapped} was taken",)


def _version(sources: Sources, strict: bool) -> _Found:
    if server := sources.pod(verify=not strict):
        git = with_platform(server.git, [_traits(node) for node in server.nodes])
        return _Found(base=base_version(server.major, server.minor), git=git)
    if (answer := sources.program("kubectl")) and (found := _by_kubectl(answer, strict)):
        return found
    if (answer := sources.program("kubelet")) and (told := kubelet_version(answer.output)):
        return _Found(base=told[0], git="" if strict else told[1])
    return _Found(
        base=DEFAULT_VERSION,
        notice=f"nothing tells the version of Kubernetes; {DEFAULT_VERSION} was assumed. "
        "Name one with --version or --benchmark.",
    )


def _by_kubectl(answer: CommandOutput, strict: bool) -> _Found | None:
    try:
        server = msgspec.json.decode(answer.output, type=_Kubectl).server
    except msgspec.DecodeError:
        server, readable = None, False
    else:
        readable = True
    if server and server.major:
        return _Found(base=base_version(server.major, server.minor), git=server.git)
    if not strict:
        return None  # kubectl alone does not know; the kubelet may
    if readable and not answer.exit_code:
        raise UsageError("kubectl names no server version", hint="Name a version with --version.")
    return _Found(base=DEFAULT_VERSION)


def _traits(node: Node) -> NodeTraits:
    return NodeTraits(
        labels=node.metadata.labels or {},
        annotations=node.metadata.annotations or {},
        provider_id=node.spec.provider_id,
        windows=node.status.node_info.operating_system == "windows",
    )
