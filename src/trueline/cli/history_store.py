"""Opens the history that options and environment name, and compares a run with those before it."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from trueline.errors import UsageError
from trueline.model.results import Assessment, Drift, Outcome
from trueline.policy.drift import drift

if TYPE_CHECKING:
    from trueline.store.history import History, Query
    from trueline.store.records import Record

OUTCOMES = ("", *(one.value for one in Outcome))
PHASES = ("create", "pre-upgrade", "post-upgrade", "scheduled")


def store_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --store."""
    return click.option(
        "--store",
        "store",
        envvar="TRUELINE_STORE",
        metavar="FILE|URL",
        help="The history: a SQLite file, or postgresql://user@host/database. Default: $TRUELINE_STORE, or "
        "trueline/history.db below $XDG_STATE_HOME.",
    )(command)


def phase_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --phase."""
    return click.option(
        "--phase", type=click.Choice(PHASES), help="Why this run is made; history diff --phase finds it."
    )(command)


def query_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what runs are chosen by; the command gets it as `chosen`, keywords of a Query."""
    options = (
        click.option("--cluster", default="", metavar="NAME", help="Of this cluster, by name or uid."),
        click.option("--node", default="", metavar="NAME", help="Of this node (or cluster, as a target)."),
        click.option("--benchmark", default="", metavar="ID", help="Against this benchmark."),
        click.option("--profile", default="", metavar="NAME", help="Under this profile."),
        click.option("--phase", default="", type=click.Choice(["", *PHASES]), help="Of this phase."),
        click.option("--since", default="", metavar="TIME", help="At or after: 2026-03-01, or with a time."),
        click.option("--until", default="", metavar="TIME", help="At or before; a day counts as a whole."),
        click.option("--number", default="", metavar="NUMBER", help="With this recommendation or section."),
        click.option("--outcome", default="", type=click.Choice(OUTCOMES), help="With this outcome."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def query_of(chosen: Mapping[str, str]) -> "Query":
    """What the options of `query_options` ask for. Raises UsageError for a time that is none."""
    from trueline.store.history import Query

    times = {name: _time(chosen[name], name) for name in ("since", "until")}
    return Query(**{**chosen, **times})


def opened(store: str | None, *, create: bool = False) -> "History":
    """The history that is meant. Raises UsageError where what it needs is not installed."""
    require_extra()
    from trueline.store.history import open_history

    return open_history(store or default_place(), create=create)


def require_extra() -> None:
    """Raises UsageError where the libraries of the extra `history` are not installed."""
    for name in ("sqlalchemy", "alembic"):
        if find_spec(name) is None:
            raise UsageError(
                f"a history needs {name}, which is not installed",
                hint="pip install 'trueline[history]', with PostgreSQL 'trueline[history,pgsql]'.",
            )


def default_place() -> str:
    """The file where a history is kept unless another is named."""
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return str(Path(base, "trueline", "history.db").expanduser())


def compared(history: "History", run: "Record", assessment: Assessment) -> Assessment:
    """The assessment with its drift since the last successful run, and the trend up to it."""
    previous = history.before(run)
    found = between(history, previous, run, assessment) if previous else None
    return msgspec.structs.replace(assessment, drift=found, trend=history.trend(run))


def between(history: "History", before: "Record", after: "Record", assessment: Assessment) -> Drift:
    """The drift from one run of the history to another, whose assessment is at hand."""
    found = drift(history.assessment(before), assessment, earlier=history.past(before))
    return msgspec.structs.replace(found, before=before.run, after=after.run)


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _time(text: str, option: str) -> str:
    from trueline.store.records import utc

    found = utc(text) if text else ""
    if text and not found:
        raise UsageError(f"--{option} {text} is no time", hint="Write 2026-03-01 or 2026-03-01T04:05:06Z.")
    whole_day = option == "until" and "T" not in text and " " not in text
    return found.replace("T00:00:00Z", "T23:59:59Z") if whole_day else found
