"""`trueline waivers`: adds, lists, checks and renumbers the entries of policy files."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click
import msgspec

from trueline.assess import checks, with_policy
from trueline.cli.output import standard_output
from trueline.cli.policies import (
    catalog_of,
    named_benchmarks,
    on_option,
    policy_of_files,
    policy_option,
    today,
)
from trueline.cli.tables import print_table
from trueline.cli.waivers_add import add, replace_file
from trueline.collect.assessments import read_assessments
from trueline.content.load import benchmark_ids, load_benchmark, load_rules
from trueline.content.policies import PolicyFile, load_policies
from trueline.content.policy_text import Edit, edited
from trueline.content.yaml_files import line_of_key, parse_yaml, read_text
from trueline.errors import ContentError, UsageError
from trueline.model.policy import Defect, Excepting, Policy
from trueline.model.register import Entry
from trueline.policy.problems import critical, defects, misnomers
from trueline.policy.renumber import LISTS, Move, describe, moves


@click.group()
def waivers() -> None:
    """Add, list, check and renumber exceptions and the other entries of policy files."""


waivers.add_command(add)


@waivers.command("list")
@policy_option
@on_option
@click.option("--from", "source", metavar="ASSESSMENT", help="Say what becomes of them in this run.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(*, policy_files: tuple[str, ...], on: datetime | None, source: str | None, format_: str) -> None:
    """List the entries of policy files, or what becomes of them in a run."""
    day = on.date() if on else today()
    applied = policy_of_files(_named(policy_files)).applied
    if source:
        runs = [
            with_policy(run, applied, on=day, known=_known(run.benchmark.id))
            for run in read_assessments(source)
        ]
        _show([entry for run in runs for entry in run.entries], format_)
    elif format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(applied.policy), indent=2))
    else:
        _table(applied.policy, day)


def _known(benchmark: str) -> frozenset[str]:
    return checks(load_benchmark(benchmark)) if benchmark in benchmark_ids() else frozenset()


def _show(entries: list[Entry], format_: str) -> None:
    if format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(entries), indent=2))
        return
    head = ("Id", "Check", "Benchmark", "Class", "State", "Ends", "Owner", "Remarks")
    print_table(
        head,
        [
            (
                one.id,
                one.check,
                one.benchmark,
                one.kind,
                one.state,
                one.expires,
                one.owner,
                " ".join(one.remarks),
            )
            for one in entries
        ],
    )


def _table(policy: Policy, day: date) -> None:
    rows: list[tuple[object, ...]] = []
    for one in policy.waivers:
        end = one.expires if isinstance(one, Excepting) else None
        left = "" if end is None else "expired" if end < day else f"{(end - day).days} days"
        rows.append((one.id, one.check, one.benchmark, one.kind, end or "", left, one.owner))
    rows += [
        (
            f"review by {one.reviewer}",
            one.check,
            one.benchmark,
            one.outcome,
            one.valid_until,
            "",
            one.reviewer,
        )
        for one in policy.reviews
    ]
    rows += [
        ("decision", one.check, one.benchmark, one.decision, "", "", one.owner) for one in policy.decisions
    ]
    rows += [("remediation", one.check, one.benchmark, "", "", "", one.owner) for one in policy.remediations]
    print_table(("Id", "Check", "Benchmark", "Class", "Ends", "Left", "Owner"), rows)


@waivers.command()
@policy_option
@on_option
@click.pass_context
def lint(ctx: click.Context, *, policy_files: tuple[str, ...], on: datetime | None) -> None:
    """Check policy files: ends, triggers, weak words, over-broad, unknown and outdated entries.

    Exit status: 0 nothing to say; 1 something to mend; 2 the policy can't be used as it is.
    """
    day = on.date() if on else today()
    policies = load_policies([Path(name) for name in _named(policy_files)])
    whole = policies.applied.policy
    catalog = catalog_of(named_benchmarks(whole))
    worst = 0
    for file in policies.files:
        found = [*defects(file.policy, whole.rules, day), *critical(file.policy, whole, catalog)]
        for defect in sorted([*found, *misnomers(file.policy, catalog)], key=lambda one: not one.fatal):
            worst = max(worst, 2 if defect.fatal else 1)
            click.echo(_said(file, defect))
    entries = sum(len(getattr(whole, name)) for name in LISTS)
    counted = f"{_number(len(policies.files), 'file')}, {_number(entries, 'entry', 'entries')}"
    click.echo(f"{counted} checked", err=True)
    ctx.exit(worst)


def _number(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"


def _said(file: PolicyFile, defect: Defect) -> str:
    line = line_of_key(file.file, defect.place)
    word = "error" if defect.fatal else "warning"
    return f"{file.file}:{line}: {word}: {defect.message}\n hint: {defect.hint}"


@waivers.command()
@click.option("--policy", "policy_file", metavar="FILE", required=True, help="The file to renumber.")
@click.option("--to", "target", metavar="BENCHMARK", required=True, help="The benchmark to move entries to.")
@click.option("--from", "source", metavar="BENCHMARK", help="Move only what is for this one. Default: all.")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; it may be the same. Default: print it.")
@click.pass_context
def renumber(
    ctx: click.Context, *, policy_file: str, target: str, source: str | None, output: str | None
) -> None:
    """Move entries to another benchmark: what means the same moves, the rest needs a new approval.

    An entry whose check asserts something else there moves too, but is marked and does not count before its
    `meaning` is brought up to date; one without a successor stays as it is. Exit status: 0 all of them moved;
    1 some need somebody's decision.
    """
    path = Path(policy_file)
    text = read_text(path)
    (file,) = load_policies([path]).files
    after = load_benchmark(target)
    names = {load_benchmark(source).id} if source else named_benchmarks(file.policy)
    catalog = catalog_of(names - {after.id})
    found = [
        move
        for before in catalog.benchmarks.values()
        for move in moves(file.policy, before, after, load_rules(), catalog.meaning)
    ]
    new = edited(path, text, {(one.where, one.position): _edit(one) for one in found})
    _renumbered(file, new, found)
    if output is None:
        with standard_output() as stream:
            stream.write(new)
    else:
        replace_file(Path(output), new)
    for line in (line for one in found for line in describe(one)):
        click.echo(line, err=True)
    unknown = sorted(names - {after.id} - set(catalog.benchmarks))
    for name in unknown:
        click.echo(f"! entries for {name} stay: there is no benchmark of that name", err=True)
    open_ones = [one for one in found if one.kind != "moved"]
    click.echo(f"{len(found) - len(open_ones)} moved, {len(open_ones)} need a decision", err=True)
    ctx.exit(1 if open_ones or unknown else 0)


def _edit(move: Move) -> Edit:
    if move.kind == "gone":
        return Edit(values={"benchmark": move.before}, comment=f"has no successor in {move.after}")
    values = {"benchmark": move.after, "check": move.to}
    if move.where != "waivers":
        comment = f"{move.after} asserts something else here: look again" if move.kind == "changed" else ""
        return Edit(values=values, comment=comment)
    old: str | tuple[str, ...] = move.meanings[0] if len(move.meanings) == 1 else move.meanings
    differs = "; ".join(
        f"{name}: {left or 'none'} -> {right or 'none'}" for name, (left, right) in move.fields.items()
    )
    comment = f"needs a new approval: {differs or 'it asserts something else'}"[:200]
    return Edit(
        values=values,
        added={"meaning": old},
        comment="" if move.kind == "moved" else " ".join(comment.split()),
    )


def _renumbered(file: PolicyFile, text: str, found: Sequence[Move]) -> None:
    """Raises ContentError where the new text holds anything but the old entries under their new names."""
    policy = parse_yaml(file.file, text, Policy)
    moved = {(one.where, one.position) for one in found if one.kind != "gone"}
    for name in LISTS:
        for position, (old, new) in enumerate(
            zip(getattr(file.policy, name), getattr(policy, name), strict=True)
        ):
            same = {"check": old.check, "benchmark": old.benchmark}
            if name == "waivers":
                same["meaning"] = old.meaning
            if (name, position) in moved and msgspec.structs.replace(new, **same) != old:
                raise ContentError(
                    "can't be renumbered without changing more",
                    hint="Change check and benchmark by hand.",
                    file=str(file.file),
                )


def _named(files: tuple[str, ...]) -> tuple[str, ...]:
    if not files:
        raise UsageError("no policy file was named", hint="Name one with --policy.")
    return files
