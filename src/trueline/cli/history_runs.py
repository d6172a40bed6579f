"""`trueline history add|list|show|search|retain`: runs in and out of the history."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from trueline.cli.history_store import (
    compared,
    now,
    opened,
    phase_option,
    query_of,
    query_options,
    store_option,
)
from trueline.cli.output import standard_output, write_reports
from trueline.cli.tables import print_table
from trueline.collect.assessments import read_assessments
from trueline.collect.snapshot import encode_snapshot, read_snapshot
from trueline.errors import UsageError
from trueline.report import FORMATS
from trueline.report.outline import share
from trueline.report.safe import visible

if TYPE_CHECKING:
    from trueline.store.records import Record

_HEADS = ("RUN", "TIME", "CLUSTER", "TARGET", "BENCHMARK", "PHASE", "PASS", "FAIL", "WARN", "SCORE")
_limit = click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N")
_as_json = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.command()
@click.argument("files", metavar="ASSESSMENT...", nargs=-1, required=True)
@click.option("--snapshot", "snapshot_file", metavar="FILE", help="The facts that they rest on.")
@click.option("--policy", "policy_files", multiple=True, metavar="FILE", help="A policy that was applied.")
@phase_option
@store_option
def add(
    files: tuple[str, ...],
    *,
    snapshot_file: str | None,
    policy_files: tuple[str, ...],
    phase: str | None,
    store: str | None,
) -> None:
    """Append assessments that `trueline scan --format json` wrote."""
    assessments = [one for file in files for one in read_assessments(file)]
    snapshot = encode_snapshot(read_snapshot(snapshot_file)) if snapshot_file else b""
    from trueline.content.yaml_files import read_text  # YAML takes long to import

    policies = [(name, read_text(Path(name)).encode()) for name in policy_files]
    history = opened(store, create=True)
    from trueline.store.history import Documents

    documents = Documents(snapshot=snapshot, policies=tuple(policies))
    for one in assessments:
        given = msgspec.structs.replace(one, phase=phase) if phase else one
        run, added = history.add(given, documents, saved_at=now())
        click.echo(f"Run {run.run.id} {'was added' if added else 'was there already'}: {_about(run)}")


@click.command("list")
@query_options
@_limit
@_as_json
@store_option
def list_(*, store: str | None, limit: int, format_: str, **chosen: str) -> None:
    """List runs, the latest first."""
    runs = opened(store).runs(query_of(chosen), limit=limit)
    if format_ == "json":
        return _print_json(runs)
    print_table(_HEADS, map(_row, runs))
    return None


@click.command()
@click.argument("run", type=int)
@click.option(
    "--format", "format_", type=click.Choice(list(FORMATS)), help="Default: text, or by suffix of -o."
)
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", help="Write to FILE.")
@store_option
def show(run: int, *, format_: str | None, outputs: tuple[str, ...], store: str | None) -> None:
    """Report a run again, in any format, with its drift since the last successful run before it."""
    history = opened(store)
    record = history.run(run)
    write_reports([compared(history, record, history.assessment(record))], format_, outputs)


@click.command()
@query_options
@_limit
@_as_json
@store_option
def search(*, store: str | None, limit: int, format_: str, **chosen: str) -> None:
    """Find results: by number, outcome, node, cluster, benchmark, phase and time."""
    found = opened(store).search(query_of(chosen), limit=limit)
    if format_ == "json":
        return _print_json(found)
    heads = ("RUN", "TIME", "CLUSTER", "NODE", "BENCHMARK", "NUMBER", "OUTCOME", "TITLE")
    rows = [
        (one.run, one.at, one.cluster, one.node, one.benchmark, one.number, one.outcome, one.title)
        for one in found
    ]
    print_table(heads, [tuple(map(visible, row)) for row in rows])
    if len(found) == limit:
        click.echo(f"Only the first {limit} are shown; --limit shows more.", err=True)
    return None


@click.command()
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Keep the last N runs of each target.")
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="Keep the runs of the last N days.")
@query_options
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@store_option
def retain(*, keep: int | None, days: int | None, dry_run: bool, store: str | None, **chosen: str) -> None:
    """Delete old runs, and documents that no run needs any longer.

    With --keep and --days, what either of them keeps stays. The last successful run of a target and benchmark
    always stays. Other options limit which runs are looked at.
    """
    if keep is None and days is None:
        raise UsageError("nothing says what to keep", hint="Give --keep N, --days N or both.")
    history = opened(store)
    from trueline.store.retain import Retention
    from trueline.store.retain import retain as applied

    since = datetime.now(UTC) - timedelta(days=days) if days else None
    rules = Retention(keep=keep, since=since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None)
    because = " ".join([*([f"--keep {keep}"] if keep else []), *([f"--days {days}"] if days else [])])
    gone = applied(history, query_of(chosen), rules, at=now(), because=because, dry_run=dry_run)
    for one in gone:
        click.echo(f"Run {one.run.id}: {_about(one)}")
    count = "1 run" if len(gone) == 1 else f"{len(gone)} runs"
    click.echo(f"{count} to delete." if dry_run else f"{count} deleted.")


def _about(run: "Record") -> str:
    head = run.run
    where = "/".join(part for part in (head.cluster, head.target) if part)
    return visible(f"{head.benchmark} on {where or 'an unnamed target'}, {run.at}")


def _row(run: "Record") -> tuple[str, ...]:
    head = run.run
    words = (head.id, run.at, head.cluster, head.target, head.benchmark, head.phase)
    return (*map(visible, words), str(run.passed), str(run.failed), str(run.warn), share(run.percent))


def _print_json(found: Sequence[Any]) -> None:
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    with standard_output() as stream:
        stream.write(f"{text}\n")
