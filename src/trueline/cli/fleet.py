"""`trueline fleet`: one assessment of a cluster from what is known of its nodes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from trueline.assess import exit_code
from trueline.cli.choose import Named
from trueline.cli.fleet_inputs import Inputs, expected_nodes, paths_of, stem
from trueline.cli.output import write_reports
from trueline.cli.progress import Progress, progress
from trueline.content.load import benchmark_ids
from trueline.errors import ContentError, UsageError
from trueline.fleet import Fleet, scored_only
from trueline.model.results import Assessment
from trueline.policy.roster import Roster
from trueline.report import FORMATS
from trueline.report.safe import visible


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--expect-nodes",
    "expected_file",
    metavar="FILE",
    help="The nodes that the cluster has: a name and roles per line, or what kubectl get nodes prints.",
)
@click.option(
    "--nodes-from-cluster",
    is_flag=True,
    help="Insist on the node list of the cluster, which a snapshot of it among FILES holds.",
)
@click.option("--name", default="", metavar="NAME", help="What to call the cluster. Default: its own name.")
@click.option(
    "--benchmark",
    "benchmarks",
    multiple=True,
    default=["auto"],
    show_default=True,
    metavar="ID|auto",
    help="How to judge snapshots among FILES, and what kube-bench's reports that don't say it are of.",
)
@click.option("--platform", default="", metavar="ID", help="For snapshots: how the cluster was installed.")
@click.option(
    "--unscored",
    type=click.BOOL,
    default=True,
    show_default=True,
    help="False leaves out what the benchmark does not score.",
)
@click.option(
    "--format", "format_", type=click.Choice(list(FORMATS)), help="Default: text, or by suffix of -o."
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Write to FILE; - is standard output; with {node} in the name one file per node (inspector-csv).",
)
@click.option("--no-progress", is_flag=True, help="Show no progress on the terminal.")
@click.pass_context
def fleet(
    ctx: click.Context,
    *,
    files: tuple[str, ...],
    expected_file: str | None,
    nodes_from_cluster: bool,
    name: str,
    benchmarks: tuple[str, ...],
    platform: str,
    unscored: bool,
    format_: str | None,
    outputs: tuple[str, ...],
    no_progress: bool,
) -> None:
    """Make one assessment of a cluster from FILES.

    FILES are assessments (JSON) or snapshots of its nodes and of the cluster, outputs of kube-bench (JSON or
    text, named as their nodes), and directories of these. A recommendation fails if it fails on any node;
    nodes that should have results and have none are named, and nothing passes without them.
    """
    named = Named(benchmarks=benchmarks, platform=platform)
    named.check()
    roster = dict(expected_nodes(expected_file)) if expected_file else {}
    inputs = Inputs(named)
    with progress(wanted=not no_progress) as shown:
        whole, unread, listed = _read(inputs, paths_of(files), shown)
        if nodes_from_cluster and not listed:
            raise UsageError(
                "no snapshot among the files holds the cluster's list of nodes",
                hint="Take one with `trueline collect --kubeconfig FILE -o cluster.json.gz`.",
            )
        shown.step("comparing nodes")
        today = datetime.now(UTC).date().isoformat()
        made = whole.compose(inputs.whole, name=name, roster={**listed, **roster}, unread=unread, on=today)
    if not unscored:
        made = tuple(scored_only(one) for one in made)
    for path, why in unread.items():
        click.echo(f"warning: {visible(path)}: {visible(why)}", err=True)
    _write(made, format_, outputs)
    ctx.exit(max(exit_code(one) for one in made))


def _read(inputs: Inputs, paths: Sequence[str], shown: Progress) -> tuple[Fleet, dict[str, str], Roster]:
    """All files; snapshots last, so that they are judged by the benchmark of the assessments beside them."""
    whole = Fleet()
    unread: dict[str, str] = {}
    listed: dict[str, tuple[str, ...]] = {}
    later: list[str] = []
    for number, path in enumerate(paths, 1):
        try:
            brief = inputs.brief(path)
        except ContentError as error:
            unread[stem(path)] = error.message
            continue
        if brief is None:
            later.append(path)
        else:
            whole.add(brief, path)
        shown.count("files", number)
    inputs.benchmarks = tuple(one for one in whole.groups if one in benchmark_ids())
    for path in later:
        try:
            brief, nodes = inputs.judged(path)
        except ContentError as error:
            unread[stem(path)] = error.message
            continue
        listed.update(nodes)
        whole.add(brief, path)
    return whole, unread, listed


def _write(made: Sequence[Assessment], format_: str | None, outputs: Sequence[str]) -> None:
    plain = tuple(output for output in outputs if "{node}" not in output)
    if plain or not outputs:
        write_reports(made, format_, plain)
    for output in outputs:
        if "{node}" in output:
            _per_node(made, output)


def _per_node(made: Sequence[Assessment], output: str) -> None:
    from trueline.report.inspector_csv import documents

    for assessment in made:
        pages = documents(assessment)
        for name, page in pages.items():
            safe = name.replace("/", "_").strip(".") or "node"
            path = Path(output.replace("{node}", safe).replace("{benchmark}", assessment.benchmark.id))
            try:
                path.write_text(page, encoding="utf-8")
            except OSError as error:
                raise UsageError(f"{path} can't be written: {error.strerror}", hint="Name another.") from None
        click.echo(f"Reports written for {len(pages)} nodes", err=True)
