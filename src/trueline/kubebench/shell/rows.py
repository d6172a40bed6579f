"""The lines that programs hand to each other, with what is known of each."""

from collections.abc import Iterable, Sequence

import msgspec

from trueline.kubebench.shell.syntax import Unsure
from trueline.model.base import Model


class Row(Model, frozen=True, kw_only=True):
    """One line with its end, or a text without one.

    `sure`: this is the very text. `ghost`: it may or may not be there. `error`: it goes to standard error.
    `moving`: of a list of processes, whose columns of times and numbers are not the same in the next one.
    """

    text: str
    sure: bool = True
    ghost: bool = False
    error: bool = False
    moving: bool = False


class Done(Model, frozen=True, kw_only=True):
    """What a command printed, in its order, and its exit status."""

    rows: tuple[Row, ...] = ()
    status: int = 0


class Budget:
    """How much may be done for one script."""

    def __init__(self, steps: int = 20_000) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Raises Unsure where it is used up."""
        self.left -= steps
        if self.left < 0:
            raise Unsure


def printed(*texts: str, status: int = 0) -> Done:
    """Lines on standard output, their ends left out."""
    return Done(rows=tuple(Row(text=f"{text}\n") for text in texts), status=status)


def failed(message: str, status: int = 1) -> Done:
    """A message on standard error."""
    return Done(rows=(Row(text=f"{message}\n", error=True),), status=status)


def lines_of(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The same text as rows of one line each. Raises Unsure for bytes that filters treat differently."""
    found = tuple(rows)
    if not all(row.text.isascii() and "\0" not in row.text for row in found):
        raise Unsure
    if all(row.text.endswith("\n") and row.text.count("\n") == 1 for row in found):
        return found
    return tuple(Row(text=line) for line in split(sure_text(found)))


def sure_text(rows: Sequence[Row]) -> str:
    """The text of all rows together. Raises Unsure where it is not certain."""
    if not all(row.sure and not row.ghost for row in rows):
        raise Unsure
    if len(rows) > 1 and any("\ufffd" in row.text for row in rows):
        raise Unsure
    return "".join(row.text for row in rows)


def split(text: str) -> list[str]:
    """The lines of a text, each with its end, where it has one."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def ended(row: Row) -> Row:
    """The row with an end of line."""
    return row if row.text.endswith("\n") else msgspec.structs.replace(row, text=f"{row.text}\n")


def silenced(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Nothing. Raises Unsure where even that there was something is not certain, as the status tells it."""
    if rows and not any(row.sure and not row.ghost for row in rows):
        raise Unsure
    return ()
