"""Keeps what was asked of a machine beside the outputs, so that a run can be judged again without it."""

import shlex
from collections.abc import Mapping, Sequence

from trueline.collect.outputs import clean_output
from trueline.kubebench.variables import Lookup
from trueline.model.facts import CommandOutput


class Recorder:
    """A lookup that notes each answer in `commands`, as the output of the script that would give it."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self.commands: dict[str, CommandOutput] = {}

    def exists(self, path: str) -> bool | None:
        """As the lookup says."""
        there = self.lookup.exists(path)
        self.commands[_presence(path)] = (
            CommandOutput(exit_code=None, error="it can't be seen", native=True)
            if there is None
            else CommandOutput(exit_code=0 if there else 1, native=True)
        )
        return there

    def command_lines(self, name: str) -> Sequence[str]:
        """As the lookup says."""
        lines = self.lookup.command_lines(name)
        self.commands[_processes(name)] = CommandOutput(
            output="".join(f"{clean_output(line)}\n" for line in lines),
            exit_code=0 if lines else 1,
            native=True,
        )
        return lines


class Recorded:
    """The lookup that a recorder's notes answer; what was never asked is not known."""

    def __init__(self, commands: Mapping[str, CommandOutput]) -> None:
        self.commands = commands

    def exists(self, path: str) -> bool | None:
        """Whether something was there."""
        answer = self.commands.get(_presence(path))
        return None if answer is None or answer.exit_code is None else answer.exit_code == 0

    def command_lines(self, name: str) -> Sequence[str]:
        """What ran under that name."""
        answer = self.commands.get(_processes(name))
        return answer.output.splitlines() if answer else ()


def _presence(path: str) -> str:
    return f"test -e {shlex.quote(path)}"


def _processes(name: str) -> str:
    return f"/bin/ps -C {shlex.quote(name)} -o cmd --no-headers"
