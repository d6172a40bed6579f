"""`trueline kube-bench`: kube-bench's command line, with its controls, outputs and exit codes."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from trueline import __version__
from trueline.cli.kubebench_flags import Call, Options, is_strict, parse, usage
from trueline.errors import ContentError, TruelineError, UsageError

if TYPE_CHECKING:
    from trueline.kubebench.results import Run

HANDLED = 1
MISUSED = 2
MISUSED_STRICT = 255
MOST_NOTES = 30


class ExitCodes(Protocol):
    """What a call wants to know by its exit status."""

    @property
    def exit_code(self) -> int: ...
    @property
    def undecided_exit_code(self) -> int: ...


class _Raw(click.Command):
    """Takes all words as they are: kube-bench's flags follow other rules than click's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return []


@click.command("kube-bench", cls=_Raw, add_help_option=False)
@click.pass_context
def kube_bench(ctx: click.Context) -> None:
    """Run controls written for kube-bench, by its command line."""
    ctx.exit(call(ctx.args, os.environ))


def main() -> None:
    """The console script `kube-bench`."""
    from trueline.cli.main import main as trueline

    sys.argv[1:1] = ["kube-bench"]
    trueline()


def call(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Carries out a call: 0, what --exit-code says, 1 for errors, 2 for words that can't be read."""
    try:
        read = parse(words, environ)
    except UsageError as error:
        return _misused(error, strict=is_strict(words))
    try:
        return _carry_out(read, environ)
    except TruelineError as error:
        hint = "" if read.options.strict_compat else f" hint: {error.hint}\n"
        click.echo(f"\n{error.message}\n{hint}", err=True, nl=False)
        return HANDLED


def _misused(error: UsageError, *, strict: bool) -> int:
    if strict:
        click.echo(f"Error: {error.message}\n{usage()}\n", err=True)
        click.echo(error.message)
        return MISUSED_STRICT
    click.echo(f"error: {error.message}\n hint: {error.hint}", err=True)
    return MISUSED


def _carry_out(read: Call, environ: Mapping[str, str]) -> int:
    if read.help or read.command == "help" or (read.command == "completion" and not read.words):
        click.echo(usage())
        return 0
    match read.command:
        case "version":
            click.echo(__version__)
        case "completion":
            from trueline.cli.kubebench_install import completion

            click.echo(completion(read.words), nl=False)
        case "install":
            from trueline.cli.kubebench_install import install

            click.echo(install(Path(read.options.to), Path(read.options.config_dir)))
        case "convert":
            return _convert(read)
        case command:
            return _run(read.options, environ, alone=command == "")
    return 0


def _run(options: Options, environ: Mapping[str, str], *, alone: bool) -> int:
    from trueline.cli.kubebench_output import output
    from trueline.cli.kubebench_report import assessment_of, node_name, policy_of, required_failures, write
    from trueline.cli.kubebench_run import judge, prepare
    from trueline.collect.kubeversion import search_path
    from trueline.collect.snapshot import write_snapshot

    os.environ["PATH"] = search_path(environ)  # scripts call kubectl where manifests mount it
    for name in () if options.strict_compat else ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # `ps` would cut its lines there, and a flag behind would seem absent
    policy = policy_of(options.policy)
    prepared = prepare(options, alone=alone, environ=environ)
    put = output(options, environ, os.uname().nodename, prepared.config)
    judged = judge(options, prepared)
    if options.snapshot_out and judged.snapshot:
        write_snapshot(options.snapshot_out, judged.snapshot)
    _tell(judged.notices, judged.errors, quiet=options.strict_compat)
    if not options.strict_compat and not options.snapshot:
        _tell_limits(judged.run)
    put(judged.run)
    failed = judged.run.counts.failed
    if options.report or options.policy:
        assessment = assessment_of(judged, policy, node_name(judged), pinned=bool(options.benchmark))
        write(assessment, options.report)
        failed = required_failures(assessment) if options.policy else failed
    if judged.errors:
        return HANDLED
    return status(judged.run, options, failed)


def status(run: "Run", options: ExitCodes, failed: int) -> int:
    """The exit status of a run in which `failed` checks count."""
    if failed and options.exit_code:
        return options.exit_code
    causes = {check.cause for each in run.controls for group in each.groups for check in group.checks}
    return options.undecided_exit_code if causes & {"audit", "unreadable"} else 0


def _convert(read: Call) -> int:
    """Prints a recorded report in another form."""
    from trueline.cli.kubebench_output import output
    from trueline.cli.kubebench_report import assessment_of_report, policy_of, required_failures, write
    from trueline.kubebench.config import Config

    if len(read.words) != 1:
        raise UsageError("convert takes one file", hint="It is the JSON or text that kube-bench printed.")
    run, options = _report(read.words[0]), read.options
    policy = policy_of(options.policy)
    _tell(run.notices, (), quiet=False)
    output(options, os.environ, os.uname().nodename, Config())(run)
    failed = run.counts.failed
    if options.report or options.policy:
        assessment = assessment_of_report(run, Path(read.words[0]).name, policy)
        write(assessment, options.report)
        failed = required_failures(assessment) if options.policy else failed
    return status(run, options, failed)


def _report(file: str) -> "Run":
    from trueline.kubebench.read_json import MAX_BYTES, read_json
    from trueline.kubebench.read_text import read_text

    try:
        if file != "-" and not Path(file).is_file():
            raise ContentError("there is no such file", hint="Check the path.", file=file)
        with click.open_file(file, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ContentError(error.strerror or "can't be read", hint="Check its mode.", file=file) from None
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return read_json(data, file)
        except ContentError:
            if b"[INFO] " not in data:
                raise
    return read_text(data.decode("utf-8", "replace"), file)


def _tell(notices: Sequence[str], errors: Sequence[str], *, quiet: bool) -> None:
    for error in errors:
        click.echo(f"error: {error}", err=True)
    if quiet:
        return
    for notice in notices[:MOST_NOTES]:
        click.echo(f"note: {notice}", err=True)
    if more := notices[MOST_NOTES:]:
        click.echo(f"note: and {len(more)} more like these", err=True)


def _tell_limits(run: "Run") -> None:
    """Says of a run without root's rights what it could not see."""
    if os.geteuid() == 0:
        return
    unseen = [
        check.id
        for each in run.controls
        for group in each.groups
        for check in group.checks
        if "permission denied" in f"{check.reason}{check.actual}".lower()
    ]
    listed = f"; refused for {', '.join(unseen)}" if unseen else ""
    click.echo(f"note: not run as root: what only root may read counts as missing{listed}", err=True)
