"""Where the walk enters the local file systems, and which mounts and directories are containers'."""

from trueline.collect.access import printable
from trueline.collect.linux.mounts import MEMORY_TYPES, is_local
from trueline.model.known import Unavailable
from trueline.model.linux_system import Mount

SKIPPED_KEPT = 1_000
_CONTAINERS = (
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/containers",
    "/var/lib/crio",
    "/var/lib/cri-dockerd",
    "/var/lib/kubelet/pods",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/rancher/rke2/agent/containerd",
    "/var/lib/k0s/containerd",
    "/var/snap/microk8s/common/var/lib/containerd",
    "/run/containerd",
)


def tops_of(mounts: tuple[Mount, ...] | Unavailable) -> tuple[dict[str, Mount | None], dict[str, str]]:
    """Where each local file system is entered, and why the other mounts are not."""
    if isinstance(mounts, Unavailable):
        return {"/": None}, {}
    visible = {mount.target: mount for mount in mounts}
    whole = {mount.device for mount in visible.values() if mount.source_path == "/"}
    tops: dict[str, Mount | None] = {"/": visible.get("/")}
    entered = {(mount.device, mount.source_path) for mount in visible.values() if mount.target == "/"}
    skipped: dict[str, str] = {}
    for target, mount in sorted(visible.items()):
        reason = _not_entered(mount)
        # A part of what is there as a whole is seen there; btrfs gives each part another device.
        part = mount.source_path != "/" and mount.device in whole and mount.type != "btrfs"
        if reason:
            skipped[printable(target)] = reason
        elif target != "/" and not part and (mount.device, mount.source_path) not in entered:
            entered.add((mount.device, mount.source_path))
            tops[target] = mount
    return tops, dict(list(skipped.items())[:SKIPPED_KEPT])


def _not_entered(mount: Mount) -> str:
    if mount.target == "/":
        return ""
    if not is_local(mount.type) and mount.type not in MEMORY_TYPES:
        return f"a {mount.type} file system"
    if mount.type in {"overlay", *MEMORY_TYPES} and mount.target.startswith(_CONTAINERS):
        return "a container's view of files that are seen elsewhere, or in memory only"
    return ""


def in_container(path: str) -> bool:
    """Whether a directory is storage of containers."""
    return path.startswith(_CONTAINERS) and any(
        path == place or path.startswith(f"{place}/") for place in _CONTAINERS
    )
