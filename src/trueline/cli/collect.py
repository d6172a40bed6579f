"""`trueline collect`: facts into a snapshot file."""

import click
import msgspec

from trueline.cli.gather import Place, collect_snapshot
from trueline.cli.options import gathering
from trueline.cli.output import STANDARD_OUTPUT, standard_output
from trueline.cli.progress import progress
from trueline.collect.snapshot import encode_snapshot, write_snapshot


@click.command()
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="The snapshot to write; a name that ends in .gz is compressed, - is standard output.",
)
@gathering
def collect(output: str, place: Place, no_progress: bool) -> None:
    """Write what an audit needs to know into a snapshot file.

    The file holds no keys, tokens or passwords. `trueline scan --snapshot FILE` judges it, on any machine.
    """
    walk = place.walk is not False
    place = msgspec.structs.replace(place, known_linux=True, walk=walk)
    with progress(wanted=not no_progress) as shown:
        snapshot, hints = collect_snapshot(place, shown)
    if output == STANDARD_OUTPUT:
        with standard_output() as stream:
            stream.buffer.write(encode_snapshot(snapshot))
    else:
        write_snapshot(output, snapshot)
    for hint in hints:
        click.echo(f"hint: {hint}", err=True)
    if output != STANDARD_OUTPUT:
        click.echo(f"Snapshot written to {output}", err=True)
