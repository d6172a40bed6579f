"""Options that several commands share."""

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def gathering(command: Command) -> Command:
    """Where facts come from: --root, --kubeconfig, --context, --no-progress."""
    for option in reversed(
        (
            click.option(
                "--root",
                default="/",
                metavar="DIR",
                help="Read the node below DIR (a mounted host, an unpacked image) instead of /. No cluster "
                "is asked then unless --kubeconfig names one.",
            ),
            click.option(
                "--kubeconfig",
                metavar="FILE",
                help="Ask the cluster of FILE. Default: $KUBECONFIG, or the pod's service account.",
            ),
            click.option("--context", metavar="NAME", help="Use this context of the kubeconfig."),
            click.option("--no-cluster", is_flag=True, help="Ask no cluster at all."),
            click.option("--no-progress", is_flag=True, help="Show no progress on the terminal."),
        )
    ):
        command = option(command)
    return command
