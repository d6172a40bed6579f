"""Says on a terminal what is going on; silent in a pipe."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Progress:
    """What collectors report to; shows nothing."""

    def step(self, text: str) -> None:
        """A new stage begins."""

    def count(self, what: str, number: int) -> None:
        """So many of something were read so far."""


class _Spinner(Progress):
    def __init__(self, status: Any) -> None:
        self._status = status

    def step(self, text: str) -> None:
        self._status.update(text)

    def count(self, what: str, number: int) -> None:
        self._status.update(f"{number} {what}")


@contextmanager
def progress(*, wanted: bool) -> Iterator[Progress]:
    """A spinner on standard error if that is a terminal and it is wanted."""
    if not wanted or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield Progress()
        return
    from rich.console import Console

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
    with console.status("starting") as status:
        yield _Spinner(status)
