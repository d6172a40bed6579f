"""Runs programs where only parts of a tree are mounted, as a pod sees a node through its hostPath volumes."""

import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest


def need_mounts() -> None:
    """Skip the test where this user may not mount."""
    try:
        done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("SKIPPED FOR WANT OF unshare (util-linux)")
    if done.returncode:
        pytest.skip(f"SKIPPED FOR WANT OF THE RIGHT TO MOUNT: {done.stderr.decode().strip()}")


def run_mounted(
    command: Sequence[object],
    mounts: Mapping[Path | str, Path],
    *,
    options: Sequence[str] = (),
    inside: Iterable[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a command where each source is mounted read-only at its place.

    `options` are more of unshare's; `inside` are words in front of the command, such as those of setpriv.
    """
    lines = ["set -e"]
    for source, place in mounts.items():
        lines += _mount(Path(source), place)
    lines += [
        shlex.join([*inside, *map(str, command)]),
        "exit 0",
    ]  # no exec: the shell stays first
    return subprocess.run(
        ["unshare", "--mount", *options, "sh", "-c", "\n".join(lines)],
        capture_output=True,
        check=False,
        text=True,
        timeout=100,
    )


def _mount(source: Path, place: Path) -> list[str]:
    what, where = shlex.quote(str(source)), shlex.quote(str(place))
    folder = shlex.quote(str(place.parent))
    made = f"mkdir -p {where}" if source.is_dir() else f"mkdir -p {folder} && touch {where}"
    return [made, f"mount --rbind {what} {where}", f"mount -o remount,bind,ro {where}"]
