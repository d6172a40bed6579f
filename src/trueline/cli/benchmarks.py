"""`trueline benchmarks`: which benchmarks there are, and what one recommends."""

import click
import msgspec

from trueline.cli.tables import print_table
from trueline.content.load import benchmark_ids, load_benchmark, load_rules
from trueline.model.benchmark import Benchmark
from trueline.model.rule import bind


@click.group()
def benchmarks() -> None:
    """List and show benchmarks."""


@benchmarks.command("list")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(format_: str) -> None:
    """List all benchmarks with their counts, targets, platforms and Kubernetes versions."""
    entries = [_summary(load_benchmark(name)) for name in benchmark_ids()]
    if format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(entries), indent=2))
        return
    print_table(
        ("Benchmark", "Title", "Recommendations", "Scored", "Automated", "Platforms", "Kubernetes"),
        [
            (
                entry["id"],
                entry["title"],
                entry["recommendations"],
                entry["scored"],
                entry["automated"],
                " ".join(map(str, _listed(entry["platforms"]))),
                _span(entry["versions"]),
            )
            for entry in entries
        ],
    )


@benchmarks.command()
@click.argument("benchmark")
def show(benchmark: str) -> None:
    """Show the recommendations of BENCHMARK with the rules that decide them."""
    found, rules = load_benchmark(benchmark), load_rules()
    click.echo(f"{found.id}: {found.title}, version {found.version}")
    for section in found.sections:
        click.echo(f"\n{section.number} {section.title} ({section.target})")
        for entry in section.recommendations:
            name, given = next(iter(entry.rules.items()))
            marks = [
                f"level {entry.level}" if entry.level else "level not known",
                "scored" if entry.scored else "not scored",
                "automated" if entry.automated else "manual",
                *(["uncertain"] if entry.uncertain else []),
            ]
            click.echo(f"{entry.number:<8} {entry.title or bind(rules[name], given).title}")
            click.echo(f"{'':<8} {', '.join(marks)}; rules: {', '.join(entry.rules)}")


def _summary(benchmark: Benchmark) -> dict[str, object]:
    entries = benchmark.recommendations()
    targets: dict[str, int] = {}
    for section, _ in entries:
        targets[section.target] = targets.get(section.target, 0) + 1
    return {
        "id": benchmark.id,
        "title": benchmark.title,
        "recommendations": len(entries),
        "scored": sum(entry.scored for _, entry in entries),
        "automated": sum(entry.automated for _, entry in entries),
        "targets": targets,
        "platforms": list(benchmark.platforms),
        "versions": list(benchmark.kubernetes),
    }


def _span(versions: object) -> str:
    listed = _listed(versions)
    return f"{listed[0]} - {listed[-1]}" if len(listed) > 1 else "".join(map(str, listed))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
