"""`trueline harden`: plans the hardening of an operating system, applies a reviewed plan, undoes it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from trueline.cli.gather import Place, collect_snapshot
from trueline.cli.output import standard_output
from trueline.cli.profiles import Chain, chain_of, check_profile, profile_option
from trueline.cli.progress import Progress, progress
from trueline.errors import UsageError
from trueline.model.plan import Plan

if TYPE_CHECKING:
    from trueline.assess import Content
    from trueline.model.benchmark import Benchmark
    from trueline.model.facts import Snapshot
    from trueline.model.results import Assessment

_FORMATS = ("text", "json", "markdown", "html")
_SUFFIXES = {".json": "json", ".md": "markdown", ".html": "html", ".txt": "text"}


@click.group()
def harden() -> None:
    """Plan, apply and undo the hardening of an operating system.

    `plan` only reads. `apply` does exactly what a plan says, and only with --yes; `rollback` undoes it.
    """


_root = click.option("--root", default="/", metavar="DIR", help="The machine below DIR instead of this one.")


@harden.command()
@click.option("--benchmark", "benchmark_name", default="auto", show_default=True, metavar="ID|auto")
@click.option("--level", type=click.Choice(["1", "2"]), help="1 leaves out what is for level 2 only.")
@click.option("--only", multiple=True, metavar="NUMBER", help="Only this recommendation or section.")
@_root
@profile_option
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="Default: text, or by suffix of -o.")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; `apply` takes one in JSON.")
@click.option("--no-progress", is_flag=True, help="Show no progress on the terminal.")
def plan(
    benchmark_name: str,
    level: str | None,
    only: tuple[str, ...],
    root: str,
    profile_name: str | None,
    format_: str | None,
    output: str | None,
    no_progress: bool,
) -> None:
    """Show what would change, exactly, at which risk, and what is left out and why. Changes nothing."""
    kind = format_ or _format_of(output)
    chain = chain_of(profile_name)
    with progress(wanted=not no_progress) as shown:
        made = _made(_collected(root, shown), benchmark_name, int(level or 0), only, chain)
    text = _render(made, kind)
    if output and output != "-":
        try:
            Path(output).write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"{output} can't be written: {error.strerror}", hint="Name another file."
            ) from None
        click.echo(f"Plan written to {output}: {len(made.steps)} steps.", err=True)
        return
    with standard_output() as stream:
        stream.write(text)


def _format_of(output: str | None) -> str:
    if not output or output == "-":
        return "text"
    found = _SUFFIXES.get(Path(output).suffix)
    if found is None:
        raise UsageError(
            f"the suffix of {output} names no format", hint=f"Name one with --format: {', '.join(_FORMATS)}."
        )
    return found


def _render(made: Plan, kind: str) -> str:
    if kind == "json":
        return msgspec.json.format(msgspec.json.encode(made), indent=1).decode() + "\n"
    from trueline.report import plan_text

    return plan_text.render(made)


def _collected(root: str, shown: Progress) -> "Snapshot":
    place = Place(root=root, no_cluster=True, linux=True, walk=True)
    return collect_snapshot(place, shown)[0]


def _made(snapshot: "Snapshot", name: str, level: int, only: tuple[str, ...], chain: Chain) -> Plan:
    """The plan for what was read."""
    from trueline.assess import context_of
    from trueline.collect.access import Root
    from trueline.harden.kubernetes import kept_on, runs_kubelet
    from trueline.harden.plan import Request, make_plan
    from trueline.model.plan import PlanHead
    from trueline.policy.profiles import tailor

    benchmark, content, assessment = _assessed(snapshot, name, level, only, chain)
    node = snapshot.node
    assert node is not None
    kubernetes = runs_kubelet(node)
    head = PlanHead(
        benchmark=benchmark.id,
        title=benchmark.title,
        version=benchmark.version,
        benchmark_digest=assessment.benchmark.digest,
        machine=node.hostname,
        operating_system=assessment.target.operating_system,
        root=node.root,
        profile=chain[-1].profile.id if chain else "",
        level=level,
        only=only,
        made_at=snapshot.finished_at,
        kubernetes=kubernetes,
    )
    request = Request(
        benchmark=tailor([one.profile for one in chain], benchmark).benchmark,
        rules=content.rules,
        context=context_of(snapshot, content),
        results=assessment.results,
        root=Root(node.root),
        head=head,
        tool=assessment.tool,
        kept=dict(kept_on(benchmark)) if kubernetes else {},
        runs_programs=node.root == "/",
        notices=assessment.notices,
    )
    return make_plan(request)


def _assessed(
    snapshot: "Snapshot", name: str, level: int, only: tuple[str, ...], chain: Chain
) -> "tuple[Benchmark, Content, Assessment]":
    from trueline.assess import Content, Selection, assess
    from trueline.cli.choose import Named, platform_of
    from trueline.content.load import load_components, load_platform, load_rules
    from trueline.policy.select import unknown_selections

    benchmark = _benchmark(snapshot, name)
    check_profile(chain, benchmark)
    if unknown := unknown_selections(benchmark, (), only):
        raise UsageError(
            f"{benchmark.id} has no {', '.join(unknown)}",
            hint=f"`trueline benchmarks show {benchmark.id}` lists its numbers.",
        )
    found = platform_of(snapshot, Named())
    rules = frozenset(rule for _, entry in benchmark.recommendations() for rule in entry.rules)
    content = Content(
        components=load_components(), rules=load_rules(rules), platform=load_platform(found.platform)
    )
    selection = Selection(only=only, level=level or None, profiles=tuple(one.profile for one in chain))
    today = datetime.now(UTC).date()
    return benchmark, content, assess(benchmark, snapshot, content, on=today, selection=selection)


def _benchmark(snapshot: "Snapshot", name: str) -> "Benchmark":
    from trueline.cli.choose import choice_of_system
    from trueline.content.load import load_benchmark

    if name == "auto":
        choice = choice_of_system(snapshot)
        if choice is None:
            raise UsageError(
                "no benchmark is known for this operating system",
                hint="Name one with --benchmark; `trueline benchmarks` lists them.",
            )
        return choice.benchmark
    benchmark = load_benchmark(name)
    if not benchmark.systems:
        raise UsageError(
            f"{benchmark.id} is not about an operating system",
            hint="Its findings are mended where the cluster is configured; each result says how.",
        )
    return benchmark
