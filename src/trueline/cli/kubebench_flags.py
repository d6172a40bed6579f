"""Reads the words of a kube-bench call as its own flag library does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from trueline.errors import UsageError
from trueline.model.base import Model

Kind = Literal["text", "bool", "int", "list", "words", "ignored", "ignored bool"]

COMMANDS = {
    "run": "Judge all or the named targets of a benchmark, whatever this node plays.",
    "convert": "Print a recorded report (JSON or text of kube-bench) in another form.",
    "install": "Copy program and controls into a directory of the host.",
    "version": "Print the version.",
    "completion": "Print the script that completes commands in bash, zsh, fish or powershell.",
    "help": "Print this help.",
}
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")


class Flag(Model, frozen=True, kw_only=True):
    """One flag. `command`: the only one that knows it. `ours`: kube-bench does not have it."""

    name: str
    help: str = ""
    kind: Kind = "text"
    short: str = ""
    command: str = ""
    ours: bool = False

    @property
    def takes_value(self) -> bool:
        """Whether the next word belongs to it."""
        return self.kind not in ("bool", "ignored bool")

    @property
    def field(self) -> str:
        """Its name in `Options`."""
        return self.name.replace("-", "_")


class Options(Model, frozen=True, kw_only=True):
    """What a call asks for; defaults are those of kube-bench."""

    benchmark: str = ""
    version: str = ""
    check: str = ""
    group: str = ""
    skip: str = ""
    scored: bool = True
    unscored: bool = True
    json: bool = False
    junit: bool = False
    pgsql: bool = False
    asff: bool = False
    outputfile: str = ""
    noresults: bool = False
    nosummary: bool = False
    noremediations: bool = False
    nototals: bool = False
    include_test_output: bool = False
    exit_code: int = 0
    config: str = ""
    config_dir: str = "./cfg/"
    targets: tuple[str, ...] = ()
    strict_compat: bool = False
    no_idioms: bool = False
    root: str = "/"
    snapshot: str = ""
    snapshot_out: str = ""
    report: tuple[str, ...] = ()
    policy: str = ""
    undecided_exit_code: int = 0
    to: str = "/host"


class Call(Model, frozen=True, kw_only=True):
    """A call: command ("" is kube-bench alone), options, other words, and whether it asks for help."""

    command: str = ""
    options: Options = Options()
    words: tuple[str, ...] = ()
    help: bool = False


FLAGS = (
    Flag(name="benchmark", help="Folder of the benchmark below --config-dir. Not with --version."),
    Flag(name="version", help="Kubernetes version that chooses the benchmark. Default: by detection."),
    Flag(name="check", short="c", help="Only the checks with these ids, comma separated. Not with --group."),
    Flag(name="group", short="g", help="Only the groups with these ids, comma separated."),
    Flag(name="skip", help="Checks or groups that are INFO without being judged, comma separated."),
    Flag(name="scored", kind="bool", help="Judge scored checks (default true)."),
    Flag(name="unscored", kind="bool", help="Judge unscored checks (default true)."),
    Flag(name="targets", short="s", kind="list", command="run", help="Only these targets: master, node ..."),
    Flag(name="json", kind="bool", help="Print JSON."),
    Flag(name="junit", kind="bool", help="Print JUnit XML."),
    Flag(name="pgsql", kind="bool", help="Write to PostgreSQL (KUBE_BENCH_PGSQL_HOST, _USER, ...)."),
    Flag(name="asff", kind="bool", help="Send failures and warnings to AWS Security Hub."),
    Flag(name="outputfile", help="Write JSON or JUnit to this file."),
    Flag(name="noresults", kind="bool", help="Text without the list of checks."),
    Flag(name="nosummary", kind="bool", help="Text without the summary of each target."),
    Flag(name="noremediations", kind="bool", help="Text without remediations."),
    Flag(name="nototals", kind="bool", help="Text or JSON without the grand total."),
    Flag(name="include-test-output", kind="bool", help="Text with what the scripts of failed checks print."),
    Flag(name="exit-code", kind="int", help="Exit status where a check is FAIL (default 0)."),
    Flag(name="config", help="The general config.yaml. Default: that of --config-dir."),
    Flag(
        name="config-dir",
        short="D",
        help="Folder with config.yaml and a folder for each benchmark (default ./cfg/).",
    ),
    Flag(name="strict-compat", kind="bool", ours=True, help="With all slips of kube-bench; see the manual."),
    Flag(name="no-idioms", kind="bool", ours=True, help="Run every script, even where reading would do."),
    Flag(name="root", ours=True, help="Read another root, such as /host; nothing is executed then."),
    Flag(name="snapshot-out", ours=True, help="Keep what was read and what scripts printed in this file."),
    Flag(name="snapshot", ours=True, help="Judge what such a file holds; nothing is read or executed."),
    Flag(
        name="report",
        kind="words",
        ours=True,
        help="Also write a report of trueline; format by suffix "
        "(.html, .json, .csv, .md ...). May be repeated.",
    ),
    Flag(name="policy", ours=True, help="Waivers: --report shows them, --exit-code does not count them."),
    Flag(
        name="undecided-exit-code",
        kind="int",
        ours=True,
        help="Exit status where nothing is FAIL, but a check could not be judged (default 0).",
    ),
    Flag(name="to", command="install", ours=True, help="Where `install` copies to (default /host)."),
    Flag(name="no-descriptions", kind="ignored bool", command="completion"),
    *(Flag(name=name, kind="ignored bool") for name in ("logtostderr", "alsologtostderr")),
    *(Flag(name=name, kind="ignored") for name in ("stderrthreshold", "log_dir", "log_backtrace_at")),
    *(Flag(name=name, kind="ignored") for name in ("vmodule", "log_link", "logbuflevel")),
    Flag(name="v", short="v", kind="ignored"),
)
_BY_NAME = {flag.name: flag for flag in FLAGS}


def parse(words: Sequence[str], environ: Mapping[str, str]) -> Call:
    """The call that these words make. Raises UsageError for what kube-bench would refuse, too.

    A flag that is not there is taken from KUBE_BENCH_NAME; with strict_compat only --version is.
    """
    reader = read(words, FLAGS)
    command = reader.others[0] if reader.others else ""
    if command not in ("", *COMMANDS):
        raise UsageError(f'unknown command "{command}" for "kube-bench"', hint=f"It knows {_names()}.")
    for name in reader.values:
        if (only := _BY_NAME[name].command) and only != command and not reader.help:
            raise _unknown(name)
    strict = convert(_BY_NAME["strict-compat"], reader.values.get("strict-compat", ["false"]))
    values = _environment(environ, strict=bool(strict), command=command) | reader.values
    converted = {
        _BY_NAME[name].field: convert(_BY_NAME[name], given)
        for name, given in values.items()
        if not _BY_NAME[name].kind.startswith("ignored")
    }
    options = msgspec.convert(converted, Options)
    return Call(command=command, options=options, words=tuple(reader.others[1:]), help=reader.help)


def is_strict(words: Sequence[str]) -> bool:
    """Whether a call that could not be read was meant to be strict."""
    return any(word in ("--strict-compat", *(f"--strict-compat={true}" for true in _TRUE)) for word in words)


def usage() -> str:
    """The help of all commands and flags."""
    lines = ["Usage: trueline kube-bench [COMMAND] [FLAGS]", ""]
    lines += ["Runs controls written for kube-bench. Without a command it judges the targets that this node"]
    lines += ["plays.", "", "Commands:", *(f"  {name:<12} {text}" for name, text in COMMANDS.items())]
    for title, ours in (("Flags:", False), ("Flags that kube-bench does not have:", True)):
        lines += ["", title]
        lines += [line(flag) for flag in FLAGS if flag.ours is ours and flag.help]
    lines += ["", "Flags of its logging library (-v, --logtostderr ...) are accepted and ignored."]
    return "\n".join(lines)


def line(flag: Flag) -> str:
    """The help of one flag."""
    short = f"-{flag.short}, " if flag.short else "    "
    value = "" if not flag.takes_value else " N" if flag.kind == "int" else " TEXT"
    return f"  {short}--{flag.name + value:<26} {flag.help}"


def _names() -> str:
    return ", ".join(COMMANDS)


def read(words: Sequence[str], flags: Sequence[Flag]) -> "Reader":
    """Takes the flags out of the words of a call. Raises UsageError."""
    reader = Reader(list(words), flags)
    reader.read()
    return reader


class Reader:
    """The words of a call: `values` given for flags, `others` that belong to none, whether help is wanted."""

    def __init__(self, words: list[str], flags: Sequence[Flag]) -> None:
        self.words = words
        self.by_name = {flag.name: flag for flag in flags}
        self.by_short = {flag.short: flag for flag in flags if flag.short}
        self.values: dict[str, list[str]] = {}
        self.others: list[str] = []
        self.help = False

    def read(self) -> None:
        """Reads all words. Raises UsageError."""
        while self.words:
            word = self.words.pop(0)
            if word == "--":
                self.others += self.words
                return
            if word.startswith("--"):
                self._long(word[2:])
            elif word.startswith("-") and len(word) > 1:
                self._short(word)
            else:
                self.others.append(word)

    def _long(self, word: str) -> None:
        name, equals, value = word.partition("=")
        if name == "help":
            self.help = True
            return
        flag = self.by_name.get(name)
        if flag is None:
            raise _unknown(name)
        self._put(flag, value if equals else self._following(flag, f"--{name}"))

    def _short(self, word: str) -> None:
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter == "h":
                self.help = True
                continue
            flag = self.by_short.get(letter)
            if flag is None:
                raise UsageError(f"unknown shorthand flag: {letter!r} in {word}", hint="See --help.")
            # All flags with a letter take a value: the rest of the word, or the next one.
            value = letters.removeprefix("=") if letters else self._following(flag, f"{letter!r} in {word}")
            self._put(flag, value)
            return

    def _following(self, flag: Flag, shown: str) -> str:
        if not flag.takes_value:
            return "true"
        if not self.words:
            raise UsageError(f"flag needs an argument: {shown}", hint="See --help.")
        return self.words.pop(0)

    def _put(self, flag: Flag, value: str) -> None:
        several = flag.kind in ("list", "words")
        self.values[flag.name] = [*(self.values.get(flag.name, []) if several else []), value]


def _environment(environ: Mapping[str, str], *, strict: bool, command: str) -> dict[str, list[str]]:
    found = {}
    for flag in FLAGS:
        known = flag.name == "version" or not (strict or flag.kind.startswith("ignored"))
        value = environ.get("KUBE_BENCH_" + flag.name.replace("-", "_").upper(), "")
        if known and value and flag.command in ("", command):
            found[flag.name] = [value]
    return found


def convert(flag: Flag, values: list[str]) -> Any:
    """The value of a flag from what was given for it. Raises UsageError."""
    converters: dict[str, Callable[[str], Any]] = {"bool": _bool, "int": _status}
    try:
        if flag.kind == "list":
            return tuple(name.strip() for value in values for name in value.split(",") if name.strip())
        if flag.kind == "words":
            return tuple(values)
        return converters.get(flag.kind, str)(values[-1])
    except ValueError as error:
        raise UsageError(
            f'invalid argument "{values[-1]}" for "--{flag.name}" flag: {error}', hint="See --help."
        ) from None


def _bool(text: str) -> bool:
    if text not in _TRUE + _FALSE:
        raise ValueError("it is neither true nor false")
    return text in _TRUE


def _status(text: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        raise ValueError("it is no number") from None
    if not 0 <= number <= 255:
        raise ValueError("an exit status goes from 0 to 255")
    return number


def _unknown(name: str) -> UsageError:
    return UsageError(f"unknown flag: --{name}", hint="See --help.")
