"""Asks for the version of Kubernetes: the API server of this pod, or one of three known programs."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

import msgspec

from trueline.collect.commands import run_program
from trueline.collect.kubeaccess import Access
from trueline.collect.kubeapi import CannotRead, Client, Limits
from trueline.collect.kubeconfig import SERVICE_ACCOUNT, pod_access
from trueline.collect.kubedecode import MALFORMED
from trueline.collect.kubelists import read_list
from trueline.collect.kuberesources import RESOURCES
from trueline.errors import AccessError
from trueline.model.base import Model
from trueline.model.cluster import Node
from trueline.model.facts import CommandOutput

Program = Literal["kubectl", "kubelet", "oc"]

MOUNTED = "/usr/local/mount-from-host/bin"
_WORDS: Mapping[Program, tuple[str, ...]] = {
    "kubectl": ("version", "-o", "json"),
    "kubelet": ("--version",),
    "oc": ("version",),
}
# Where a kubelet is that PATH does not name. Nothing else of the file system is searched for programs.
_KUBELETS = ("/usr/bin", "/usr/local/bin", "/opt/bin", "/opt/kubernetes/bin", "/home/kubernetes/bin")
_SECONDS = 20.0
_LIMITS = Limits(request_seconds=5.0, total_seconds=_SECONDS)
_OUTPUT_LIMIT = 256 * 1024


class ServerVersion(Model, frozen=True, kw_only=True):
    """What an API server says of its version, and its nodes as far as they may be listed."""

    git: str
    major: str = ""
    minor: str = ""
    nodes: tuple[Node, ...] = ()


class _Version(msgspec.Struct, frozen=True):
    major: str = ""
    minor: str = ""
    git: str = msgspec.field(default="", name="gitVersion")


def search_path(environment: Mapping[str, str]) -> str:
    """PATH, then the directory into which manifests mount the host's programs."""
    path = environment.get("PATH", "")
    return path if MOUNTED in path.split(":") else f"{path}:{MOUNTED}".removeprefix(":")


def ask_program(name: Program, path: str) -> CommandOutput | None:
    """What the program of this name says of versions; None where `path` has none."""
    program = shutil.which(name, path=path)
    if program is None and name == "kubelet":
        program = shutil.which(name, path=":".join(_KUBELETS))
    if program is None:
        return None
    return run_program([program, *_WORDS[name]], timeout=_SECONDS, limit=_OUTPUT_LIMIT)


def ask_pod(
    environment: Mapping[str, str], *, directory: str = SERVICE_ACCOUNT, verify: bool = True
) -> ServerVersion | None:
    """What the API server of the pod says that this runs in; None outside a pod, and without an answer.

    Without `verify` the server may show any certificate.
    """
    try:
        client = Client(_access(environment, directory, verify), environment, _LIMITS)
    except AccessError:
        return None
    try:
        found = msgspec.json.decode(client.get("/version"), type=_Version)
        nodes = _nodes(client)
    except (CannotRead, *MALFORMED):
        return None
    finally:
        client.stop()
    if not found.git:
        return None
    return ServerVersion(git=found.git, major=found.major, minor=found.minor, nodes=nodes)


def _access(environment: Mapping[str, str], directory: str, verify: bool) -> Access:
    access = pod_access(environment, directory)
    if verify:
        return access
    cluster = msgspec.structs.replace(
        access.cluster, insecure_skip_tls_verify=True, certificate_authority="", certificate_authority_data=""
    )
    return msgspec.structs.replace(access, cluster=cluster)


def _nodes(client: Client) -> tuple[Node, ...]:
    resource = next(one for one in RESOURCES if one.name == "nodes")
    with suppress(CannotRead):
        return tuple(read_list(client, resource, _LIMITS, lambda _count: None))
    return ()
