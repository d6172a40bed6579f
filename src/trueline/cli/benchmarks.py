"""`trueline benchmarks`: which benchmarks there are, what one recommends, and how two differ."""

from collections.abc import Sequence

import click
import msgspec

from trueline.cli.policies import catalog_of, policy_of_files, policy_option
from trueline.cli.profiles import profiles_command, selected
from trueline.cli.tables import print_table
from trueline.content.load import benchmark_ids, load_benchmark, load_rules
from trueline.content.policies import benchmark_id
from trueline.evaluate.versions import key
from trueline.model.benchmark import Benchmark, Recommendation
from trueline.model.rule import bind
from trueline.policy.crosswalk import Crosswalk, Place, compare
from trueline.policy.renumber import describe, moves


@click.group()
def benchmarks() -> None:
    """List, show and compare benchmarks."""


benchmarks.add_command(profiles_command)


@benchmarks.command("list")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(format_: str) -> None:
    """List all benchmarks with their counts, targets, platforms and Kubernetes versions."""
    found = [load_benchmark(name) for name in benchmark_ids()]
    if format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode([_summary(one) for one in found]), indent=2))
        return
    print_table(
        ("Benchmark", "Title", "Recommendations", "Scored", "Automated", "Platforms", "Kubernetes"),
        [_row(one) for one in found],
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
                f"level {entry.level}{_machines(entry)}" if entry.level else "level not known",
                "scored" if entry.scored else "not scored",
                "automated" if entry.automated else "manual",
                *([f"severity {entry.severity}"] if entry.severity else []),
                *(["the provider's"] if entry.owner == "provider" else []),
                *(["uncertain"] if entry.uncertain else []),
            ]
            click.echo(f"{entry.number:<8} {entry.title or bind(rules[name], given).title}")
            click.echo(f"{'':<8} {', '.join(marks)}; rules: {', '.join(entry.rules)}")


def _machines(entry: Recommendation) -> str:
    """The levels that differ on a kind of machine."""
    given = (("servers", entry.server), ("workstations", entry.workstation))
    words = [
        f"level {level} on {machines}" if level else f"not for {machines}"
        for machines, level in given
        if level is not None
    ]
    return f" ({', '.join(words)})" if words else ""


@benchmarks.command()
@click.argument("before")
@click.argument("after")
@policy_option
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def diff(before: str, after: str, *, policy_files: tuple[str, ...], format_: str) -> None:
    """Show what changes from BEFORE to AFTER, benchmarks or profiles: added, removed, renumbered, changed.

    With --policy, name the entries there that refer to what changes.
    """
    old, new = selected(before), selected(after)
    policy = policy_of_files(policy_files).applied.policy
    named = moves(policy, old, new, load_rules(), catalog_of([]).meaning) if policy_files else ()
    concerned = [one for one in named if one.kind != "moved" or one.to != one.check]
    found = msgspec.structs.replace(
        compare(old, new, load_rules()), before=_label(before, old), after=_label(after, new)
    )
    if format_ == "json":
        entries = {"entries": msgspec.to_builtins(concerned)} if policy_files else {}
        whole = {**msgspec.to_builtins(found), **entries}
        click.echo(msgspec.json.format(msgspec.json.encode(whole), indent=2))
        return
    _print_diff(found)
    if policy_files:
        click.echo(f"\nEntries of the policy that this concerns: {len(concerned)}")
    for line in (line for one in concerned for line in describe(one)):
        click.echo(f"  {line}")


def _label(name: str, found: Benchmark) -> str:
    """A benchmark's id, or the profile's name."""
    return found.id if benchmark_id(name) == found.id else name


def _print_diff(found: Crosswalk) -> None:
    click.echo(
        f"{found.before} -> {found.after}: {len(found.added)} added, {len(found.removed)} removed, "
        f"{len(found.renumbered)} renumbered, {len(found.changed)} changed"
    )
    _print_places("Added", found.added)
    _print_places("Removed", found.removed)
    if found.renumbered:
        click.echo("\nRenumbered")
    for change in found.renumbered:
        click.echo(f"  {change.before} -> {change.after}  {change.title}")
    if found.changed:
        click.echo("\nChanged")
    for change in found.changed:
        click.echo(f"  {change.after}  {change.title}")
        for name, (old, new) in change.fields.items():
            click.echo(f"      {name}: {_difference(old, new)}")


def _print_places(head: str, places: Sequence[Place]) -> None:
    if places:
        click.echo(f"\n{head}")
    for place in places:
        click.echo(f"  {place.number}  {place.title} ({place.target}; {', '.join(place.rules)})")


def _difference(old: str, new: str) -> str:
    """Both values, or of lists what is gone and what has come."""
    if "," not in old or "," not in new:
        return f"{old or 'none'} -> {new or 'none'}"
    before, after = old.split(","), new.split(",")
    gone = [f"-{one.strip()}" for one in before if one not in after]
    return " ".join(gone + [f"+{one.strip()}" for one in after if one not in before])


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


def _row(benchmark: Benchmark) -> tuple[object, ...]:
    summary = _summary(benchmark)
    counts = (summary["recommendations"], summary["scored"], summary["automated"])
    versions = _span(benchmark.kubernetes)
    return (benchmark.id, benchmark.title, *counts, " ".join(benchmark.platforms), versions)


def _span(versions: Sequence[str]) -> str:
    """The versions with runs of them drawn together: 1.25 - 1.28, 1.32."""
    runs: list[list[str]] = []
    for version in versions:
        if runs and key(version)[1:] == (key(runs[-1][-1])[1] + 1,):
            runs[-1].append(version)
        else:
            runs.append([version])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} - {run[-1]}" for run in runs)
