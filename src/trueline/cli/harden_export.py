"""`trueline harden export`: a plan as a script, a playbook or user data, for other ways to roll out."""

from importlib import import_module

import click

from trueline.cli.output import put
from trueline.collect.plans import read_plan
from trueline.errors import UsageError

_FORMATS = {"bash": "plan_script", "ansible": "plan_playbook", "cloud-init": "plan_cloudinit"}


@click.command("export")
@click.argument("plan_file", metavar="PLAN")
@click.option("--format", "format_", type=click.Choice(list(_FORMATS)), required=True)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output.")
def export(plan_file: str, *, format_: str, output: str | None) -> None:
    """Write PLAN (a plan in JSON) as a bash script, an Ansible playbook or cloud-init user data.

    Script and playbook stop where a file was changed since the plan was made. None of them keeps originals:
    only `apply` can roll back.
    """
    made = read_plan(plan_file)
    from trueline.harden.plan import digest_of

    if digest_of(made) != made.digest:
        raise UsageError(
            "the plan was changed after it was made", hint="Make a new plan; edit no plan by hand."
        )
    text: str = import_module(f"trueline.report.{_FORMATS[format_]}").render(made)
    put(text, output)
