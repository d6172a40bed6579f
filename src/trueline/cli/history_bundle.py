"""`trueline history export|import|verify`: evidence in one file, and whether it is what was stored."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trueline.cli.history_store import opened, require_extra, store_option
from trueline.collect.snapshot import read_content
from trueline.errors import HistoryError, UsageError
from trueline.report import FORMATS
from trueline.report.safe import visible

if TYPE_CHECKING:
    from trueline.store.bundle import Bundle

_key = click.option(
    "--verify-key", "key_file", metavar="FILE", help="It must be signed by this Ed25519 key (PEM, public)."
)


@click.command()
@click.argument("run", type=int)
@click.option("-o", "--output", required=True, metavar="FILE", help="Write the bundle to FILE.")
@click.option("--sign", "key_file", metavar="FILE", help="Sign it with this Ed25519 key (PEM, private).")
@store_option
def export(run: int, *, output: str, key_file: str | None, store: str | None) -> None:
    """Write a run with all that it rests on into one file.

    It holds the snapshot, the assessment, the files of the policy, the report as text, and a manifest with
    the SHA-256 of each. The same run gives the same bytes.
    """
    history = opened(store)
    from trueline.store.bundle import write_bundle

    record = history.run(run)
    assessment = history.assessment(record)
    data = write_bundle(
        assessment,
        history.documents(record),
        FORMATS["text"](assessment),
        saved_at=record.saved_at,
        private_key=_pem(key_file) if key_file else None,
    )
    try:
        _put(Path(output), data)
    except OSError as error:
        raise UsageError(
            f"{output} can't be written: {error.strerror}", hint="Name another file with -o."
        ) from None
    click.echo(f"Run {run} was written to {output}", err=True)


@click.command("import")
@click.argument("bundle")
@_key
@store_option
def import_(bundle: str, *, key_file: str | None, store: str | None) -> None:
    """Append the run of a bundle to the history, once all its bytes are found to be as they were written."""
    found = _read(bundle, key_file)
    history = opened(store, create=True)
    run, added = history.add(found.assessment, found.documents, saved_at=found.manifest.saved_at)
    click.echo(f"Run {run.run.id} {'was added' if added else 'was there already'}")


@click.command()
@click.argument("bundle", required=False)
@_key
@store_option
def verify(bundle: str | None, *, key_file: str | None, store: str | None) -> None:
    """Check that nothing in the history, or in a BUNDLE, was altered, added or deleted."""
    if bundle:
        found = _read(bundle, key_file)
        for member in found.manifest.members:
            click.echo(f"{member.sha256}  {visible(member.name)}")
        click.echo(f"All bytes are as they were written{_signed(found)}.")
        return
    if key_file:
        raise UsageError("--verify-key is for bundles", hint="Name the bundle.")
    history = opened(store)
    from trueline.store.verify import problems

    wrong = problems(history.database)
    for sentence in wrong:
        click.echo(visible(sentence), err=True)
    if wrong:
        count = "1 thing is" if len(wrong) == 1 else f"{len(wrong)} things are"
        raise HistoryError(
            f"{history.database.words}: {count} not as written",
            hint="Restore a backup, and find out who may write to it.",
        )
    runs = len(history.runs())
    click.echo(f"{runs} {'run is' if runs == 1 else 'runs are'} as written.")


def _signed(found: "Bundle") -> str:
    if found.verified:
        return ", signed by that key"
    return "; it is signed, which --verify-key checks" if found.manifest.signed else "; it is not signed"


def _read(path: str, key_file: str | None) -> "Bundle":
    require_extra()
    from trueline.store.bundle import SIZE_LIMIT, read_bundle

    file = Path(path)
    try:
        if not file.is_file():
            raise UsageError(f"{path} is not a file", hint="Name a bundle that `history export` wrote.")
        if file.stat().st_size > SIZE_LIMIT:
            raise HistoryError(f"{path}: it has more than {SIZE_LIMIT} bytes", hint="No bundle is as large.")
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="Name a file that this user may read.") from None
    return read_bundle(data, path, public_key=_pem(key_file) if key_file else None)


def _pem(path: str) -> bytes:
    return read_content(path, 64 * 1024)


def _put(path: Path, data: bytes) -> None:
    """Whole or not at all, for this user only: it holds the facts of a machine."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
