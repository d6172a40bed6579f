"""`trueline harden kubernetes`: settings for the change control of a cluster; applies nothing."""

from datetime import UTC, datetime
from pathlib import Path

import click

from trueline.assess import Content, Selection, assess, context_of
from trueline.cli.choose import Named, choice_of, platform_of
from trueline.cli.gather import Place, collect_snapshot, recorded
from trueline.cli.options import gathering
from trueline.cli.output import standard_output
from trueline.cli.profiles import chain_of, check_profile, profile_option
from trueline.cli.progress import progress
from trueline.content.load import load_components, load_platform, load_rules
from trueline.errors import UsageError
from trueline.evaluate.proposal import propose
from trueline.model.change import Proposal
from trueline.model.facts import Snapshot
from trueline.model.results import Outcome
from trueline.policy.profiles import tailor
from trueline.report.proposal import PROPOSALS


@click.command("kubernetes")
@click.option("--benchmark", default="auto", show_default=True, metavar="ID|auto", help="What should hold.")
@click.option("--snapshot", "snapshot_file", metavar="FILE", help="Judge a recorded snapshot.")
@gathering
@click.option("--only", multiple=True, metavar="NUMBER", help="Only this recommendation or section.")
@click.option("--level", type=click.Choice(["1", "2"]), help="1 leaves out what is for level 2 only.")
@profile_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(PROPOSALS)),
    required=True,
    help="kubeadm: parts of its configuration; kubeadm-patches: files for --patches; kubelet: a drop-in; "
    "k3s, rke2: a file for config.yaml.d.",
)
@click.option("-o", "--output", metavar="DIR", help="Write the files into DIR; default: standard output.")
def kubernetes(
    *,
    benchmark: str,
    snapshot_file: str | None,
    place: Place,
    no_progress: bool,
    only: tuple[str, ...],
    level: str | None,
    profile_name: str | None,
    format_: str,
    output: str | None,
) -> None:
    """Write the settings that make failing recommendations pass, for review and your own change control.

    Nothing is applied, to no node and no cluster. What has no single right value is named in a comment.
    """
    named = Named(benchmarks=(benchmark,))
    named.check()
    with progress(wanted=not no_progress) as shown:
        snapshot = (
            recorded(snapshot_file, place.cloud_dumps) if snapshot_file else collect_snapshot(place, shown)[0]
        )
    selection = Selection(only=only, level=int(level) if level else None)
    proposal = _proposal(snapshot, named, selection, profile_name)
    found = PROPOSALS[format_](proposal)
    if not found:
        click.echo("Nothing to write: no failing recommendation is about a setting.", err=True)
    for name, text in found.items():
        _write(output, name, text, alone=len(found) == 1)


def _proposal(snapshot: Snapshot, named: Named, selection: Selection, profile: str | None) -> Proposal:
    found = platform_of(snapshot, named)
    choice = choice_of(named.benchmarks[0], snapshot, named, found, "it was named")
    chain = chain_of(profile)
    check_profile(chain, choice.benchmark)
    profiles = tuple(one.profile for one in chain)
    content = Content(
        components=load_components(),
        rules=load_rules(
            frozenset(name for _, entry in choice.benchmark.recommendations() for name in entry.rules)
        ),
        platform=load_platform(found.platform),
    )
    selection = Selection(only=selection.only, level=selection.level, profiles=profiles)
    assessment = assess(choice.benchmark, snapshot, content, on=datetime.now(UTC).date(), selection=selection)
    return propose(
        tailor(profiles, choice.benchmark).benchmark,
        content.rules,
        context_of(snapshot, content),
        {(one.target, one.number) for one in assessment.results if one.outcome is Outcome.FAIL},
        target=assessment.target.name,
    )


def _write(output: str | None, name: str, text: str, *, alone: bool) -> None:
    if output is None:
        with standard_output() as stream:
            stream.write(text if alone else f"# {name}\n{text}")
        return
    path = Path(output) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror}", hint="Name another directory with -o."
        ) from None
    click.echo(f"Written to {path}", err=True)
