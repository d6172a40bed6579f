"""`trueline linux-bench`: definitions written for linux-bench, by its command line."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from trueline.cli.kubebench_flags import FLAGS as KUBE_BENCH
from trueline.cli.kubebench_flags import Flag, convert, line, read
from trueline.errors import ContentError, TruelineError, UsageError
from trueline.model.base import Model

if TYPE_CHECKING:
    from trueline.collect.machine import Machine
    from trueline.kubebench.evaluate import Selection
    from trueline.kubebench.linux_load import Constraints, LinuxControls
    from trueline.kubebench.results import Run
    from trueline.model.facts import CommandOutput

HANDLED = 1
MISUSED = 2
_FILE = "definitions.yaml"
_LARGEST = 8 * 1024 * 1024


class LinuxOptions(Model, frozen=True, kw_only=True):
    """What a call asks for; defaults are those of linux-bench."""

    version: str = ""
    check: str = ""
    group: str = ""
    skip: str = ""
    json: bool = False
    outputfile: str = ""
    noresults: bool = False
    nosummary: bool = False
    noremediations: bool = False
    include_test_output: bool = False
    config_dir: str = "cfg"
    no_idioms: bool = False
    root: str = "/"
    report: tuple[str, ...] = ()
    policy: str = ""
    exit_code: int = 0
    undecided_exit_code: int = 0


_OWN = (
    Flag(name="version", help="Folder of the definitions below --config-dir. Default: by the distribution."),
    Flag(name="config-dir", short="D", help="Folder with a folder for each version (default cfg)."),
    Flag(name="outputfile", help="Write JSON to this file."),
    *(
        Flag(name=flag.name, short=flag.short, kind=flag.kind, help=flag.help, ours=True)
        for flag in KUBE_BENCH
        if flag.name in ("group", "skip", "exit-code")
    ),
)
_SHARED = [
    flag
    for flag in KUBE_BENCH
    if flag.field in LinuxOptions.__struct_fields__ and flag.name not in {own.name for own in _OWN}
]
FLAGS = (*_OWN, *_SHARED, *(flag for flag in KUBE_BENCH if flag.kind.startswith("ignored")))


class _Raw(click.Command):
    """Takes all words as they are: the flags follow other rules than click's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return []


@click.command("linux-bench", cls=_Raw, add_help_option=False)
@click.pass_context
def linux_bench(ctx: click.Context) -> None:
    """Run definitions written for linux-bench, by its command line."""
    ctx.exit(call(ctx.args))


def call(words: Sequence[str]) -> int:
    """Carries out a call: 0, what --exit-code says, 1 for errors, 2 for words that can't be read."""
    try:
        reader = read(words, FLAGS)
        options = _options(reader.values)
        if reader.others and reader.others != ["help"]:
            raise UsageError(f'unknown command "{reader.others[0]}" for "linux-bench"', hint="See --help.")
    except UsageError as error:
        click.echo(f"error: {error.message}\n hint: {error.hint}", err=True)
        return MISUSED
    if reader.help or reader.others:
        click.echo(usage())
        return 0
    try:
        return _carry_out(options)
    except TruelineError as error:
        click.echo(f"\n{error if isinstance(error, ContentError) else error.message}\n", err=True, nl=False)
        click.echo(f" hint: {error.hint}", err=True)
        return HANDLED


def usage() -> str:
    """The help of all flags."""
    lines = ["Usage: trueline linux-bench [FLAGS]", "", "Runs definitions written for linux-bench."]
    for title, ours in (("Flags:", False), ("Flags that linux-bench does not have:", True)):
        lines += ["", title, *(line(flag) for flag in FLAGS if flag.ours is ours and flag.help)]
    return "\n".join(lines)


def _options(values: Mapping[str, list[str]]) -> LinuxOptions:
    by_name = {flag.name: flag for flag in FLAGS}
    converted = {
        by_name[name].field: convert(by_name[name], given)
        for name, given in values.items()
        if not by_name[name].kind.startswith("ignored")
    }
    return msgspec.convert(converted, LinuxOptions)


def _carry_out(options: LinuxOptions) -> int:
    from trueline.collect.access import Root
    from trueline.collect.machine import Machine
    from trueline.kubebench.linux import evaluate_linux, linux_scripts
    from trueline.kubebench.linux_host import traits

    if options.check and options.group:
        raise UsageError("--check and --group exclude each other", hint="Leave one of them out.")
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # `ps` would cut its lines there, and a flag behind would seem absent
    machine = Machine(Root(options.root))
    controls, host = _definitions(options, machine), traits(machine)
    selection = _selection(options)
    outputs = _outputs(linux_scripts(controls, host, selection), machine, options)
    run = evaluate_linux(controls, outputs, host, selection)
    _put(run, controls, host, options)
    return _status(run, options)


def _definitions(options: LinuxOptions, machine: "Machine") -> "LinuxControls":
    from trueline.kubebench.linux_host import DEFAULT, definitions_for, platform
    from trueline.kubebench.linux_load import load_linux

    folder = Path(options.config_dir)
    version = options.version or definitions_for(platform(machine))
    if version in (".", "..") or "/" in version:
        raise UsageError(f"{version} is no version", hint="Name a folder below --config-dir.")
    if not options.version and version != DEFAULT and not (folder / version / _FILE).is_file():
        click.echo(f"note: there is no {folder / version}; {DEFAULT} is taken", err=True)
        version = DEFAULT
    path = folder / version / _FILE
    return load_linux(_read(path), str(path))


def _read(path: Path) -> str:
    hint = "Name linux-bench's cfg folder with --config-dir, and a folder in it with --version."
    try:
        if not path.is_file():
            raise ContentError("there is no such file", hint=hint, file=str(path))
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise ContentError(error.strerror or "can't be read", hint=hint, file=str(path)) from None
    if len(data) > _LARGEST:
        raise ContentError("larger than 8 MiB", hint="Split the file.", file=str(path))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ContentError("not UTF-8 text", hint="Save it as UTF-8.", file=str(path)) from None


def _selection(options: LinuxOptions) -> "Selection":
    from trueline.kubebench.evaluate import Selection

    def ids(text: str) -> frozenset[str]:
        return frozenset(part.strip() for part in text.split(",") if part.strip())

    return Selection(checks=ids(options.check), groups=ids(options.group), skip=ids(options.skip))


def _outputs(scripts: list[str], machine: "Machine", options: LinuxOptions) -> "Mapping[str, CommandOutput]":
    from trueline.kubebench.gather import gather

    return gather(scripts, machine, idioms=not options.no_idioms)


def _put(run: "Run", controls: "LinuxControls", host: "Constraints", options: LinuxOptions) -> None:
    from trueline.cli.kubebench_output import write
    from trueline.cli.output import use_color
    from trueline.kubebench.linux_render import render_linux_json, render_linux_text
    from trueline.kubebench.render_text import TextOptions

    if options.json:
        write(render_linux_json(controls, run, host), options.outputfile)
        return
    parts = TextOptions(
        results=not options.noresults,
        remediations=not options.noremediations,
        summary=not options.nosummary,
        output=options.include_test_output,
        colour=use_color(),
    )
    click.echo(render_linux_text(run, parts), nl=False)


def _status(run: "Run", options: LinuxOptions) -> int:
    from trueline.cli.kubebench import status
    from trueline.cli.kubebench_report import assessment_of_report, policy_of, required_failures, write

    failed = run.counts.failed
    if options.report or options.policy:
        assessment = assessment_of_report(run, "linux-bench", policy_of(options.policy))
        write(assessment, options.report)
        failed = required_failures(assessment) if options.policy else failed
    return status(run, options, failed)
