"""What `trueline scan --save` does: appends the run to the history, and tells what changed since the last."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from trueline.cli.history_store import compared, now, opened
from trueline.collect.snapshot import encode_snapshot
from trueline.content.policies import Policies
from trueline.content.yaml_files import read_text
from trueline.errors import HistoryError
from trueline.model.facts import Snapshot
from trueline.model.results import Assessment, Drift

if TYPE_CHECKING:
    from trueline.store.history import Documents, History


def save(
    assessments: Iterable[Assessment],
    snapshot: Snapshot,
    policies: Policies,
    store: str | None,
    *,
    otherwise: Callable[[], None],
) -> list[Assessment]:
    """The assessments with drift and trend, each of them appended.

    Raises HistoryError where that fails, after `otherwise`: the report must not be lost with the history.
    """
    try:
        history = opened(store, create=True)
        documents = _documents(snapshot, policies)
        return [_saved(history, one, documents) for one in assessments]
    except HistoryError:
        otherwise()
        raise


def _documents(snapshot: Snapshot, policies: Policies) -> "Documents":
    from trueline.store.history import Documents

    return Documents(
        snapshot=encode_snapshot(snapshot),
        policies=tuple((str(one.file), read_text(one.file).encode()) for one in policies.files),
    )


def _saved(history: "History", assessment: Assessment, documents: "Documents") -> Assessment:
    run, added = history.add(assessment, documents, saved_at=now())
    later = compared(history, run, assessment)
    said = f"Saved as run {run.run.id}" if added else f"It is run {run.run.id} of the history already"
    click.echo(f"{said}. {_words(later.drift)}", err=True)
    return later


def _words(found: Drift | None) -> str:
    if found is None:
        return "It is the first of this target and benchmark."
    parts = [f"{number} {name}" for name, number in found.counts.items() if number and name != "unchanged"]
    return f"Since run {found.before.id}: {', '.join(parts) or 'nothing changed'}."
