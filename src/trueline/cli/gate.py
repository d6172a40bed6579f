"""`trueline gate` and `trueline baseline`: whether a pipeline goes on, and from which state on."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import click
import msgspec

from trueline.assess import TOOL, aged_policy, as_counted, checks, with_policy
from trueline.cli.output import STANDARD_OUTPUT, put, write_reports
from trueline.cli.policies import on_option, policy_of_files, policy_option, refuse_unapproved, today
from trueline.collect.assessments import read_assessments
from trueline.collect.baselines import read_baseline
from trueline.content.load import benchmark_ids, load_benchmark
from trueline.content.policies import Policies
from trueline.errors import ContentError, UsageError
from trueline.model.gate import Gate
from trueline.model.policy import GateRules
from trueline.model.results import Assessment
from trueline.policy.baseline import baseline_of
from trueline.policy.gate import decide, gated
from trueline.report import gate as shown

_OWN: dict[str, Callable[[Gate], str]] = {
    "text": shown.to_text,
    "json": shown.to_json,
    "markdown": shown.to_markdown,
}
_REPORTS = ("junit", "sarif", "sarif-github", "github-annotations")


@click.command()
@click.argument("assessment_files", metavar="ASSESSMENT...", nargs=-1, required=True)
@policy_option
@on_option
@click.option("--baseline", "baseline_file", metavar="FILE", help="Fail only for what is new since then.")
@click.option("--strict", is_flag=True, help="Fail for any FAIL, excepted or known or not.")
@click.option("--allow-auto", is_flag=True, help="Take assessments whose benchmark was chosen by facts.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([*_OWN, *_REPORTS]),
    default="text",
    show_default=True,
    help="text, json and markdown tell the decision; the others each finding, what is known as skipped.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; the decision is printed all the same.")
@click.pass_context
def gate(
    ctx: click.Context,
    *,
    assessment_files: tuple[str, ...],
    policy_files: tuple[str, ...],
    on: datetime | None,
    baseline_file: str | None,
    strict: bool,
    allow_auto: bool,
    format_: str,
    output: str | None,
) -> None:
    """Decide from the JSON of scans whether a pipeline goes on.

    Outcomes are those of the scan; the policy is applied anew as of today or --on, so that an exception that
    has ended counts without another scan. Exit status: 0 it goes on; 1 what is required failed; 2 the call or
    a file is wrong; 3 something required was not decided, or can't be compared with the baseline.
    """
    day = on.date() if on else today()
    policies = policy_of_files(policy_files)
    assessments = _read(assessment_files)
    if not allow_auto:
        _pinned(assessments)
    refuse_unapproved(policies, [one.benchmark.id for one in assessments])
    current = [_applied(one, policies, day) for one in assessments]
    settings = policies.applied.policy.rules
    decision = decide(
        current,
        _rules(settings.gate, strict=strict),
        on=day.isoformat(),
        announce_days=settings.announce_days,
        baseline=read_baseline(baseline_file) if baseline_file else None,
    )
    _write(decision, current, format_, output)
    _say_what_is_partial(assessments)
    ctx.exit(decision.exit_code)


@click.group()
def baseline() -> None:
    """Record a state from which on only what is new fails."""


@baseline.command()
@click.argument("assessment_files", metavar="ASSESSMENT...", nargs=-1, required=True)
@policy_option
@on_option
@click.option("-o", "--output", metavar="FILE", default=STANDARD_OUTPUT, help="Write to FILE.")
@click.pass_context
def create(
    ctx: click.Context,
    *,
    assessment_files: tuple[str, ...],
    policy_files: tuple[str, ...],
    on: datetime | None,
    output: str,
) -> None:
    """Accept the failures of ASSESSMENT as known.

    A run in which something required was not decided is refused with 3: what nobody has seen can't be known.
    """
    day = on.date() if on else today()
    policies = policy_of_files(policy_files)
    current = [_applied(one, policies, day) for one in _read(assessment_files)]
    decision = decide(current, GateRules(), on=day.isoformat())
    if decision.verdict == "incomplete":
        for reason in decision.because[:5]:
            click.echo(f"error: {reason}", err=True)
        click.echo(" hint: Scan with the access that is missing, or except those checks first.", err=True)
        ctx.exit(3)
    made = baseline_of(current, created=day.isoformat(), tool=TOOL)
    put(msgspec.json.format(msgspec.json.encode(made), indent=1).decode() + "\n", output)
    count = len(decision.failures)
    known = "1 failure is" if count == 1 else f"{count} failures are"
    click.echo(f"{known} known by this baseline.", err=True)


def _read(files: Sequence[str]) -> list[Assessment]:
    found = [one for file in files for one in _counted(file)]
    seen: set[tuple[str, ...]] = set()
    for one in found:
        target = one.target
        run = (target.cluster_name or target.cluster_uid, target.name, one.benchmark.id)
        if run in seen:
            raise UsageError(
                f"two assessments of {one.benchmark.id} on {target.name or 'the same target'} were given",
                hint="Name one of each; `trueline history diff` compares two of the same target.",
            )
        seen.add(run)
    return found


def _counted(file: str) -> tuple[Assessment, ...]:
    """The assessments of a file, unless results were taken out of it or changed behind its back."""
    found = read_assessments(file)
    for one in found:
        if not as_counted(one):
            raise ContentError(
                f"the results of {one.benchmark.id} are not those that it counts",
                hint="It was edited, or is not whole: scan again.",
                file=file,
            )
    return found


def _pinned(assessments: Sequence[Assessment]) -> None:
    for one in assessments:
        if not one.benchmark.pinned:
            raise UsageError(
                f"{one.benchmark.id} was not named for the scan of {one.target.name or 'the target'}, "
                "but chosen by facts",
                hint="Name it there with --benchmark, or add --allow-auto here.",
            )


def _say_what_is_partial(assessments: Sequence[Assessment]) -> None:
    """A scan of one section is a pipeline's own choice; that the rest was not judged must not go unsaid."""
    for one in assessments:
        if one.benchmark.only:
            click.echo(
                f"note: the scan of {one.target.name or 'the target'} was limited to "
                f"{', '.join(one.benchmark.only)} of {one.benchmark.id}: the rest was not judged",
                err=True,
            )


def _applied(assessment: Assessment, policies: Policies, day: date) -> Assessment:
    """Under the policy that was given; without one, under that of the scan as it holds on the day."""
    if not policies.files:
        return aged_policy(assessment, on=day)
    shipped = assessment.benchmark.id in benchmark_ids()
    known = checks(load_benchmark(assessment.benchmark.id)) if shipped else ()
    return with_policy(assessment, policies.applied, on=day, known=known)


def _rules(rules: GateRules, *, strict: bool) -> GateRules:
    return msgspec.structs.replace(rules, strict=strict or rules.strict)


def _write(decision: Gate, assessments: Sequence[Assessment], format_: str, output: str | None) -> None:
    if format_ in _REPORTS:
        reported = [gated(one, decision) for one in assessments]
        write_reports(reported, format_, (output,) if output else ())
    elif output:
        put(_OWN[format_](decision), output)
    if output or format_ in _REPORTS:
        click.echo(shown.to_text(decision), err=True, nl=False)
    else:
        put(_OWN[format_](decision), STANDARD_OUTPUT)
