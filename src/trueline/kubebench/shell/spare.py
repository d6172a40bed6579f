"""Starts what a script names without shells that would only wait for it.

Nothing is answered here: the same programs run with the same words, and print the same.
"""

import re
from collections.abc import Callable, Iterator

from trueline.kubebench.shell.parse import parse
from trueline.kubebench.shell.programs import PROGRAMS, base_name
from trueline.kubebench.shell.syntax import If, Items, Line, Pipeline, Simple, Text, Unsure, Word

SHELL = "/bin/sh"
Commands = tuple[tuple[str, ...], ...]
_KNOWN = frozenset(PROGRAMS)
_SHORTEST = 4


def without_shell(script: str, is_there: Callable[[str], bool], user: str) -> Commands:
    """The commands of a script that is one pipeline of plain words; none where a shell is needed for it.

    A shell in a shell is started directly, and its last command in its place. `user` is whose programs they
    are, as lists of processes show it.
    """
    try:
        lines = parse(script)
        commands = _commands(lines)
        spare = all(is_there(words[0]) for words in commands) and _lists_nothing_else(commands, user)
    except Unsure:
        return ()
    if not spare:
        return ()
    return tuple(_nested(words, is_there) for words in commands)


def in_place(script: str, is_there: Callable[[str], bool]) -> str:
    """The script whose shell becomes the program that it would start last, instead of waiting for it."""
    try:
        lines = parse(script)
        places = sorted(_last_commands(lines[-1].items, is_there)) if lines else []
    except Unsure:
        return script
    for place in reversed(places):
        script = f"{script[:place]}exec {script[place:]}"
    return script


def _commands(lines: tuple[Line, ...]) -> Commands:
    if len(lines) != 1 or len(lines[0].items) != 1 or lines[0].items[0].rest:
        raise Unsure
    pipeline = lines[0].items[0].first
    if pipeline.negated:
        raise Unsure
    commands = tuple(_words(stage) for stage in pipeline.stages)
    shells = [words for words in commands if words[0] in ("sh", SHELL)]
    if shells and (len(commands) > 1 or len(shells[0]) != 3 or shells[0][1] != "-c"):
        raise Unsure
    return commands


def _words(stage: object) -> tuple[str, ...]:
    if not isinstance(stage, Simple) or stage.assignments or stage.silent or stage.silent_errors:
        raise Unsure
    words = tuple(_plain(word) for word in stage.words)
    if words[0] not in ("sh", SHELL) and base_name(words[0]) not in _KNOWN:
        raise Unsure
    return words


def _plain(word: Word) -> str:
    for part in word:
        if not isinstance(part, Text) or (not part.quoted and re.search(r"[*?\[]", part.value)):
            raise Unsure
    return "".join(part.value for part in word if isinstance(part, Text))


def _lists_nothing_else(commands: Commands, user: str) -> bool:
    """Whether a shell that is not there would not have been seen in a list of processes either."""
    first, *others = commands
    if first[0] in ("sh", SHELL):
        return not re.search(r"\bps\b", first[2])
    if any(base_name(words[0]) == "ps" for words in others):
        return False
    if base_name(first[0]) != "ps" or (len(first) == 3 and first[1] == "-fC"):
        return True
    # The usual form, which drops the lines of its own programs, in whatever state they are listed.
    filtered = others and base_name(others[0][0]) == "grep" and len(others[0]) == 2
    word = others[0][1] if filtered else ""
    plain = len(word) >= _SHORTEST and re.fullmatch(r"[A-Za-z-]+", word) is not None
    dropped = any(base_name(words[0]) == "grep" and words[1:] == ("-v", "grep") for words in others)
    own = [" ".join(words) for words in others] + [SHELL, user]
    return plain and dropped and not any(word in line and "grep" not in line for line in own)


def _nested(words: tuple[str, ...], is_there: Callable[[str], bool]) -> tuple[str, ...]:
    return (*words[:2], in_place(words[2], is_there)) if words[0] in ("sh", SHELL) else words


def _last_commands(items: Items, is_there: Callable[[str], bool]) -> Iterator[int]:
    """Where the commands begin behind which nothing is left to do."""
    last = items[-1].rest[-1][1] if items[-1].rest else items[-1].first
    if not isinstance(last, Pipeline) or last.negated or len(last.stages) != 1:
        return
    match last.stages[0]:
        case Simple() as command if command.words and _is_program(command, is_there):
            yield command.at
        case If() as command:
            for branch in (*(then for _, then in command.branches), command.otherwise):
                if branch:
                    yield from _last_commands(branch, is_there)
        case _:
            return


def _is_program(command: Simple, is_there: Callable[[str], bool]) -> bool:
    first = command.words[0][0]
    if len(command.words[0]) != 1 or not isinstance(first, Text) or first.quoted:
        return False
    known = _KNOWN - {"ps"}
    return base_name(first.value) in known and is_there(first.value)
