"""Finds out which options a program was started with, from its command line, unit and config files."""

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from trueline.collect.access import Root
from trueline.collect.plain import NotPlain, decode, parse
from trueline.collect.units import UNIT_DIRECTORIES, commands, variable
from trueline.model.arguments import parse_arguments
from trueline.model.bundle import Bundle
from trueline.model.facts import Absent, Process, Unavailable

COMMAND_LIMIT = 8 * 1024 * 1024


class Option(NamedTuple):
    """One occurrence of an option; `source` says where it was read."""

    name: str
    value: str
    source: str


class Launch(NamedTuple):
    """The options in the order in which the program reads them, the later over the earlier."""

    options: tuple[Option, ...]

    def value(self, name: str, default: str = "") -> str:
        """The last value of an option."""
        return next((option.value for option in reversed(self.options) if option.name == name), default)

    def has(self, condition: str) -> bool:
        """Whether "name=value" was given; "name" alone means true."""
        name, _, value = condition.partition("=")
        return self.value(name) == (value or "true")


def runs_as(root: Root, process: Process, bundle: Bundle) -> bool:
    """Whether a process of the bundle's executable was started for this use of it."""
    words = _command_line(root, process)
    return not isinstance(words, Unavailable) and (not bundle.word or _split(words, bundle) is not None)


def launch(root: Root, process: Process, bundle: Bundle) -> Launch | Unavailable:
    """All options that the process was started with, those of its config files first."""
    words = _command_line(root, process)
    if isinstance(words, Unavailable):
        return words
    given = _hidden(root, words, bundle) if _rewritten(words) else _split(words, bundle)
    if given is None or isinstance(given, Unavailable):
        return given or Unavailable(kind="invalid", reason="its command line can't be read.")
    source, rest = given if isinstance(given, tuple) else (f"argument of process {process.pid}", given)
    options = tuple(
        Option(option.name, "true" if option.value is None else option.value, source)
        for option in parse_arguments(rest)
    )
    config = _config(root, process, bundle, options)
    return config if isinstance(config, Unavailable) else Launch((*config, *options))


def _command_line(root: Root, process: Process) -> list[str] | Unavailable:
    line = root.read(f"/proc/{process.pid}/cmdline", COMMAND_LIMIT)
    if isinstance(line, Absent):
        return Unavailable(kind="vanished", reason="the process is gone.")
    if isinstance(line, Unavailable):
        return line
    return [word.decode("utf-8", "replace") for word in line.removesuffix(b"\0").split(b"\0")]


def _split(words: list[str], bundle: Bundle) -> list[str] | None:
    """What stands behind the bundle's word; None where the program was started for something else."""
    first = words[0].split() if _rewritten(words) else words
    rest = first[1:]
    if not bundle.word:
        return rest
    if first[0].rpartition("/")[2] == f"{bundle.executable}-{bundle.word}":
        return rest
    at = next((at for at, word in enumerate(rest) if not word.startswith("-")), None)
    return rest[:at] + rest[at + 1 :] if at is not None and rest[at] == bundle.word else None


def _rewritten(words: list[str]) -> bool:
    """Whether the program put a title in the place of its arguments, as one word: "k3s server"."""
    return " " in words[0] and not any(words[1:])


def _hidden(root: Root, words: list[str], bundle: Bundle) -> list[str] | tuple[str, list[str]] | Unavailable:
    """The arguments behind a title: none where nothing was overwritten, else those of the systemd unit."""
    if len(words) == 1:
        return []
    for name in bundle.units:
        for path, command in _unit_commands(root, name):
            if command and command[0].rpartition("/")[2] == bundle.executable:
                rest = _split(command, bundle)
                if rest is not None:
                    return path, rest
    units = ", ".join(bundle.units)
    reason = f"{bundle.name} hides its arguments, and no systemd unit ({units}) tells them."
    return Unavailable(kind="denied", reason=reason)


def _unit_commands(root: Root, name: str) -> Iterator[tuple[str, list[str]]]:
    """What the unit starts, drop-ins read first because they win."""
    drop_ins: dict[str, str] = {}
    for directory in reversed(UNIT_DIRECTORIES):
        names = root.listdir(f"{directory}/{name}.d")
        drop_ins |= {one: f"{directory}/{name}.d/{one}" for one in names} if isinstance(names, tuple) else {}
    ordered = [drop_ins[one] for one in sorted(drop_ins, reverse=True) if one.endswith(".conf")]
    for path in (*ordered, *(f"{directory}/{name}" for directory in UNIT_DIRECTORIES)):
        content = root.read(path)
        if not isinstance(content, bytes):
            continue
        try:
            found = commands(decode(content))
            if found and found[-1]:
                yield path, shlex.split(found[-1].lstrip("-@:+!"))
        except ValueError:  # NotPlain is one
            continue


def _config(
    root: Root, process: Process, bundle: Bundle, options: tuple[Option, ...]
) -> tuple[Option, ...] | Unavailable:
    """The options of the config file and what lies in the directory beside it."""
    named = [option.value for option in options if option.name in bundle.config_options]
    path = _config_variable(root, process, bundle) or (named[-1] if named else bundle.config)
    if not path:
        return ()
    names = root.listdir(f"{path}.d")
    if isinstance(names, Unavailable):
        return Unavailable(kind=names.kind, reason=f"{path}.d could not be read: {names.reason}")
    beside = (
        [f"{path}.d/{name}" for name in names if name.lower().endswith((".yaml", ".yml"))]
        if isinstance(names, tuple)
        else []
    )
    values: dict[str, list[Option]] = {}
    for file in (path, *beside):
        read = _config_file(root, file)
        if isinstance(read, Unavailable):
            return read
        for name, adds, found in read:
            values[name] = (values.get(name, []) if adds else []) + found
    return tuple(option for found in values.values() for option in found)


def _config_variable(root: Root, process: Process, bundle: Bundle) -> str:
    """The variable that names another config file; a title written over arguments may reach over it, too."""
    name = bundle.config_variable
    if not name or name in process.environment:
        return process.environment.get(name, "")
    units = [f"{directory}/{unit}" for unit in bundle.units for directory in UNIT_DIRECTORIES]
    for path in (place for unit in units for place in (f"{unit}.env", unit)):
        content = root.read(path)
        try:
            found = variable(decode(content), name) if isinstance(content, bytes) else ""
        except NotPlain:
            continue
        if found:
            return found
    return ""


def _config_file(root: Root, path: str) -> list[tuple[str, bool, list[Option]]] | Unavailable:
    """The file's keys; one that ends in "+" adds to what earlier files say."""
    content = root.read(path)
    if isinstance(content, Absent):
        return []
    if isinstance(content, Unavailable):
        return Unavailable(kind=content.kind, reason=f"{path} could not be read: {content.reason}")
    try:
        if not any(
            line.strip() and not line.lstrip().startswith("#") for line in decode(content).splitlines()
        ):
            return []
        data, _ = parse(content)
    except NotPlain as error:
        return Unavailable(kind="invalid", reason=f"{path} can't be read: {error}")
    found = []
    for key, value in data.items():
        name = key.removesuffix("+")
        listed = value if isinstance(value, list) else [value]
        found.append((name, key.endswith("+"), [Option(name, _text(one), path) for one in listed]))
    return found


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case _:
            return str(value)
