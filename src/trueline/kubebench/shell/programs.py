"""The programs that are known, by the names under which scripts start them."""

import re
from collections.abc import Callable, Sequence

import msgspec

from trueline.kubebench.shell import files, filters
from trueline.kubebench.shell.machine import Readable
from trueline.kubebench.shell.patterns import is_gnu
from trueline.kubebench.shell.processes import ps
from trueline.kubebench.shell.rows import Budget, Done, Row, printed, sure_text
from trueline.kubebench.shell.syntax import Unsure
from trueline.model.base import Model

_PLACES = ("/bin/", "/usr/bin/")
_MOST_ARGUMENTS = 50_000
_SHELLS = ("sh", "dash", "bash", "ash", "busybox")
BUILT_IN = ("test", "[", "echo", "true", "false", ":")


class Call(Model, frozen=True, kw_only=True):
    """One call of a program. `given` is its input, None where that is the rest of the script.

    `beside` are command lines of what runs at the same time; `crowded`: and of more that is not known yet.
    """

    words: tuple[str, ...]
    given: tuple[Row, ...] | None
    beside: tuple[str, ...]
    crowded: bool
    machine: Readable
    budget: Budget

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words behind the program's name."""
        return self.words[1:]

    def read(self, path: str | None) -> Done:
        """What a file holds, or for None what the program is given."""
        if path is not None:
            return files.content(self.words[0], path, self.machine)
        if self.given is None:
            raise Unsure
        return Done(rows=self.given)

    def again(self, words: Sequence[str]) -> Done:
        """Another program that this one starts, with the same input."""
        self.budget.spend()
        return start(msgspec.structs.replace(self, words=tuple(words), crowded=True))


def start(call: Call) -> Done:
    """Carries out one call. Raises Unsure for programs and arguments that are not known."""
    name = base_name(call.words[0])
    run = PROGRAMS.get(name)
    if run is None:
        raise Unsure
    maker = call.machine.maker(call.words[0]) if name != "ps" else "gnu"
    if maker == "other" or (maker != "gnu" and name in _GNU) or (not maker and name not in _PLAIN):
        raise Unsure
    return run(call)


def base_name(word: str) -> str:
    """The name of a program without the folder in which all of them are."""
    place = next((place for place in _PLACES if word.startswith(place)), "")
    name = word[len(place) :]
    if "/" in name:
        raise Unsure
    return name


def reads_input(words: Sequence[str]) -> bool:
    """Whether the program does nothing before it has read what it is given."""
    name = base_name(words[0])
    if name == "cat":
        return len(words) == 1
    if name == "grep":
        return filters.grep_words(words[1:]).file is None
    return name in _FILTERS or name == "xargs"


def ends_early(words: Sequence[str]) -> bool:
    """Whether it may end before it has read everything."""
    return base_name(words[0]) == "head" or (
        base_name(words[0]) == "grep" and "q" in filters.grep_words(words[1:]).options
    )


def passes_on(words: Sequence[str]) -> bool:
    """Whether it may print something before it has read everything, though it is little."""
    return base_name(words[0]) == "cat" or ends_early(words)


def starts_others(words: Sequence[str]) -> bool:
    """Whether it tells of programs that it started."""
    return base_name(words[0]) in ("xargs", "find", "sh")


def built_in(words: Sequence[str], machine: Readable) -> Done:
    """What the shell does itself."""
    name, *arguments = words
    match name:
        case "true" | ":":
            return Done()
        case "false":
            return Done(status=1)
        case "echo":
            # Shells differ in what they make of backslashes and of options.
            if any("\\" in word or word.startswith("-") for word in arguments):
                return _echo_of_dashes(arguments)
            return printed(" ".join(arguments))
        case "[":
            if arguments[-1:] != ["]"]:
                raise Unsure
            arguments = arguments[:-1]
    return Done(status=0 if files.condition(arguments, machine) else 1)


def _echo_of_dashes(arguments: Sequence[str]) -> Done:
    """A first word such as --flag=false is no option anywhere."""
    if any("\\" in word for word in arguments) or re.fullmatch(r"-[A-Za-z]+", arguments[0]):
        raise Unsure
    return printed(" ".join(arguments))


def _xargs(call: Call) -> Done:
    """`xargs [-r] COMMAND` and `xargs -I{} COMMAND` with words that need no quoting."""
    words = list(call.arguments)
    replaced = words[:1] in (["-I{}"], ["-i"])
    skips = words[:1] in (["-r"], ["--no-run-if-empty"])
    words = words[replaced or skips :]
    text = sure_text(call.read(None).rows)
    if not re.fullmatch(r"[ -~\t\n]*", text) or re.search(r"[\"'\\]", text) or len(text) > _MOST_ARGUMENTS:
        raise Unsure
    if not words or words[0].startswith("-") or base_name(words[0]) in (*_SHELLS, "xargs", *BUILT_IN):
        raise Unsure
    if replaced:
        lines = [line.lstrip(" \t") for line in text.split("\n")]
        return _all([_replaced(words, line) for line in lines if line], call)
    arguments = text.split()
    if not arguments and skips:
        return Done()
    return _all([[*words, *arguments]], call)


def _replaced(words: Sequence[str], line: str) -> list[str]:
    if any("{}" in word and word != "{}" for word in words) or words[0] == "{}":
        raise Unsure
    return [line if word == "{}" else word for word in words]


def _all(calls: Sequence[Sequence[str]], call: Call) -> Done:
    rows: list[Row] = []
    status = 0
    for words in calls:
        done = msgspec.structs.replace(call, given=()).again(words)
        rows += done.rows
        if done.status > 125:
            raise Unsure
        status = 123 if done.status else status
    return Done(rows=tuple(rows), status=status)


def _ps(call: Call) -> Done:
    if call.crowded and "-ef" in call.words:
        raise Unsure
    own = (*_SHELLS, *BUILT_IN, *PROGRAMS, "sleep")
    return ps(call.words, call.machine, call.beside, own)


def _grep(call: Call) -> Done:
    search = filters.grep_words(call.arguments)
    gnu = call.machine.maker(call.words[0]) == "gnu"
    if call.machine.variable("GREP_OPTIONS") or (is_gnu(search.pattern) and not gnu):
        raise Unsure
    if "i" in search.options and not call.machine.quotes:
        raise Unsure  # languages differ in what is the same letter
    return filters.grep(search, call.read(search.file), call.machine.own_user)


def _sort(call: Call) -> Done:
    if not call.machine.quotes:
        raise Unsure  # languages differ in their orders
    return filters.sort(call.arguments, call.read(None).rows)


def _ls(call: Call) -> Done:
    if not call.machine.quotes or call.machine.variable("QUOTING_STYLE"):
        raise Unsure
    return files.ls(call.words, call.machine)


def _filter(name: str) -> Callable[[Call], Done]:
    run = getattr(filters, name)
    return lambda call: run(call.arguments, call.read(None).rows)


_FILTERS = ("grep", "sed", "awk", "tr", "cut", "head", "tail", "uniq", "wc", "sort")
# What these print is the same wherever they are, and what they would print where they are not is plain.
_PLAIN = ("cat", "stat", "grep")
_GNU = ("sed", "tr", "cut", "head", "tail", "uniq", "wc", "sort", "xargs", "find", "ls")
PROGRAMS: dict[str, Callable[[Call], Done]] = {
    **{name: _filter(name) for name in _FILTERS if name not in ("grep", "sort")},
    "grep": _grep,
    "sort": _sort,
    "ls": _ls,
    "ps": _ps,
    "xargs": _xargs,
    "cat": lambda call: files.cat(call.arguments, call.read),
    "stat": lambda call: files.stat(call.words, call.machine),
    "find": lambda call: files.find(call.words, call.machine, call.again, call.budget),
}
