"""`trueline history import-log`: what kube-bench printed or wrote as JSON becomes a run of the history."""

import click
import msgspec

from trueline.cli.history_store import now, opened, phase_option, store_option
from trueline.errors import UsageError
from trueline.model.benchmark import Benchmark
from trueline.model.results import Assessment, Result


@click.command("import-log")
@click.argument("log_file", metavar="FILE")
@click.option("--cluster", default="", metavar="NAME", help="The cluster that it was run in.")
@click.option("--node", required=True, metavar="NAME", help="The node that it was run on.")
@click.option("--benchmark", required=True, metavar="ID", help="The benchmark: cis-1.24.")
@click.option("--at", required=True, metavar="TIME", help="When it was run: 2026-03-01T04:05:06Z.")
@phase_option
@store_option
def import_log(
    log_file: str, *, cluster: str, node: str, benchmark: str, at: str, phase: str | None, store: str | None
) -> None:
    """Append what kube-bench wrote, as text or JSON.

    Where its checks have numbers of the benchmark, they can be compared with later scans; their evidence
    can't, as it is the output of other commands.
    """
    from trueline.cli.choose import Named  # content takes long to import, and other subcommands need none
    from trueline.cli.fleet_inputs import Inputs

    read = Inputs(Named(benchmarks=(benchmark,), platform="", version="")).whole(log_file)
    if read.tool.name != "kube-bench":
        raise UsageError(f"{log_file} was not written by kube-bench", hint="`trueline history add` takes it.")
    history = opened(store, create=True)
    from trueline.store.records import utc

    when = utc(at)
    if not when:
        raise UsageError(f"--at {at} is no time", hint="Write 2026-03-01T04:05:06Z.")
    target = msgspec.structs.replace(read.target, name=node, cluster_name=cluster, collected_at=when)
    found = msgspec.structs.replace(
        _known(read, benchmark), target=target, assessed_on=when[:10], phase=phase or ""
    )
    run, added = history.add(found, saved_at=now())
    counts = found.counts.total
    click.echo(
        f"Run {run.run.id} {'was added' if added else 'was there already'}: {counts.total} checks, "
        f"{counts.passed} PASS, {counts.failed} FAIL, {counts.warn} WARN, {counts.info} INFO"
    )


def _known(read: Assessment, benchmark: str) -> Assessment:
    """With the rules and components of a benchmark that ships, where numbers and targets agree."""
    from trueline.content.load import benchmark_ids, load_benchmark

    if benchmark not in benchmark_ids():
        return read
    shipped = load_benchmark(benchmark)
    head = msgspec.structs.replace(read.benchmark, title=shipped.title, version=shipped.version)
    return msgspec.structs.replace(read, benchmark=head, results=_with_rules(read, shipped))


def _with_rules(read: Assessment, shipped: Benchmark) -> tuple[Result, ...]:
    from trueline.content.load import load_rules

    entries = {(section.target, entry.number): entry for section, entry in shipped.recommendations()}
    rules = load_rules(frozenset(name for entry in entries.values() for name in entry.rules))
    results = []
    for result in read.results:
        entry = entries.get((result.target, result.number))
        if entry and entry.rules:
            first = rules[next(iter(entry.rules))]
            result = msgspec.structs.replace(  # noqa: PLW2901 - the same result, with more known of it
                result, rules=tuple(entry.rules), component=first.component, severity=first.severity
            )
        results.append(result)
    return tuple(results)
