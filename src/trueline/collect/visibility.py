"""Says how much of a node's processes can be seen from where this program runs."""

import os
from typing import NamedTuple

from trueline.collect.access import Root
from trueline.model.facts import Unavailable

# The kernel gives the first PID namespace this inode number on every machine.
_FIRST_PID_NAMESPACE = "pid:[4026531836]"


class Visibility(NamedTuple):
    """Sentences for `NodeFacts.limits`; `blind` where a component's process would not be seen at all."""

    limits: tuple[str, ...] = ()
    blind: Unavailable | None = None


def look_around(root: Root, pids: list[int]) -> Visibility:
    """What keeps processes from being seen; of a recorded tree nothing is known."""
    if not root.live:
        return Visibility()
    if _others_hidden(root, pids):
        reason = "only this user's own processes are visible (hidepid): run as root"
        return Visibility((f"Of the processes {reason}.",), Unavailable(kind="denied", reason=reason))
    if not _is_first_namespace(root):
        reason = (
            "the processes visible here are those of a container, not of the node: share its PID namespace"
        )
        return Visibility(
            (f"{reason[0].upper()}{reason[1:]}.",), Unavailable(kind="not-mounted", reason=reason)
        )
    return Visibility()


def _others_hidden(root: Root, pids: list[int]) -> bool:
    if pids[0] == 1 and isinstance(root.read("/proc/1/stat"), bytes):
        return False
    own = os.geteuid()
    if own == 0:
        return False
    for pid in pids:
        if isinstance(root.read(f"/proc/{pid}/stat"), bytes) and _owner(root, pid) not in (own, None):
            return False
    return True


def _owner(root: Root, pid: int) -> int | None:
    uid = getattr(root.meta(f"/proc/{pid}", entries=False), "uid", None)
    return uid if isinstance(uid, int) else None


def _is_first_namespace(root: Root) -> bool:
    """By the namespace's number, or where that may not be read by the kernel's second process."""
    namespace = root.readlink("/proc/1/ns/pid")
    if isinstance(namespace, str):
        return namespace == _FIRST_PID_NAMESPACE
    return root.read("/proc/2/comm") == b"kthreadd\n"
