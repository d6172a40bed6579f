"""`trueline harden`: plans the hardening of an operating system, applies a reviewed plan, undoes it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from trueline.cli.gather import Place, collect_snapshot
from trueline.cli.harden_export import export
from trueline.cli.harden_kubernetes import kubernetes
from trueline.cli.output import save_text, standard_output
from trueline.cli.profiles import Chain, chain_of, check_profile, profile_option
from trueline.cli.progress import Progress, progress
from trueline.collect.plans import read_plan
from trueline.errors import UsageError
from trueline.evaluate.linux import say
from trueline.harden.files import ChangeFailed
from trueline.model.plan import Plan, Promise
from trueline.model.results import Outcome

if TYPE_CHECKING:
    from trueline.assess import Content
    from trueline.harden.apply import Hardener, Report
    from trueline.model.benchmark import Benchmark
    from trueline.model.facts import Snapshot
    from trueline.model.results import Assessment

_FORMATS = ("text", "json", "markdown", "html")
_SUFFIXES = {".json": "json", ".md": "markdown", ".html": "html", ".txt": "text"}
_NO_PASSWORD = (
    "{0} gets no password: run `passwd {0}`, log in as {0}, and make a new plan that keeps root out."
)


@click.group()
def harden() -> None:
    """Plan, apply and undo the hardening of an operating system.

    `plan` only reads. `apply` does exactly what a plan says, and only with --yes; `rollback` undoes it.
    `export` and `kubernetes` write files for another way to roll out.
    """


harden.add_command(export)
harden.add_command(kubernetes)
_root = click.option("--root", default="/", metavar="DIR", help="The machine below DIR instead of this one.")


@harden.command()
@click.option("--benchmark", "benchmark_name", default="auto", show_default=True, metavar="ID|auto")
@click.option("--level", type=click.Choice(["1", "2"]), help="1 leaves out what is for level 2 only.")
@click.option("--only", multiple=True, metavar="NUMBER", help="Only this recommendation or section.")
@_root
@profile_option
@click.option(
    "--create-user",
    "user",
    metavar="NAME",
    help="Also make this ordinary account, a member of sudo or wheel, without a password.",
)
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="Default: text, or by suffix of -o.")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; `apply` takes one in JSON.")
@click.option("--no-progress", is_flag=True, help="Show no progress on the terminal.")
def plan(
    *,
    benchmark_name: str,
    level: str | None,
    only: tuple[str, ...],
    root: str,
    profile_name: str | None,
    user: str | None,
    format_: str | None,
    output: str | None,
    no_progress: bool,
) -> None:
    """Show what would change, exactly, at which risk, and what is left out and why. Changes nothing."""
    kind = format_ or _format_of(output)
    chain = chain_of(profile_name)
    with progress(wanted=not no_progress) as shown:
        made = plan_of(collected(root, shown), benchmark_name, int(level or 0), only, chain, user or "")
    text = _render(made, kind)
    if output and output != "-":
        save_text(output, text)
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
    from trueline.report import plan_html, plan_markdown, plan_text

    if kind == "text":
        return plan_text.render(made)
    return plan_html.render(made) if kind == "html" else plan_markdown.render(made)


def collected(root: str, shown: Progress) -> "Snapshot":
    place = Place(root=root, no_cluster=True, linux=True, walk=True)
    return collect_snapshot(place, shown)[0]


def plan_of(
    snapshot: "Snapshot", name: str, level: int, only: tuple[str, ...], chain: Chain, user: str = ""
) -> Plan:
    """The plan for what was read; with the account `user`, if it is named."""
    from trueline.assess import context_of
    from trueline.collect.access import Root
    from trueline.harden.account import account_operations
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
    context = context_of(snapshot, content)
    beside = (
        account_operations(user, context.host.linux.accounts, context.today or 0)
        if user and context.host
        else ()
    )
    request = Request(
        benchmark=tailor([one.profile for one in chain], benchmark).benchmark,
        rules=content.rules,
        context=context,
        results=assessment.results,
        root=Root(node.root),
        head=head,
        tool=assessment.tool,
        kept=dict(kept_on(benchmark)) if kubernetes else {},
        runs_programs=node.root == "/",
        beside=beside,
        notices=(*assessment.notices, *([_NO_PASSWORD.format(user)] if user else [])),
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


@harden.command()
@click.argument("plan_file", required=False, metavar="[PLAN]")
@_root
@click.option("--yes", is_flag=True, help="Really change the machine; without it nothing happens.")
@click.option("--resume", is_flag=True, help="End the run that a crash or an error left unfinished.")
@click.option("--no-restart", is_flag=True, help="Only list what would be restarted.")
@click.option(
    "--on-error",
    type=click.Choice(["keep", "undo"]),
    default="keep",
    show_default=True,
    help="Where a step fails: keep the steps before it, or undo them.",
)
@click.option("--no-progress", is_flag=True, help="Show no progress on the terminal.")
@click.pass_context
def apply(
    ctx: click.Context,
    plan_file: str | None,
    root: str,
    yes: bool,
    resume: bool,
    no_restart: bool,
    on_error: str,
    no_progress: bool,
) -> None:
    """Do exactly what PLAN (a plan in JSON) says, then look whether it holds.

    Exit status: 0 all that the plan promised holds; 1 something does not; 2 refused, nothing was changed;
    3 stopped on the way.
    """
    if bool(plan_file) is resume:
        raise UsageError("name a plan, or --resume", hint="`trueline harden plan -o plan.json` makes one.")
    _ask(yes, "apply")
    hardener = _hardener(root)
    made = _read(plan_file, root) if plan_file else None
    try:
        report = (
            hardener.resume(restart=not no_restart)
            if made is None
            else hardener.apply(made, restart=not no_restart)
        )
    except ChangeFailed as error:
        _stopped(ctx, hardener, error, undo=on_error == "undo", restart=not no_restart)
        return
    _tell(report, "applied")
    if not report.run:
        return
    applied = next(run.plan for run in hardener.store.runs() if run.name == report.run)
    with progress(wanted=not no_progress) as shown:
        broken = _verify(applied, collected(root, shown))
    ctx.exit(1 if broken or any(one.failed for one in report.acted) else 0)


@harden.command()
@_root
def status(root: str) -> None:
    """List the plans that were applied here, and what became of each step."""
    runs = _hardener(root).store.runs()
    if not runs:
        click.echo("No plan was ever applied here.")
    for run in runs:
        words = {"applied": "applied", "unfinished": "NOT FINISHED", "undone": "undone"}[run.state]
        click.echo(f"Run {run.name}, {run.begun_at}: {run.plan.head.title}: {words}")
        open_ = {step for step, _ in run.intents}
        for step in run.plan.steps:
            state = "undone" if step.id in run.undone else "made" if step.id in open_ else "not made"
            click.echo(f"  {step.id}  {state:<9} {step.title}")


@harden.command()
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@_root
@click.option("--yes", is_flag=True, help="Really change the machine; without it nothing happens.")
@click.option("--no-restart", is_flag=True, help="Only list what would be restarted.")
@click.pass_context
def rollback(ctx: click.Context, steps: tuple[str, ...], root: str, yes: bool, no_restart: bool) -> None:
    """Undo the last applied plan, or only these steps of it."""
    _ask(yes, "rollback")
    report = _hardener(root).rollback(steps, restart=not no_restart)
    _tell(report, "undone")
    ctx.exit(1 if report.kept else 0)


def _ask(yes: bool, command: str) -> None:
    if not yes:
        raise UsageError(f"{command} changes this machine", hint="Review the plan, then say --yes.")


def _hardener(root: str) -> "Hardener":
    from trueline.collect.access import Root
    from trueline.harden.apply import Hardener
    from trueline.harden.files import Files
    from trueline.harden.programs import Programs

    place = Root(root)
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Hardener(Files(place), Programs(place), now)


def _read(plan_file: str, root: str) -> Plan:
    made = read_plan(plan_file)
    if Path(made.head.root).resolve() != Path(root).resolve():
        raise UsageError(
            f"the plan is for the machine below {made.head.root}",
            hint=f"Name that one: --root {made.head.root}.",
        )
    return made


def _stopped(
    ctx: click.Context, hardener: "Hardener", error: ChangeFailed, *, undo: bool, restart: bool
) -> None:
    """Says what stopped the run, and undoes what was made where that was chosen."""
    click.echo(f"error: {error.message}\n hint: {error.hint}", err=True)
    if undo:
        _tell(hardener.rollback(restart=restart), "undone")
    else:
        click.echo(
            "The steps before it were kept: `harden apply --resume --yes` or `harden rollback --yes`.",
            err=True,
        )
    ctx.exit(3)


def _tell(report: "Report", words: str) -> None:
    run = f"Run {report.run}: " if report.run else ""
    click.echo(f"{run}{len(report.steps)} steps {words}.")
    for one in report.acted:
        click.echo(f"  {say.action(one.action)}: {one.failed or 'done'}")
    for action in report.listed:
        click.echo(f"  to do: {say.action(action)}")
    for step, reason in report.kept.items():
        click.echo(f"  {step} stays: {reason}")
    for remark in report.remarks:
        click.echo(f"  note: {remark}")


def _verify(applied: Plan, snapshot: "Snapshot") -> bool:
    """Judges the machine anew and compares with what was promised; whether something is not as promised."""
    head = applied.head
    chain = chain_of(head.profile) if head.profile else ()
    _, _, assessment = _assessed(snapshot, head.benchmark, head.level, head.only, chain)
    found = {result.number: result for result in assessment.results}
    now = {one.number: found[one.number].outcome for one in applied.promises}
    right = [one for one in applied.promises if now[one.number] is Outcome.PASS]
    unseen = [one for one in applied.promises if now[one.number] in {Outcome.ERROR, Outcome.UNKNOWN}]
    boot = [
        one
        for one in applied.promises
        if now[one.number] is Outcome.FAIL and one.after_reboot is not Outcome.FAIL
    ]
    wrong = [one for one in boot if one.after is not Outcome.FAIL]
    boot = [one for one in boot if one not in wrong]
    _list("Now right", right)
    _list("Holds after the next boot", boot)
    _list("Made, but can't be confirmed here", unseen)
    _list("Not right", [(one, found[one.number].reason) for one in wrong])
    score = assessment.counts.score
    click.echo(f"Score: {score.passed} of {score.maximum} (the plan promised {applied.promised}).")
    return bool(wrong) or score.passed < applied.promised


def _list(words: str, promises: "list[Promise] | list[tuple[Promise, str]]") -> None:
    if promises:
        click.echo(f"{words}: {len(promises)}")
    for one in promises:
        promise, reason = one if isinstance(one, tuple) else (one, "")
        click.echo(f"  {promise.number:<9} {promise.title}{f': {reason}' if reason else ''}")
