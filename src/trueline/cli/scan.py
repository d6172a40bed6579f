"""`trueline scan`: collect or read a snapshot, evaluate, report."""

from functools import partial

import click
import msgspec

from trueline.assess import Content, Selection, assess, exit_code
from trueline.cli.choose import AUTOMATIC, Choice, Named, choice_of, choice_of_system, platform_of
from trueline.cli.gather import Place, collect_snapshot, example, recorded, runs_kubernetes, shows_kubernetes
from trueline.cli.history_store import opened, phase_option, store_option
from trueline.cli.options import gathering
from trueline.cli.output import write_reports
from trueline.cli.policies import policy_of_files, policy_option, refuse_unapproved, today
from trueline.cli.profiles import chain_of, check_profile, implied, profile_option
from trueline.cli.progress import progress
from trueline.cli.saving import save
from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.errors import NothingToAssess, UsageError
from trueline.evaluate.platforms import Detected
from trueline.model.benchmark import Benchmark
from trueline.model.facts import Snapshot
from trueline.model.policy import Applied
from trueline.model.results import Assessment
from trueline.policy.select import unknown_selections
from trueline.report import FORMATS


@click.command()
@click.option(
    "--benchmark",
    "benchmarks",
    multiple=True,
    default=["auto"],
    show_default=True,
    metavar="ID|auto",
    help="Which benchmark to audit against; may be given several times.",
)
@click.option(
    "--platform", default="", metavar="ID", help="How the cluster was installed. Default: by facts."
)
@click.option(
    "--version", default="", metavar="X.Y", help="Kubernetes version, for the choice of --benchmark auto."
)
@click.option(
    "--snapshot", "snapshot_file", metavar="FILE", help="Judge a recorded snapshot; read nothing else."
)
@gathering
@click.option("--target", "targets", multiple=True, metavar="NAME", help="Only this target: master, node ...")
@click.option("--only", multiple=True, metavar="NUMBER", help="Only this recommendation or section.")
@click.option("--level", type=click.Choice(["1", "2"]), help="1 leaves out what is for level 2 only.")
@profile_option
@policy_option
@click.option("--ci", is_flag=True, help="Refuse a benchmark that is not named, as a pipeline must pin it.")
@click.option("--allow-auto", is_flag=True, help="With --ci: let the facts choose the benchmark.")
@click.option(
    "--format", "format_", type=click.Choice(list(FORMATS)), help="Default: text, or by suffix of -o."
)
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FILE", help="Write to FILE; - is standard output."
)
@click.option("--save", "saved", is_flag=True, help="Append the run to the history, and report what changed.")
@phase_option
@store_option
@click.option("--or-example", is_flag=True, help="Where no Kubernetes runs, judge the recorded example node.")
@click.pass_context
def scan(
    ctx: click.Context,
    *,
    benchmarks: tuple[str, ...],
    platform: str,
    version: str,
    snapshot_file: str | None,
    place: Place,
    no_progress: bool,
    targets: tuple[str, ...],
    only: tuple[str, ...],
    level: str | None,
    profile_name: str | None,
    policy_files: tuple[str, ...],
    ci: bool,
    allow_auto: bool,
    format_: str | None,
    outputs: tuple[str, ...],
    saved: bool,
    phase: str | None,
    store: str | None,
    or_example: bool,
) -> None:
    """Audit a node and its cluster: collect, evaluate, report."""
    policies = policy_of_files(policy_files)
    profile = chain_of(profile_name)
    wanted = implied(benchmarks, profile)
    chosen = Named(benchmarks=benchmarks, platform=platform, version=version)
    chosen.check()  # before any work: a typo is quick
    if ci and not allow_auto:
        _pinned(wanted)
    if saved:
        opened(store, create=True)  # before any work, too
    named = [load_benchmark(name) for name in wanted if name not in AUTOMATIC]
    for benchmark in named:
        check_profile(profile, benchmark)
    _one_source(snapshot_file, place)
    place = _with_system(place, named, automatic="auto" in wanted and not or_example)
    with progress(wanted=not no_progress) as shown:
        snapshot, hints = (
            (recorded(snapshot_file, place.cloud_dumps), ())
            if snapshot_file
            else collect_snapshot(place, shown)
        )
    system = choice_of_system(snapshot) if place.known_linux or (snapshot_file and "auto" in wanted) else None
    runs = shows_kubernetes(snapshot) if system else runs_kubernetes(snapshot)
    alone = not runs and not snapshot.cluster and not snapshot.cloud
    if not snapshot_file and alone and not system:
        snapshot = _nothing_runs(snapshot, or_example=or_example, named=bool(named))
    selection = Selection(
        targets=targets,
        only=only,
        level=int(level) if level else None,
        profiles=tuple(one.profile for one in profile),
    )
    found = platform_of(snapshot, chosen)
    choices = [
        choice_of(name, snapshot, chosen, found, _because(name, benchmarks, profile_name))
        for name in wanted
        if not (name == "auto" and system and alone)
    ]
    if system and (alone or not _misses(system, selection)):
        choices.append(system)
    for choice in choices:
        check_profile(profile, choice.benchmark)
    refuse_unapproved(policies, [choice.benchmark.id for choice in choices])
    content = _content(found, version, choices)
    assessments = [_assess(choice, snapshot, content, policies.applied, selection) for choice in choices]
    assessments = [msgspec.structs.replace(one, phase=phase or "") for one in assessments]
    if saved:
        report_it = partial(write_reports, assessments, format_, outputs)
        assessments = save(assessments, snapshot, policies, store, otherwise=report_it)
    write_reports(assessments, format_, outputs)
    for hint in hints:
        click.echo(f"hint: {hint}", err=True)
    ctx.exit(max((exit_code(one) for one in assessments), default=0))


def _because(name: str, benchmarks: tuple[str, ...], profile: str | None) -> str:
    return "it was named" if name in benchmarks else f"profile {profile} is for it"


def _with_system(place: Place, named: list[Benchmark], *, automatic: bool) -> Place:
    """Reads the operating system where a benchmark asks for it, and with that all its files."""
    asked = any(benchmark.systems for benchmark in named)
    return msgspec.structs.replace(
        place,
        linux=place.linux or asked,
        known_linux=automatic,
        walk=place.walk if place.walk is not None else asked or automatic,
    )


def _pinned(benchmarks: tuple[str, ...]) -> None:
    if any(name in AUTOMATIC for name in benchmarks):
        raise UsageError(
            "with --ci a benchmark must be named, so that the pipeline's verdict does not change by itself",
            hint="Name it with --benchmark or by a --profile, or add --allow-auto.",
        )


def _misses(choice: Choice, selection: Selection) -> bool:
    return bool(unknown_selections(choice.benchmark, selection.targets, selection.only))


def _one_source(snapshot_file: str | None, place: Place) -> None:
    if snapshot_file and (place.kubeconfig or place.in_cluster or place.root != "/"):
        raise UsageError(
            "--snapshot can't be combined with --root, --kubeconfig or --in-cluster",
            hint="A snapshot holds its facts already; leave the others out.",
        )


def _nothing_runs(snapshot: Snapshot, *, or_example: bool, named: bool) -> Snapshot:
    if or_example:
        return example()
    if named:
        return snapshot
    raise NothingToAssess(
        "no Kubernetes component runs on this machine",
        hint="Run it on a node, or name a tree with --root, a file with --snapshot, a cluster with "
        "--kubeconfig; --or-example shows the report of a recorded node.",
    )


def _content(found: Detected, version: str, choices: list[Choice]) -> Content:
    entries = (entry for choice in choices for _, entry in choice.benchmark.recommendations())
    return Content(
        components=load_components(),
        rules=load_rules(frozenset(name for entry in entries for name in entry.rules)),
        platform=load_platform(found.platform),
        platform_because=found.because,
        version=version,
    )


def _assess(
    choice: Choice, snapshot: Snapshot, content: Content, policy: Applied, selection: Selection
) -> Assessment:
    if unknown := unknown_selections(choice.benchmark, selection.targets, selection.only):
        raise UsageError(
            f"{choice.benchmark.id} has no {', '.join(unknown)}",
            hint=f"`trueline benchmarks show {choice.benchmark.id}` lists its targets and numbers.",
        )
    return assess(
        choice.benchmark,
        snapshot,
        content,
        on=today(),
        policy=policy,
        selection=selection,
        chosen_because=choice.because,
        pinned=choice.pinned,
        notices=choice.warnings,
    )
