"""Carries out a script: lists, conditions, loops, pipelines, variables."""

import re
from collections.abc import Sequence

from trueline.kubebench.shell.expand import fields, joined
from trueline.kubebench.shell.machine import Readable
from trueline.kubebench.shell.parse import parse
from trueline.kubebench.shell.programs import (
    BUILT_IN,
    Call,
    built_in,
    ends_early,
    passes_on,
    reads_input,
    start,
    starts_others,
)
from trueline.kubebench.shell.rows import Budget, Done, Row, lines_of, silenced, sure_text
from trueline.kubebench.shell.syntax import (
    AndOr,
    Command,
    For,
    If,
    Items,
    Part,
    Pipeline,
    Simple,
    Substitution,
    Text,
    Unsure,
    Variable,
    While,
)

SHELL = "/bin/sh"
_DEEPEST = 3
# Pipes hand over what is printed when this much is waiting, or at the end.
_BUFFER = 4096
_SPECIAL = re.compile(
    r"IFS|PATH|ENV|HOME|PWD|PS\d|OPT.*|LC_.*|LANG.*|LD_.*|BASH.*|POSIX.*|TZ.*|GREP_.*|U?ID|E.ID"
)


def run(script: str, machine: Readable) -> Done:
    """What `/bin/sh` prints that reads the script. Raises Unsure."""
    return Interpreter(machine, Budget(), (SHELL,)).script(script, last=True)


class Interpreter:
    """One shell. `beside` are the command lines of the shells that run on behalf of the script."""

    def __init__(self, machine: Readable, budget: Budget, beside: tuple[str, ...]) -> None:
        self.machine = machine
        self.budget = budget
        self.beside = beside
        self.variables: dict[str, str] = {}
        self.said: list[Row] = []
        self.crowded = False
        self.status = 0
        self.input_is_empty = False

    def script(self, script: str, *, last: bool) -> Done:
        """All lines. `last`: nothing but this script was on the standard input, or that was read."""
        rows: list[Row] = []
        status = 0
        for line in parse(script):
            self.input_is_empty = last and line.last
            done = self.items(line.items)
            rows += done.rows
            status = done.status
        return Done(rows=tuple(rows), status=status)

    def items(self, items: Items) -> Done:
        rows: list[Row] = []
        status = 0
        for item in items:
            done = self.and_or(item)
            rows += done.rows
            status = done.status
        return Done(rows=tuple(rows), status=status)

    def and_or(self, item: AndOr) -> Done:
        done = self.pipeline(item.first)
        rows, status = [*done.rows], done.status
        for operator, pipeline in item.rest:
            if (status == 0) is (operator == "&&"):
                done = self.pipeline(pipeline)
                rows += done.rows
                status = done.status
        return Done(rows=tuple(rows), status=status)

    def pipeline(self, pipeline: Pipeline) -> Done:
        stages = pipeline.stages
        done = self.command(stages[0]) if len(stages) == 1 else self.piped(stages)
        return Done(rows=done.rows, status=int(done.status == 0)) if pipeline.negated else done

    def command(self, command: Command) -> Done:
        self.budget.spend()
        match command:
            case Simple():
                return self.simple(command)
            case If():
                return self.conditional(command)
            case For():
                return self.loop(command)
            case While():
                raise Unsure  # it would read the rest of the script

    def conditional(self, command: If) -> Done:
        rows: list[Row] = []
        for condition, then in command.branches:
            done = self.items(condition)
            rows += done.rows
            if done.status == 0:
                return _behind(rows, self.items(then))
        return _behind(rows, self.items(command.otherwise))

    def loop(self, command: For) -> Done:
        words = [
            text for word in command.words for text in fields(word, self.value, self.machine, self.budget)
        ]
        rows, self.said = self.said, []
        status = 0
        for text in words:
            self.assign(command.name, text)
            done = self.items(command.body)
            rows += done.rows
            status = done.status
        return Done(rows=tuple(rows), status=status)

    def simple(self, command: Simple) -> Done:
        if command.assignments:
            return self.assigned(command)
        words = self.words(command)
        said, self.said = self.said, []
        return _behind(said, _muted(command, self.started(words, None, ())))

    def assigned(self, command: Simple) -> Done:
        self.status = 0
        for name, word in command.assignments:
            self.assign(name, joined(word, self.value))
        said, self.said = self.said, []
        return Done(rows=tuple(said), status=self.status)

    def assign(self, name: str, text: str) -> None:
        if _SPECIAL.fullmatch(name) or self.machine.variable(name):
            raise Unsure  # the shell's own, or seen by the programs that it starts
        self.variables[name] = text

    def words(self, command: Simple) -> list[str]:
        words = [
            text for word in command.words for text in fields(word, self.value, self.machine, self.budget)
        ]
        if not words:
            raise Unsure
        return words

    def value(self, part: Part) -> str:
        match part:
            case Text():
                return part.value
            case Variable():
                return self.variable(part.name)
            case Substitution():
                return self.substituted(part)

    def variable(self, name: str) -> str:
        if name in self.variables:
            return self.variables[name]
        text = self.machine.variable(name)
        # Shells set variables of their own, whose names are in capitals.
        if text is None or name.isupper() or not text.isascii():
            raise Unsure
        return text

    def substituted(self, part: Substitution) -> str:
        outer, self.variables = self.variables, dict(self.variables)
        done = self.items(part.script)
        self.variables = outer
        self.said += [row for row in done.rows if row.error]
        self.status = done.status
        text = sure_text([row for row in done.rows if not row.error])
        if "\0" in text or not text.isascii():
            raise Unsure
        return text.rstrip("\n")

    def piped(self, stages: Sequence[Command]) -> Done:
        last = stages[-1]
        reading = last if isinstance(last, While) else None
        if reading:
            stages = stages[:-1]
        commands = [stage for stage in stages if isinstance(stage, Simple) and not stage.assignments]
        if len(commands) != len(stages):
            raise Unsure
        # Behind the first, substitutions run beside the other programs and read what those print.
        behind = [part for command in commands[1:] for word in command.words for part in word]
        if any(isinstance(part, Substitution) for part in behind):
            raise Unsure
        outer, self.crowded = self.crowded, self.crowded or len(stages) > 1 or reading is not None
        calls = [self.words(command) for command in commands]
        said, self.said = self.said, []
        early = any(command.silent for command in commands) or any(ends_early(call) for call in calls)
        if early and any(starts_others(call) for call in calls):
            raise Unsure  # they tell of programs that were ended early
        if not reading:
            self.crowded = outer
            return self.flow(commands, calls, said)
        # What the loop starts would be listed by a `ps` that is not done yet, and the other way round.
        done = self.read_lines(reading, self.flow(commands, calls, said))
        self.crowded = outer
        return done

    def read_lines(self, command: While, given: Done) -> Done:
        """Carries out the loop in a shell of its own: what it assigns is gone behind it."""
        if any(row.error for row in given.rows):
            raise Unsure  # it might print before those are told
        text = sure_text(lines_of(given.rows))
        if not command.raw and "\\" in text:
            raise Unsure
        outer, self.variables = self.variables, dict(self.variables)
        empty, self.input_is_empty = self.input_is_empty, False
        rows: list[Row] = []
        status = 0
        for line in text.split("\n")[:-1]:
            self.budget.spend()
            for name, value in zip(command.names, _read_words(line, len(command.names)), strict=True):
                self.assign(name, value)
            done = self.items(command.body)
            rows += done.rows
            status = done.status
        self.variables, self.input_is_empty = outer, empty
        return Done(rows=tuple(rows), status=status)

    def flow(self, commands: list[Simple], calls: list[list[str]], said: list[Row]) -> Done:
        """Runs the stages of a pipeline; what they say of errors comes before what the last one prints."""
        rows: tuple[Row, ...] | None = None
        errors = [*said]
        beside = tuple(" ".join(call) for call in calls)
        done = Done()
        for number, (command, call) in enumerate(zip(commands, calls, strict=True)):
            if number and not reads_input(call):
                raise Unsure
            done = _muted(command, self.started(call, rows, beside))
            complaints = [row for row in done.rows if row.error]
            if complaints and errors and not call[0].endswith("xargs"):
                raise Unsure
            if number < len(calls) - 1:
                errors += complaints
                rows = tuple(row for row in done.rows if not row.error)
        large = sum(len(row.text) for row in done.rows) >= _BUFFER
        if errors and (large or any(passes_on(call) for call in calls[1:])):
            raise Unsure  # it may print before an earlier one is done
        return _behind(errors, done)

    def started(self, words: list[str], given: tuple[Row, ...] | None, beside: tuple[str, ...]) -> Done:
        """Runs one command with its input: that of a pipeline, or None for the shell's own."""
        self.budget.spend()
        if self.machine.variable(f"BASH_FUNC_{words[0]}%%"):
            raise Unsure  # bash puts a function in its place
        if words[0] in ("sh", SHELL):
            if beside:
                raise Unsure
            return self.nested(words, given)
        if words[0] in BUILT_IN:
            return built_in(words, self.machine)
        call = Call(
            words=tuple(words),
            given=() if given is None and self.input_is_empty else given,
            beside=(*self.beside, *beside),
            crowded=self.crowded,
            machine=self.machine,
            budget=self.budget,
        )
        return start(call)

    def nested(self, words: list[str], given: tuple[Row, ...] | None) -> Done:
        if len(words) != 3 or words[1] != "-c" or given is not None or self.crowded:
            raise Unsure
        if len(self.beside) > _DEEPEST:
            raise Unsure
        inner = Interpreter(self.machine, self.budget, (*self.beside, " ".join(words)))
        return inner.nested_script(words[2], self.input_is_empty)

    def nested_script(self, script: str, input_is_empty: bool) -> Done:
        """A script that is an argument: all of its commands have the same input."""
        rows: list[Row] = []
        status = 0
        self.input_is_empty = input_is_empty
        for line in parse(script):
            done = self.items(line.items)
            rows += done.rows
            status = done.status
        return Done(rows=tuple(rows), status=status)


def _read_words(line: str, count: int) -> list[str]:
    """What `read` puts into each of so many variables; the last gets the rest of the line."""
    line = line.strip(" \t")
    words = re.split(r"[ \t]+", line, maxsplit=count - 1) if count > 1 else [line]
    return words + [""] * (count - len(words))


def _behind(rows: Sequence[Row], done: Done) -> Done:
    return Done(rows=(*rows, *done.rows), status=done.status) if rows else done


def _muted(command: Simple, done: Done) -> Done:
    if not command.silent and not command.silent_errors:
        return done
    rows = done.rows
    if command.silent_errors:
        rows = tuple(row for row in rows if not row.error)
    if command.silent:
        silenced([row for row in rows if not row.error])
        rows = tuple(row for row in rows if row.error)
    return Done(rows=rows, status=done.status)
