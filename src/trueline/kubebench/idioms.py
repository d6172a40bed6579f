"""Answers the commonest scripts by reading, where the text is certain to be what the script would print.

Certain means: the script has exactly one of the forms below with plain words in it; every process, file and
name that its output shows was read as a whole; and nothing in the environment or on the machine makes the
programs print otherwise. The columns C, STIME and TIME of `ps` change by themselves between two calls; they
are what a call at that moment would show. Anything else is left to the shell.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from trueline.collect.machine import ProcessRow
from trueline.model.facts import CommandOutput, FileMeta

_WORD = r"[A-Za-z][A-Za-z0-9_-]*"
_PATH = r"/[A-Za-z0-9_./@+:=-]*"
_GREP = re.compile(rf"(/bin/)?ps -ef \| (?:/bin/)?grep ({_WORD}) \| (?:/bin/)?grep -v grep")
_PS = re.compile(rf"(/bin/)?ps -fC ({_WORD})")
_CAT = re.compile(rf"(/bin/cat|cat) ({_PATH})")
_STAT = re.compile(rf"stat -c ([a-z]+=)?(%a|%U:%G) ({_PATH})")
_IF = re.compile(rf"if test -e ({_PATH}); then ([^;]*); fi")
_SHELL = (
    re.compile(r"(?:/bin/)?sh -c '([^'\\]*)'"),
    re.compile(r'(?:/bin/)?sh -c "([^"\\$`]*)"'),
)
_NAME_LIMIT = 15
# What stands in the rows of `ps` and of the shell themselves, whose numbers nobody can know beforehand.
_OWN_ROWS = "/bin/sh ps -ef Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec pts/"
_SHORTEST = 4


class Readable(Protocol):
    """A machine that can be read without starting a program; see `collect.machine.Machine`."""

    @property
    def is_own(self) -> bool: ...
    @property
    def own_user(self) -> str: ...
    @property
    def prints_like_procps(self) -> bool: ...
    @property
    def pid_width(self) -> int: ...
    @property
    def processes(self) -> Sequence[ProcessRow]: ...
    def exists(self, path: str) -> bool | None: ...
    def meta(self, path: str) -> FileMeta | None: ...
    def text(self, path: str) -> str | None: ...


def answer(script: str, machine: Readable) -> CommandOutput | None:
    """What the script would print; None where that is not certain.

    Below a root that is not this machine's own nothing can be run to compare with: there a row counts whose
    arguments are certain, and what a recorded tree does not tell is "?".
    """
    script = script.strip(" \n")
    if found := _GREP.fullmatch(script):
        return _listed(found[2], machine)
    if found := _PS.fullmatch(script):
        return _named(found[2], machine)
    for wrapper in _SHELL:
        if found := wrapper.fullmatch(script):
            script = found[1].strip()
            break
    if found := _IF.fullmatch(script):
        return _if_there(found[1], found[2].strip(), machine)
    return _file(script, machine)


def _listed(word: str, machine: Readable) -> CommandOutput | None:
    rows = machine.processes
    own_row = machine.is_own and word in machine.own_user
    if len(word) < _SHORTEST or word in _OWN_ROWS or own_row or not rows or not _usable(machine):
        return None
    # Bytes outside ASCII anywhere in its input make grep say "binary file matches" in some locales.
    if not all(row.command.isascii() for row in rows):
        return None
    found = [row for row in rows if word in row.command or word in row.user]
    if not all(row.certain for row in found):
        return None
    lines = [line for row in found if "grep" not in (line := _line(row, machine.pid_width))]
    return CommandOutput(output="".join(lines), exit_code=0 if lines else 1, native=True)


def _named(name: str, machine: Readable) -> CommandOutput | None:
    rows = [row for row in machine.processes if row.name == name]
    if len(name) > _NAME_LIMIT or not machine.processes or not _usable(machine):
        return None
    if not all(row.certain for row in rows):
        return None
    width = machine.pid_width
    head = f"UID      {'PID':>{width}} {'PPID':>{width}}  C STIME TTY          TIME CMD\n"
    text = head + "".join(_line(row, width) for row in rows)
    return CommandOutput(output=text, exit_code=0 if rows else 1, native=True)


def _usable(machine: Readable) -> bool:
    return machine.prints_like_procps if machine.is_own else True


def _line(row: ProcessRow, width: int) -> str:
    return (
        f"{row.user:<8} {row.pid:>{width}} {row.ppid:>{width}} {row.cpu:>2} {row.start:<5} "
        f"{row.terminal:<8} {row.time:>8} {row.command}\n"
    )


def _if_there(path: str, command: str, machine: Readable) -> CommandOutput | None:
    there = machine.exists(path)
    if there is False and (_STAT.fullmatch(command) or _CAT.fullmatch(command)):
        return CommandOutput(native=True)
    return _file(command, machine) if there else None


def _file(command: str, machine: Readable) -> CommandOutput | None:
    if found := _STAT.fullmatch(command):
        text = _stat(found[2], found[3], machine)
        return None if text is None else CommandOutput(output=f"{found[1] or ''}{text}\n", native=True)
    if found := _CAT.fullmatch(command):
        return _cat(found[1], found[2], machine)
    return None


def _stat(wanted: str, path: str, machine: Readable) -> str | None:
    meta = machine.meta(path)
    if meta is None:
        return None
    if wanted == "%a":
        return f"{meta.bits:o}"
    # On this machine a directory service may know names that its files don't.
    if machine.is_own and (meta.owner is None or meta.group is None):
        return None
    return f"{meta.owner or 'UNKNOWN'}:{meta.group or 'UNKNOWN'}"


def _cat(program: str, path: str, machine: Readable) -> CommandOutput | None:
    text = machine.text(path)
    if text is not None:
        return CommandOutput(output=text, native=True)
    if machine.is_own or machine.exists(path) is not False:
        return None
    message = f"{program}: {path}: No such file or directory\n"
    return CommandOutput(output=message, exit_code=1, native=True)
