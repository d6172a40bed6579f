"""The entry point: finds the command, runs it, and turns errors into messages and exit codes."""

import os
import sys
from importlib import import_module

import click

from trueline import __version__
from trueline.errors import TruelineError

CRASH = 70  # EX_SOFTWARE of sysexits.h: a crash is none of the exit codes that carry a verdict
COMMANDS = {
    "scan": ("Audit a node and its cluster: collect, evaluate, report.", "trueline.cli.scan:scan"),
    "collect": ("Write what an audit needs to know into a snapshot file.", "trueline.cli.collect:collect"),
    "harden": (
        "Plan, apply and undo the hardening of an operating system.",
        "trueline.cli.harden:harden",
    ),
    "fleet": ("Make one assessment of a cluster from those of its nodes.", "trueline.cli.fleet:fleet"),
    "benchmarks": ("List and show benchmarks.", "trueline.cli.benchmarks:benchmarks"),
    "waivers": (
        "Add, list, check and renumber the exceptions of policy files.",
        "trueline.cli.waivers:waivers",
    ),
    "gate": ("Decide from assessments whether a pipeline goes on.", "trueline.cli.gate:gate"),
    "baseline": ("Record a state from which on only what is new fails.", "trueline.cli.gate:baseline"),
    "rules": ("List and show rules.", "trueline.cli.rules:rules"),
    "content": ("Check content and print its JSON Schemas.", "trueline.cli.content:content"),
    "kube-bench": (
        "Run controls written for kube-bench, by its command line.",
        "trueline.cli.kubebench:kube_bench",
    ),
    "linux-bench": (
        "Run definitions written for linux-bench, by its command line.",
        "trueline.cli.linuxbench:linux_bench",
    ),
    "history": (
        "Keep runs; tell what changed between them; hand out evidence.",
        "trueline.cli.history:history",
    ),
    "findings": (
        "List findings with decision and owner; write messages about news.",
        "trueline.cli.findings:findings",
    ),
    "deploy": ("Check the manifests of Jobs that run trueline.", "trueline.cli.deploy:deploy"),
    "completion": (
        "Print the script that completes commands in your shell.",
        "trueline.cli.completion:completion",
    ),
}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs, so that --version and --help are instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][1].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The commands with their one-line help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (text, _) in COMMANDS.items()])


def _open_missing_streams() -> None:
    """Descriptors 0 to 2 that the caller closed must not become those of files that are read or written."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="trueline %(version)s")
def cli() -> None:
    """Audit Kubernetes clusters and Linux nodes against the CIS Benchmarks.

    Exit status: 0 nothing that is required failed; 1 findings; 2 the call or a file given is wrong, nothing
    was assessed; 3 assessed, but something required could not be read.
    """


def main() -> None:
    """Runs the command line and exits."""
    _open_missing_streams()
    try:
        sys.exit(cli.main(standalone_mode=False, prog_name="trueline") or 0)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except TruelineError as error:
        click.echo(f"error: {error.message}\n hint: {error.hint}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # the reader (head, less) left: not an error, and Python must not complain when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:  # noqa: BLE001 - the last resort, so that a defect is never taken for a verdict
        if "TRUELINE_DEBUG" in os.environ:
            import traceback

            traceback.print_exc()
        click.echo(
            f"error: trueline itself failed ({type(error).__name__}: {error}); no verdict was reached\n"
            " hint: run it again with TRUELINE_DEBUG=1 and report what it prints.",
            err=True,
        )
        sys.exit(CRASH)
