"""`trueline completion`: the completion script of a shell."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    For bash: trueline completion bash > /etc/bash_completion.d/trueline
    """
    kind = get_completion_class(shell)
    assert kind is not None  # click.Choice lets no other through
    root = ctx.find_root().command
    script = kind(root, {}, "trueline", "_TRUELINE_COMPLETE").source()
    click.echo(script)
