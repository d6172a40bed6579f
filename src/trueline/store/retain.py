"""Deletes runs that a history need not keep any longer, with the documents that nobody else needs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from trueline.model.base import Model
from trueline.store.history import History, Query
from trueline.store.records import Record, policies_of, removed_seal
from trueline.store.tables import DOCUMENTS, FINDINGS, HEAD, REMOVED, RUNS

_AT_ONCE = 500


class Retention(Model, frozen=True, kw_only=True):
    """What is kept for each target and benchmark: the last `keep` runs, and all since `since` (UTC).

    What is None keeps nothing by itself; what one of the two keeps stays.
    """

    keep: int | None = None
    since: str | None = None


def expired(runs: Iterable[Record], rules: Retention) -> list[Record]:
    """Those that may go, the oldest first: never the last successful one of a target and benchmark."""
    if rules.keep is None and rules.since is None:
        return []
    groups: dict[tuple[str, ...], list[Record]] = {}
    for one in sorted(runs, key=lambda run: (run.at, run.id), reverse=True):
        groups.setdefault((one.run.cluster, one.kind, one.run.target, one.run.benchmark), []).append(one)
    return sorted(
        (one for listed in groups.values() for one in _of_group(listed, rules)), key=lambda one: one.id
    )


def _of_group(runs: list[Record], rules: Retention) -> Iterator[Record]:
    successful = next((one.id for one in runs if one.decided), 0)
    for place, one in enumerate(runs):
        kept = rules.keep is not None and place < rules.keep
        young = rules.since is not None and one.at >= rules.since
        if not (kept or young or one.id == successful):
            yield one


def retain(
    history: History, query: Query, rules: Retention, *, at: str, because: str, dry_run: bool = False
) -> list[Record]:
    """Deletes what `expired` names of the runs that match; what is left of each is its place in the chain."""
    gone = expired(history.runs(query), rules)
    if gone and not dry_run:
        with history.database.writing() as connection:
            connection.execute(select(HEAD).with_for_update())
            ids = [one.id for one in gone]
            for start in range(0, len(ids), _AT_ONCE):
                _remove(connection, ids[start : start + _AT_ONCE], at, because)
            _sweep(connection)
    return gone


def _remove(connection: Connection, ids: list[int], at: str, because: str) -> None:
    rows = connection.execute(select(RUNS).where(RUNS.c.id.in_(ids))).mappings().all()
    if not rows:
        return
    connection.execute(insert(REMOVED), [_left(dict(row), at, because) for row in rows])
    connection.execute(delete(FINDINGS).where(FINDINGS.c.run.in_(ids)))
    connection.execute(delete(RUNS).where(RUNS.c.id.in_(ids)))


def _left(row: Mapping[str, Any], at: str, because: str) -> dict[str, Any]:
    left = {
        "id": row["id"],
        "removed_at": at,
        "because": because,
        "previous": row["previous"],
        "digest": row["digest"],
    }
    return {**left, "seal": removed_seal(left)}


def _sweep(connection: Connection) -> None:
    """Documents that no run names any longer."""
    needed: set[str] = set()
    for assessment, snapshot, policies in connection.execute(
        select(RUNS.c.assessment, RUNS.c.snapshot, RUNS.c.policies)
    ):
        needed |= {assessment, snapshot, *(digest for _, digest in policies_of(policies))}
    orphans = [one for one in connection.execute(select(DOCUMENTS.c.digest)).scalars() if one not in needed]
    for start in range(0, len(orphans), _AT_ONCE):
        part = orphans[start : start + _AT_ONCE]
        connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.digest.in_(part)))
