"""`trueline history`: earlier runs, what changed since them, and the evidence that they rest on."""

import click

from trueline.cli.history_bundle import export, import_, verify
from trueline.cli.history_diff import diff
from trueline.cli.history_log import import_log
from trueline.cli.history_runs import add, list_, retain, search, show


@click.group()
def history() -> None:
    """Keep runs, search them, tell what changed between them, and hand out their evidence."""


for command in (add, list_, show, diff, search, verify, retain, export, import_, import_log):
    history.add_command(command)
