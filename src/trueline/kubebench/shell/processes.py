"""The program `ps`, in the forms that look for a program by its name."""

from collections.abc import Sequence

from trueline.kubebench.shell.machine import ProcessRow, Readable
from trueline.kubebench.shell.rows import Done, Row
from trueline.kubebench.shell.syntax import Unsure

_NAME_LIMIT = 15


def ps(words: Sequence[str], machine: Readable, beside: Sequence[str], programs: Sequence[str]) -> Done:
    """`ps -ef`, `ps -fC NAME` and `ps -C NAME -o pid=`.

    `beside` are the command lines of what runs at the same time on behalf of the script, and may be listed;
    `programs` are the names of all that.
    """
    if not machine.processes or (machine.is_own and not machine.prints_like_procps):
        raise Unsure
    match list(words[1:]):
        case ["-ef"]:
            return _all(machine, beside)
        case ["-fC", name]:
            rows = _named(name, machine, programs)
            lines = (Row(text=_head(machine.pid_width)), *(_row(row, machine.pid_width) for row in rows))
            return Done(rows=lines, status=0 if rows else 1)
        case ["-C", name, "-o", "pid="]:
            rows = _named(name, machine, programs)
            width = machine.pid_width
            return Done(
                rows=tuple(Row(text=f"{row.pid:>{width}}\n") for row in rows), status=0 if rows else 1
            )
    raise Unsure


def _all(machine: Readable, beside: Sequence[str]) -> Done:
    rows = [Row(text=_head(machine.pid_width), moving=True)]
    rows += [_row(row, machine.pid_width) for row in machine.processes]
    rows += [Row(text=f"{' '.join(line.split())}\n", ghost=True, moving=True) for line in beside]
    return Done(rows=tuple(rows))


def _named(name: str, machine: Readable, programs: Sequence[str]) -> list[ProcessRow]:
    rows = [row for row in machine.processes if row.name == name]
    plain = name.replace("-", "").replace("_", "").isalnum() and name.isascii() and name[:1].isalpha()
    if not plain or len(name) > _NAME_LIMIT or name in programs or not all(row.certain for row in rows):
        raise Unsure
    return rows


def _head(width: int) -> str:
    return f"UID      {'PID':>{width}} {'PPID':>{width}}  C STIME TTY          TIME CMD\n"


def _row(row: ProcessRow, width: int) -> Row:
    text = (
        f"{row.user:<8} {row.pid:>{width}} {row.ppid:>{width}} {row.cpu:>2} {row.start:<5} "
        f"{row.terminal:<8} {row.time:>8} {row.command}"
    )
    # What can't be shown in one line is shown otherwise by `ps`; it is not certain then.
    return Row(text=f"{' '.join(text.split(chr(10)))}\n", sure=row.certain, moving=True)
