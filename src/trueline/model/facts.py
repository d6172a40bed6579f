"""What was read from a node: a fact is known, absent or unavailable with a reason."""

from typing import Any, Final, Literal

from trueline.model.base import Model
from trueline.model.cloud import CloudDump, CloudKind
from trueline.model.cluster import ClusterFacts
from trueline.model.known import Absent, Certificate, FileKind, FileMeta, Unavailable, UnavailableKind
from trueline.model.linux import LinuxFacts

__all__ = [
    "SNAPSHOT_SCHEMA",
    "Absent",
    "Certificate",
    "CloudDump",
    "CloudKind",
    "CommandOutput",
    "Document",
    "FileKind",
    "FileMeta",
    "NodeFacts",
    "Process",
    "Snapshot",
    "Tool",
    "Unavailable",
    "UnavailableKind",
]

SNAPSHOT_SCHEMA: Final = "trueline.dev/snapshot/v1"

CollectedIn = Literal["", "host", "container", "job", "recorded"]


class Document(Model, frozen=True, kw_only=True, tag_field="state", tag="known"):
    """A parsed configuration file, secrets already taken out.

    `data` is its content as JSON types; for a systemd unit a map from section to a list of
    [key, value] pairs; for a kubeconfig, EncryptionConfiguration or pod manifest the parts that are no
    secret. `kind` names the format: the `kind` of a Kubernetes object, "kubeconfig", "unit", "etcd-config",
    "cni" or "environment". `lines` says of flags that stand in a command line, by name ("--profiling"), in
    which line of the file, counted from 1.
    """

    kind: str
    data: Any
    lines: dict[str, int] = {}


class Process(Model, frozen=True, kw_only=True):
    """A running process of a component, or one that poses as such.

    `component` is a name of `content/settings` ("kube-apiserver"). `arguments` are those of
    /proc/PID/cmdline after argv[0] and after the words of a wrapper (`hyperkube apiserver`, `k3s server`).
    `root` is "" for a process that sees the node's own files, else "/proc/PID/root". `environment` holds the
    variables that the component reads as settings (ETCD_*), nothing else. `impostor` says why a process that
    calls itself by a component's name is not taken for it; such a process has no arguments here.
    `directory` is its working directory, where its relative paths begin. `unread` says of "environment",
    "directory", "arguments" or one flag ("--etcd-cafile") why it could not be read: that it is missing then
    means nothing. `origins` says of flags, by name, where they were read if not from the process's arguments.
    """

    pid: int
    component: str
    executable: str | None
    uid: int
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    wrapper: str | None = None
    root: str = ""
    user: str | None = None
    impostor: str | None = None
    directory: str | None = None
    unread: dict[str, Unavailable] = {}
    origins: dict[str, str] = {}


class CommandOutput(Model, frozen=True, kw_only=True):
    """What a shell script of somebody's controls printed, both streams in one, secrets taken out.

    `exit_code` is None where it did not end by itself or printed too much; `error` then says so. `native`: no
    program was started, the text was put together from what was read directly.
    """

    output: str = ""
    exit_code: int | None = 0
    error: str = ""
    native: bool = False


class NodeFacts(Model, frozen=True, kw_only=True):
    """All that was read from one node.

    Keys of `files` and `documents` are absolute paths below the root, as a reader on the node would write
    them; what only a container sees has its "/proc/PID/root" in front. `machine_id` is a SHA-256 hash of the
    node's machine-id. `limits` are sentences about what this collection as a whole could not see.
    `commands` are the outputs of scripts that kube-bench controls asked for, by the script's text.
    `linux` is None where the operating system was not asked for.
    """

    hostname: str
    root: str = "/"
    machine_id: str | None = None
    os_release: dict[str, str] = {}
    kernel: str | None = None
    collector_uid: int = 0
    processes: tuple[Process, ...] | Unavailable = ()
    files: dict[str, FileMeta | Absent | Unavailable] = {}
    documents: dict[str, Document | Absent | Unavailable] = {}
    limits: tuple[str, ...] = ()
    commands: dict[str, CommandOutput] = {}
    linux: LinuxFacts | None = None


class Tool(Model, frozen=True, kw_only=True):
    """The program that made a document."""

    name: str
    version: str


class Snapshot(Model, frozen=True, kw_only=True):
    """What was read from one target at one time; times are RFC 3339 UTC.

    `note` says where a recorded snapshot comes from. `cluster` is None where no cluster was asked for.
    `cloud` holds the answers of a cloud's API that were handed in. `mode` says where the collector ran: on
    the host, in a container, in a pod of Kubernetes, or on a recorded tree; "" where nobody said.
    """

    schema: Literal["trueline.dev/snapshot/v1"]
    tool: Tool
    started_at: str
    finished_at: str
    node: NodeFacts | None = None
    cluster: ClusterFacts | None = None
    cloud: tuple[CloudDump, ...] = ()
    note: str = ""
    mode: CollectedIn = ""
