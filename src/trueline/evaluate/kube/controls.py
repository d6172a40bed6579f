"""What a pod may ask for that a Pod Security Standard forbids, judged by effective values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from trueline.evaluate.kube.units import Check, containers
from trueline.model.cluster import Container, PodSpec, SecurityContext

Level = Literal["baseline", "restricted"]

_NONE = SecurityContext()

# Capabilities that the baseline level lets containers add: the usual defaults of runtimes without NET_RAW.
_BASELINE_ADD = frozenset(
    (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)


@dataclass(frozen=True)
class Control:
    """A recommendation's subject. `level` is the lowest that forbids it, from `since` of the standards on."""

    noun: str
    level: Level
    check: Check
    since: tuple[int, int] = (1, 0)


def windows(spec: PodSpec) -> bool:
    """Whether the pod says that it runs on Windows, where the Linux fields have no meaning."""
    return spec.os is not None and spec.os.name == "windows"


def _contexts(spec: PodSpec) -> Iterator[tuple[Container, SecurityContext]]:
    for container in containers(spec):
        yield container, container.security_context or _NONE


def _each(spec: PodSpec, wrong: Callable[[SecurityContext], str], *, linux: bool = True) -> tuple[str, ...]:
    """Containers of which `wrong` says something, in the pod's order; none of a Windows pod if `linux`."""
    if linux and windows(spec):
        return ()
    return tuple(
        f"container {container.name} {text}" for container, own in _contexts(spec) if (text := wrong(own))
    )


def privileged(spec: PodSpec) -> tuple[str, ...]:
    """Containers that run privileged."""
    return _each(spec, lambda own: "is privileged" if own.privileged else "")


def host_pid(spec: PodSpec) -> tuple[str, ...]:
    """The node's process IDs."""
    return ("shares the node's process IDs (hostPID)",) if spec.host_pid else ()


def host_ipc(spec: PodSpec) -> tuple[str, ...]:
    """The node's IPC."""
    return ("shares the node's IPC (hostIPC)",) if spec.host_ipc else ()


def host_network(spec: PodSpec) -> tuple[str, ...]:
    """The node's network."""
    return ("shares the node's network (hostNetwork)",) if spec.host_network else ()


def privilege_escalation(spec: PodSpec) -> tuple[str, ...]:
    """Containers whose processes may gain privileges; the default allows it."""
    return _each(spec, _escalates)


def _escalates(own: SecurityContext) -> str:
    if own.allow_privilege_escalation is False:
        return ""
    set_or_not = "unset" if own.allow_privilege_escalation is None else "true"
    return f"may escalate privileges (allowPrivilegeEscalation {set_or_not})"


def run_as_root(spec: PodSpec) -> tuple[str, ...]:
    """Containers that may run as root: neither a user other than 0 nor runAsNonRoot, own or the pod's."""
    pod = spec.security_context or _NONE
    return _each(spec, lambda own: _root(own, pod, linux=not windows(spec)), linux=False)


def _root(own: SecurityContext, pod: SecurityContext, *, linux: bool) -> str:
    user = pod.run_as_user if own.run_as_user is None else own.run_as_user
    non_root = pod.run_as_non_root if own.run_as_non_root is None else own.run_as_non_root
    if linux and user == 0:
        return "runs as root (runAsUser 0)"
    if non_root or (linux and user is not None):
        return ""
    return "may run as root (neither runAsNonRoot nor runAsUser)" if linux else "lacks runAsNonRoot"


def _names(listed: tuple[str, ...] | None) -> frozenset[str]:
    return frozenset(name.upper().removeprefix("CAP_") for name in listed or ())


def _added(own: SecurityContext) -> frozenset[str]:
    return _names(own.capabilities.add) if own.capabilities else frozenset()


def _dropped(own: SecurityContext) -> frozenset[str]:
    return _names(own.capabilities.drop) if own.capabilities else frozenset()


def net_raw(spec: PodSpec) -> tuple[str, ...]:
    """Containers that hold NET_RAW, which runtimes give unless it is dropped."""
    return _each(spec, _net_raw)


def _net_raw(own: SecurityContext) -> str:
    if own.privileged or _added(own) & {"ALL", "NET_RAW"}:
        return "is given NET_RAW"
    return "" if _dropped(own) & {"ALL", "NET_RAW"} else "keeps NET_RAW (neither ALL nor NET_RAW is dropped)"


def added_capabilities(spec: PodSpec) -> tuple[str, ...]:
    """Containers with capabilities beyond the ordinary ones."""
    return _each(spec, lambda own: _beyond(_added(own) - _BASELINE_ADD))


def _beyond(names: frozenset[str]) -> str:
    return f"adds capabilities {', '.join(sorted(names))}" if names else ""


def assigned_capabilities(spec: PodSpec) -> tuple[str, ...]:
    """Containers that don't drop all capabilities, or add back more than NET_BIND_SERVICE."""
    return _each(spec, _assigned)


def _assigned(own: SecurityContext) -> str:
    if "ALL" not in _dropped(own):
        return "does not drop ALL capabilities"
    return _beyond(_added(own) - {"NET_BIND_SERVICE"})


def windows_host_process(spec: PodSpec) -> tuple[str, ...]:
    """Windows HostProcess containers; what a container doesn't say, the pod says for it."""
    pod = spec.security_context
    inherited = bool(pod and pod.windows_options and pod.windows_options.host_process)

    def wrong(own: SecurityContext) -> str:
        said = own.windows_options.host_process if own.windows_options else None
        return "is a HostProcess container" if (inherited if said is None else said) else ""

    return _each(spec, wrong, linux=False)


def host_path(spec: PodSpec) -> tuple[str, ...]:
    """Volumes that are directories or files of the node."""
    return tuple(
        f"volume {volume.name} mounts {volume.host_path.path or 'a path'} of the node"
        for volume in spec.volumes or ()
        if volume.host_path is not None
    )


def host_ports(spec: PodSpec) -> tuple[str, ...]:
    """Ports of the node that containers take."""
    return tuple(
        f"container {container.name} takes port {port.host_port} of the node"
        for container in containers(spec)
        for port in container.ports or ()
        if port.host_port
    )


def seccomp(spec: PodSpec) -> tuple[str, ...]:
    """Containers without a seccomp profile of their own or of the pod."""
    pod = spec.security_context or _NONE
    return _each(spec, lambda own: _unconfined(own, pod))


def _unconfined(own: SecurityContext, pod: SecurityContext) -> str:
    if own.privileged:
        return "runs without seccomp because it is privileged"
    profile = own.seccomp_profile or pod.seccomp_profile
    if profile is None or not profile.type:
        return "has no seccomp profile"
    return "" if profile.type in {"RuntimeDefault", "Localhost"} else f"has seccomp profile {profile.type}"


def writable_root(spec: PodSpec) -> tuple[str, ...]:
    """Containers that can write to their own file system."""
    return _each(
        spec, lambda own: "" if own.read_only_root_filesystem else "can write to its root file system"
    )


CONTROLS: dict[str, Control] = {
    "privileged": Control("privileged containers", "baseline", privileged),
    "host-pid": Control("pods with hostPID", "baseline", host_pid),
    "host-ipc": Control("pods with hostIPC", "baseline", host_ipc),
    "host-network": Control("pods with hostNetwork", "baseline", host_network),
    "privilege-escalation": Control(
        "containers that may escalate privileges", "restricted", privilege_escalation, (1, 8)
    ),
    "run-as-root": Control("containers that run as root", "restricted", run_as_root),
    "net-raw": Control("containers that hold NET_RAW", "restricted", net_raw, (1, 22)),
    "added-capabilities": Control("containers with further capabilities", "baseline", added_capabilities),
    "assigned-capabilities": Control(
        "containers that keep capabilities", "restricted", assigned_capabilities, (1, 22)
    ),
    "windows-host-process": Control("Windows HostProcess containers", "baseline", windows_host_process),
    "host-path": Control("pods with hostPath volumes", "baseline", host_path),
    "host-ports": Control("containers with host ports", "baseline", host_ports),
    "seccomp": Control("containers without a seccomp profile", "restricted", seccomp, (1, 19)),
}
