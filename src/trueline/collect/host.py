"""Reads who a node is: its name, operating system, kernel and a hash of its machine-id."""

import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from trueline.collect.access import Root
from trueline.collect.redact import clean_text

_SMALL = 64 * 1024
_TEXT_LIMIT = 512
_NAME = re.compile(r"[A-Z][A-Z0-9_]*$")
_KERNEL = re.compile(r"Linux version (\S+)")


def hostname(root: Root) -> str:
    """The node's name as it is now, else as configured; "" where neither can be read.

    The kernel tells each reader the name of the reader's own namespace: in a container that is the pod's.
    """
    current = () if root.live and _has_own_name(root) else ("/proc/sys/kernel/hostname",)
    return _first_line(root, (*current, "/etc/hostname"))


def _has_own_name(root: Root) -> bool:
    """Whether this process has another UTS namespace than the node's init; unknown counts as no."""
    init = root.readlink("/proc/1/ns/uts")
    return isinstance(init, str) and init != str(Path("/proc/self/ns/uts").readlink())


def kernel(root: Root) -> str | None:
    """The running kernel's release."""
    if release := _first_line(root, ("/proc/sys/kernel/osrelease",)):
        return release
    found = _KERNEL.match(_first_line(root, ("/proc/version",)))
    return found[1] if found else None


def machine_id(root: Root) -> str | None:
    """A SHA-256 hash of the machine-id, which itself is not to leave the machine."""
    text = _first_line(root, ("/etc/machine-id", "/var/lib/dbus/machine-id"))
    return hashlib.sha256(text.encode()).hexdigest() if text else None


def os_release(root: Root) -> dict[str, str]:
    """The variables of os-release."""
    text = next(_texts(root, ("/etc/os-release", "/usr/lib/os-release")), "")
    variables: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and _NAME.match(name):
            variables[name] = clean_text(_unquoted(value))[:_TEXT_LIMIT]
    return variables


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value


def _first_line(root: Root, paths: Iterable[str]) -> str:
    for text in _texts(root, paths):
        for line in text.splitlines():
            if stripped := line.strip():
                return clean_text(stripped)[:_TEXT_LIMIT]
    return ""


def _texts(root: Root, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        content = root.read(path, _SMALL)
        if isinstance(content, bytes):
            yield content.decode("utf-8", "replace")
