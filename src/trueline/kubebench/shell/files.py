"""Programs that look at files: stat, cat, find, and the conditions of `test`."""

import re
from collections.abc import Callable, Sequence

from trueline.kubebench.shell.machine import Entry, Readable
from trueline.kubebench.shell.patterns import name_pattern
from trueline.kubebench.shell.rows import Budget, Done, Row, failed, printed
from trueline.kubebench.shell.syntax import Unsure

_PATH = re.compile(r"[A-Za-z0-9_./@+:=,*?-]+")
_QUOTED_IN_MESSAGES = re.compile(r"[:=*?]")
_UNSURE_TREES = re.compile(r"/+(?:proc|sys|dev)(?:/|\Z)")
_DIRECTIVE = re.compile(r"%(.)")
_TYPES = {"f": "file", "d": "directory", "l": "link"}
_MOST_ENTRIES = 5_000
_LONGEST_NAME, _LONGEST_PATH = 255, 4_096  # of more, Linux says something else than that it is missing
Run = Callable[[Sequence[str]], Done]
Test = Callable[[str, Entry], bool]


def entry(machine: Readable, path: str, *, follow: bool) -> Entry:
    """What is at `path`. Raises Unsure where that is not known."""
    short = len(path) < _LONGEST_PATH and max(map(len, path.split("/"))) <= _LONGEST_NAME
    found = machine.entry(path, follow=follow) if short and _PATH.fullmatch(path) else None
    if found is None:
        raise Unsure
    return found


def stat(words: Sequence[str], machine: Readable) -> Done:
    """`stat -c FORMAT FILE...` and `stat -L -c FORMAT FILE...`."""
    name, *left = words
    follow = left[:1] == ["-L"]
    left = left[follow:]
    if left[:1] == ["-Lc"]:
        follow, left[0] = True, "-c"
    if len(left) < 2 or left[0] != "-c" or any(path.startswith("-") for path in left[2:]):
        raise Unsure
    if not left[2:]:
        _speaks(machine, name)
        return Done(
            rows=(
                Row(text=f"{name}: missing operand\n", error=True),
                Row(text=f"Try '{name} --help' for more information.\n", error=True),
            ),
            status=1,
        )
    rows: list[Row] = []
    for path in left[2:]:
        found = entry(machine, path, follow=follow)
        if found.kind == "missing":
            rows += _stat_failed(name, path, machine).rows
        else:
            rows.append(Row(text=f"{_formatted(left[1], path, found, machine)}\n"))
    return Done(rows=tuple(rows), status=int(any(row.error for row in rows)))


def _stat_failed(name: str, path: str, machine: Readable) -> Done:
    _speaks(machine, name)
    verb = machine.stat_says(name)
    if not verb:
        raise Unsure
    return failed(f"{name}: cannot {verb} '{path}': No such file or directory")


def _formatted(wanted: str, path: str, found: Entry, machine: Readable) -> str:
    if "\\" in wanted or not wanted.isascii() or not wanted.isprintable():
        raise Unsure
    values = {"a": f"{found.bits:o}", "n": path, "u": str(found.uid), "g": str(found.gid), "%": "%"}

    def value(directive: re.Match[str]) -> str:
        if directive[1] in "UG":
            return _name(found.owner if directive[1] == "U" else found.group, machine)
        if directive[1] not in values:
            raise Unsure
        return values[directive[1]]

    if len(re.findall("%", wanted)) != sum(2 if d == "%" else 1 for d in _DIRECTIVE.findall(wanted)):
        raise Unsure
    return _DIRECTIVE.sub(value, wanted)


def _name(name: str | None, machine: Readable) -> str:
    # On this machine a directory service may know names that its files don't.
    if name is None and machine.is_own:
        raise Unsure
    return name or "UNKNOWN"


def _speaks(machine: Readable, program: str) -> str:
    """The quotation marks of messages. Raises Unsure unless the program says what GNU's says, in English."""
    marks = machine.quotes
    if not marks or machine.maker(program) != "gnu":
        raise Unsure
    return marks


def content(program: str, path: str, machine: Readable) -> Done:
    """What a file holds, or what `program` says of a file that is not there."""
    text = machine.text(path) if _PATH.fullmatch(path) and not path.endswith("/") else None
    if text is not None:
        return Done(rows=(Row(text=text),) if text else ())
    if entry(machine, path, follow=True).kind != "missing" or _QUOTED_IN_MESSAGES.search(path):
        raise Unsure
    if not machine.is_own and path.startswith("/proc/"):
        raise Unsure
    _speaks(machine, program)
    status = 2 if program.endswith("grep") else 1
    return failed(f"{program}: {path}: No such file or directory", status)


def cat(paths: Sequence[str], read: Callable[[str | None], Done]) -> Done:
    """`cat FILE...`, and `cat` of what it is given."""
    if any(path.startswith("-") for path in paths):
        raise Unsure
    found = [read(path) for path in paths] or [read(None)]
    rows = [row for one in found for row in one.rows]
    if len(found) > 1 and any("\ufffd" in row.text for row in rows):
        raise Unsure
    return Done(rows=tuple(rows), status=max(one.status for one in found))


def ls(words: Sequence[str], machine: Readable) -> Done:
    """`ls PATH`, one name a line as it prints into a pipe."""
    name, *paths = words
    if paths[:1] == ["-1"]:
        paths = paths[1:]
    if len(paths) != 1 or paths[0].startswith("-"):
        raise Unsure
    path = paths[0]
    found = entry(machine, path, follow=True)
    if found.kind == "missing":
        if entry(machine, path, follow=False).kind != "missing":
            raise Unsure
        _speaks(machine, name)
        return failed(f"{name}: cannot access '{path}': No such file or directory", 2)
    if found.kind != "directory":
        return printed(path)
    names = machine.names(path)
    if names is None:
        raise Unsure
    return printed(*sorted(name for name in names if not name.startswith(".")))


def find(words: Sequence[str], machine: Readable, run: Run, budget: Budget) -> Done:
    """`find PATH... [-mindepth N] [-maxdepth N] [!] [-type T] [!] [-name P] [-exec COMMAND {} ;|+]`."""
    name, *left = words
    if machine.maker(name) != "gnu":
        raise Unsure
    paths = []
    while left and left[0][:1] not in ("-", "!", "("):
        paths.append(left.pop(0))
    search = _Search(machine, budget, left)
    if not paths or any(_UNSURE_TREES.match(path) for path in paths):
        raise Unsure
    rows: list[Row] = []
    found: list[str] = []
    failures = 0
    for path in paths:
        if entry(machine, path, follow=False).kind == "missing":
            marks = _speaks(machine, name)
            rows += failed(f"{name}: {marks[0]}{path}{marks[1]}: No such file or directory").rows
            failures = 1
        else:
            below = search.below(path)
            found += below
            rows += [] if search.command else printed(*below).rows
    if not search.command:
        return Done(rows=tuple(rows), status=failures)
    if rows and found:
        raise Unsure
    done = search.executed(found, run)
    return Done(rows=(*rows, *done.rows), status=failures or done.status)


class _Search:
    def __init__(self, machine: Readable, budget: Budget, words: list[str]) -> None:
        self.machine = machine
        self.budget = budget
        self.least, self.most = 0, _MOST_ENTRIES
        self.command: list[str] = []
        self.at_once = False
        self.tests: list[Test] = []
        while words[:1] in (["-mindepth"], ["-maxdepth"]):
            if len(words) < 2 or not re.fullmatch(r"\d{1,3}", words[1]):
                raise Unsure
            depth = int(words[1])
            self.least, self.most = (depth, self.most) if words[0] == "-mindepth" else (self.least, depth)
            words = words[2:]
        while words:
            words = self.read(words)

    def read(self, words: list[str]) -> list[str]:
        """Reads one part of the expression; what is left."""
        negated = words[0] == "!"
        words = words[negated:]
        match words:
            case ["-type", kind, *left] if kind in _TYPES:
                self.tests.append(lambda _, found: (found.kind == _TYPES[kind]) is not negated)
                return left
            case ["-name", pattern, *left]:
                expression = name_pattern(pattern)
                self.tests.append(lambda path, _: bool(expression.fullmatch(_base(path))) is not negated)
                return left
            case ["-print"] if not negated:
                return []
            case ["-exec", *command, "{}", (";" | "+") as end] if not negated and "{}" not in command:
                if not command:
                    raise Unsure
                self.command, self.at_once = command, end == "+"
                return []
        raise Unsure

    def below(self, path: str) -> list[str]:
        """The paths found, in the order of the directories themselves."""
        found: list[str] = []
        waiting = [(path, 0)]
        while waiting:
            path, depth = waiting.pop()
            self.budget.spend()
            at = entry(self.machine, path, follow=False)
            if at.kind == "missing":
                raise Unsure
            if depth >= self.least and all(test(path, at) for test in self.tests):
                found.append(path)
            if at.kind == "directory" and depth < self.most:
                names = self.machine.names(path)
                if names is None or len(names) > _MOST_ENTRIES:
                    raise Unsure
                base = path if path.endswith("/") else f"{path}/"
                waiting += [(base + name, depth + 1) for name in reversed(names)]
        return found

    def executed(self, found: list[str], run: Run) -> Done:
        """What the command prints of what was found."""
        if sum(len(path) for path in found) > _MOST_ENTRIES * 10:
            raise Unsure
        rows: list[Row] = []
        failures = 0
        for call in [found] if self.at_once and found else [[path] for path in found]:
            done = run([*self.command, *call])
            rows += done.rows
            failures = failures or int(self.at_once and done.status != 0)
        return Done(rows=tuple(rows), status=failures)


def _base(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or "/"


def condition(words: Sequence[str], machine: Readable) -> bool:
    """Whether `test` of these words is true. Raises Unsure where shells differ or complain."""
    match list(words):
        case []:
            return False
        case [word]:
            return word != ""
        case ["!", *rest] if len(words) <= 4:
            return not condition(rest, machine)
        case [operator, word]:
            return _unary(operator, word, machine)
        case [left, operator, right]:
            return _binary(left, operator, right)
    raise Unsure


def _unary(operator: str, word: str, machine: Readable) -> bool:
    match operator:
        case "-z":
            return word == ""
        case "-n":
            return word != ""
        case "-e" | "-f" | "-d" if word == "":
            return False
        case "-e":
            return entry(machine, word, follow=True).kind != "missing"
        case "-f":
            return entry(machine, word, follow=True).kind == "file"
        case "-d":
            return entry(machine, word, follow=True).kind == "directory"
    raise Unsure


def _binary(left: str, operator: str, right: str) -> bool:
    if left in ("!", "(") or (left.startswith("-") and len(left) == 2):
        raise Unsure
    if operator in ("=", "!="):
        return (left == right) is (operator == "=")
    if not all(re.fullmatch(r"\d{1,9}", word) for word in (left, right)):
        raise Unsure
    one, other = int(left), int(right)
    results = {
        "-eq": one == other,
        "-ne": one != other,
        "-gt": one > other,
        "-ge": one >= other,
        "-lt": one < other,
        "-le": one <= other,
    }
    if operator not in results:
        raise Unsure
    return results[operator]
