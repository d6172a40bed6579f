"""Puts a run where the call wants it: text, JSON, JUnit, PostgreSQL or AWS Security Hub."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from trueline.cli.kubebench_flags import Options
from trueline.cli.output import use_color
from trueline.errors import UsageError
from trueline.kubebench import asff
from trueline.kubebench.config import Config
from trueline.kubebench.render_json import render_json
from trueline.kubebench.render_junit import render_junit
from trueline.kubebench.render_text import TextOptions, render_text
from trueline.kubebench.results import Run

Put = Callable[[Run], None]


def output(options: Options, environ: Mapping[str, str], hostname: str, config: Config) -> Put:
    """What is to be done with the run. Raises UsageError at once for what is missing.

    Of several kinds the first of JUnit, JSON, PostgreSQL, AWS and text is taken.
    """
    if options.junit:
        return lambda run: write(render_junit(run), options.outputfile)
    if options.json:
        return lambda run: write(render_json(run, totals=not options.nototals), options.outputfile)
    if options.pgsql:
        return _to_database(environ, hostname)
    if options.asff:
        return _to_aws(options, environ, config)
    return lambda run: click.echo(render_text(run, text_options(options)), nl=False)


def write(text: str, file: str) -> None:
    """Writes JSON or JUnit to the file, or prints it where none is named. Raises UsageError."""
    if not file:
        click.echo(text)
        return
    try:
        Path(file).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{file} can't be written: {error.strerror}", hint="Name another file with --outputfile."
        ) from None


def text_options(options: Options) -> TextOptions:
    """Which parts of the text a call wants."""
    return TextOptions(
        results=not options.noresults,
        remediations=not options.noremediations,
        summary=not options.nosummary,
        totals=not options.nototals,
        output=options.include_test_output,
        colour=use_color(),
    )


def _to_database(environ: Mapping[str, str], hostname: str) -> Put:
    from trueline.kubebench.pgsql import database, save, scan_host

    settings, host = database(environ), scan_host(environ, hostname)

    def put(run: Run) -> None:
        rows = save(run, settings, host, datetime.now(UTC))
        click.echo(f"{rows} rows written to the database", err=True)

    return put


def _to_aws(options: Options, environ: Mapping[str, str], config: Config) -> Put:
    from trueline.kubebench.securityhub import hub, publish

    strict = options.strict_compat
    target = asff.aws_target(config, environ, strict_compat=strict)

    def put(run: Run) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        found = asff.findings(run, target, at, strict_compat=strict)
        taken = publish(found, hub(target.region), strict_compat=strict)
        click.echo(f"{taken} findings sent to AWS Security Hub", err=True)

    return put
