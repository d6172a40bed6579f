"""`trueline findings`: the register of what somebody has to decide or mend, and messages about news."""

import click

from trueline.cli.output import put
from trueline.collect.assessments import read_assessments
from trueline.errors import UsageError
from trueline.model.results import Assessment
from trueline.policy.findings import findings as register_of
from trueline.report import findings as shown
from trueline.report import notification

_FORMATS = {
    "markdown": lambda assessment: shown.to_markdown(register_of(assessment)),
    "json": lambda assessment: shown.to_json(register_of(assessment)),
    "webhook": notification.webhook,
    "slack": notification.slack,
}


@click.command()
@click.argument("assessment_file", metavar="ASSESSMENT")
@click.option("--benchmark", metavar="ID", help="Which assessment, where the file has several.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_FORMATS)),
    default="markdown",
    show_default=True,
    help="markdown, json: the register. webhook, slack: a message, and nothing where there is no news.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output.")
def findings(assessment_file: str, *, benchmark: str | None, format_: str, output: str | None) -> None:
    """List what an assessment found with component, evidence, decision and owner.

    ASSESSMENT is the JSON of a scan, best with --policy (owners, exceptions) and --save (what is new).
    """
    text = _FORMATS[format_](_chosen(read_assessments(assessment_file), benchmark))
    put(text, output)  # an empty message too: one of an earlier run must not be sent again


def _chosen(assessments: tuple[Assessment, ...], benchmark: str | None) -> Assessment:
    if benchmark is None:
        return assessments[0]
    for one in assessments:
        if one.benchmark.id == benchmark:
            return one
    held = ", ".join(one.benchmark.id for one in assessments)
    raise UsageError(f"the file has no assessment of {benchmark}", hint=f"It has {held}.")
