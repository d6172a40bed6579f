"""Tells directories of the node from those that a container runtime made to carry mounts."""

import re
from pathlib import Path

_ESCAPED = re.compile(r"\\([0-7]{3})")


def ways_to_mounts(root_fd: int) -> dict[str, frozenset[str]]:
    """Directories below an open root that lie on its own mount, with their entries that lead to others.

    Empty where the root itself is a mount point: then what lies on it is the node's. A directory in which
    there is nothing but these entries holds nothing of the node, so what is missing there may be on the node.
    """
    try:
        top = str(Path(f"/proc/self/fd/{root_fd}").readlink())
        lines = Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return {}
    points = {_unescaped(line.split()[4]) for line in lines}
    if top == "/" or top in points:
        return {}
    ways: dict[str, set[str]] = {}
    for point in points:
        if point.startswith(f"{top}/"):
            _add(ways, point, top, points)
    return {path.removeprefix(top) or "/": frozenset(names) for path, names in ways.items()}


def _add(ways: dict[str, set[str]], point: str, top: str, points: set[str]) -> None:
    """The steps from the top to a mount point, unless another mount lies between."""
    steps = []
    while point != top:
        point, _, name = point.rpartition("/")
        if point in points:
            return
        steps.append((point, name))
    for parent, name in steps:
        ways.setdefault(parent, set()).add(name)


def _unescaped(path: str) -> str:
    """A path of mountinfo, where blanks and backslashes stand as octal numbers."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), path)
