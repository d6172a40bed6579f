"""The history as others use it: runs are added, listed, found and read, and never changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, insert, select, update

from trueline.errors import HistoryError, UsageError
from trueline.model.base import Model
from trueline.model.facts import Snapshot
from trueline.model.results import Assessment, Outcome, TrendPoint
from trueline.store.database import Database, open_database
from trueline.store.digests import BROKEN, LIMIT, digest_of, encoded, packed, unpacked
from trueline.store.records import (
    Found,
    Record,
    findings_of,
    findings_seal,
    found_of,
    record_of,
    row_of,
    run_seal,
)
from trueline.store.tables import DOCUMENTS, FINDINGS, HEAD, RUNS

_TREND = 60


class Query(Model, frozen=True, kw_only=True):
    """Which runs: what is empty is not asked for.

    `cluster` is a name or uid, `number` a recommendation or a section; `since` and `until` are UTC times.
    """

    cluster: str = ""
    node: str = ""
    benchmark: str = ""
    profile: str = ""
    phase: str = ""
    since: str = ""
    until: str = ""
    number: str = ""
    outcome: str = ""


class Documents(Model, frozen=True, kw_only=True):
    """What a run rests on, as bytes: names and contents of the policy's files, and the snapshot."""

    snapshot: bytes = b""
    policies: tuple[tuple[str, bytes], ...] = ()


NO_DOCUMENTS = Documents()


class History:
    """Runs in a database; each method is a transaction of its own and raises HistoryError."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(
        self, assessment: Assessment, documents: Documents = NO_DOCUMENTS, *, saved_at: str
    ) -> tuple[Record, bool]:
        """Appends a run with its documents, whole or not at all; false where it was there already.

        Drift and trend are left out, as they follow from the history itself.
        """
        plain = msgspec.structs.replace(assessment, further=(), drift=None, trend=())
        contents = [encoded(plain), *(data for _, data in documents.policies)]
        contents += [documents.snapshot] if documents.snapshot else []
        names = {
            "assessment": digest_of(contents[0]),
            "snapshot": digest_of(documents.snapshot) if documents.snapshot else "",
            "policies": encoded([(name, digest_of(data)) for name, data in documents.policies]).decode(),
        }
        stored = [_document(data) for data in dict.fromkeys(contents)]
        with self.database.writing() as connection:
            head = connection.execute(select(HEAD).with_for_update()).mappings().first()
            if head is None:
                raise HistoryError("the head of the history is missing", hint=BROKEN)
            same = [RUNS.c[name] == value for name, value in names.items()]
            if found := connection.execute(select(RUNS).where(*same)).mappings().first():
                return record_of(dict(found)), False
            _keep(connection, stored)
            run = head["last"] + 1
            rows = list(findings_of(plain, run))
            row = {
                "id": run,
                **row_of(plain, saved_at),
                **names,
                "findings": findings_seal(rows),
                "previous": head["digest"],
            }
            row["digest"] = run_seal(row)
            connection.execute(insert(RUNS), [row])
            if rows:
                connection.execute(insert(FINDINGS), rows)
            connection.execute(update(HEAD).values(last=run, digest=row["digest"]))
        return self.run(run), True

    def run(self, number: int) -> Record:
        """The run of that number; UsageError where there is none."""
        with self.database.reading() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == number)).mappings().first()
        if row is None:
            raise UsageError(f"there is no run {number}", hint="`trueline history list` shows all runs.")
        return record_of(dict(row))

    def runs(self, query: Query = Query(), *, limit: int | None = None) -> list[Record]:  # noqa: B008 - frozen
        """The runs that match, the latest first."""
        found = _matching(select(RUNS), query).order_by(RUNS.c.at.desc(), RUNS.c.id.desc())
        if query.number or query.outcome:
            found = found.where(
                select(FINDINGS.c.run).where(FINDINGS.c.run == RUNS.c.id, *_results(query)).exists()
            )
        with self.database.reading() as connection:
            return [record_of(dict(row)) for row in connection.execute(found.limit(limit)).mappings()]

    def search(self, query: Query, *, limit: int | None = None) -> list[Found]:
        """The results that match, those of the latest run first."""
        columns = (
            RUNS.c.at, RUNS.c.cluster, RUNS.c.benchmark, RUNS.c.phase, FINDINGS.c.run, FINDINGS.c.key,
            FINDINGS.c.number, FINDINGS.c.outcome, FINDINGS.c.node, FINDINGS.c.component, FINDINGS.c.title,
        )  # fmt: skip
        wanted: Select[Any] = select(*columns).join_from(FINDINGS, RUNS, FINDINGS.c.run == RUNS.c.id)
        wanted = _matching(wanted, query).where(*_results(query))
        wanted = wanted.order_by(RUNS.c.at.desc(), RUNS.c.id.desc(), FINDINGS.c.position).limit(limit)
        with self.database.reading() as connection:
            return [found_of(dict(row)) for row in connection.execute(wanted).mappings()]

    def before(self, run: Record, *, any_benchmark: bool = False) -> Record | None:
        """The last successful run of the same target and benchmark before this one; None where there is none.

        A run is successful where facts decided at least one result.
        """
        earlier = _earlier(select(RUNS), run, any_benchmark=any_benchmark).where(RUNS.c.decided > 0)
        latest = earlier.order_by(RUNS.c.at.desc(), RUNS.c.id.desc()).limit(1)
        with self.database.reading() as connection:
            row = connection.execute(latest).mappings().first()
        return record_of(dict(row)) if row else None

    def past(self, run: Record) -> Mapping[str, Sequence[str]]:
        """By key, which of pass and fail a finding has been before this run, in the order of the last time.

        Only runs of the same target, benchmark and profile count.
        """
        runs = _earlier(select(RUNS.c.id, RUNS.c.at), run).where(RUNS.c.profile_digest == run.profile_digest)
        ids = runs.subquery()
        decided = (
            select(FINDINGS.c.key, FINDINGS.c.outcome, func.max(ids.c.at).label("last"), func.max(ids.c.id))
            .join_from(ids, FINDINGS, FINDINGS.c.run == ids.c.id)
            .where(FINDINGS.c.outcome.in_([Outcome.PASS.value, Outcome.FAIL.value]))
            .group_by(FINDINGS.c.key, FINDINGS.c.outcome)
            .order_by("last", func.max(ids.c.id))
        )
        found: dict[str, list[str]] = {}
        with self.database.reading() as connection:
            for key, outcome, *_ in connection.execute(decided):
                found.setdefault(key, []).append(outcome)
        return found

    def trend(self, run: Record) -> tuple[TrendPoint, ...]:
        """The last runs before this one of the same target and benchmark, the oldest first."""
        latest = _earlier(select(RUNS), run).order_by(RUNS.c.at.desc(), RUNS.c.id.desc()).limit(_TREND)
        with self.database.reading() as connection:
            records = [record_of(dict(row)) for row in connection.execute(latest).mappings()]
        return tuple(
            TrendPoint(at=one.at, passed=one.passed, failed=one.failed, warn=one.warn, percent=one.percent)
            for one in reversed(records)
        )

    def assessment(self, run: Record) -> Assessment:
        """The run's assessment."""
        found: Assessment = _decoded(self.content(run.assessment), Assessment)
        return found

    def snapshot(self, run: Record) -> Snapshot | None:
        """The facts that it rests on; None where none were kept."""
        return _decoded(self.content(run.snapshot), Snapshot) if run.snapshot else None

    def documents(self, run: Record) -> Documents:
        """The run's snapshot and policy files, as they were given."""
        return Documents(
            snapshot=self.content(run.snapshot) if run.snapshot else b"",
            policies=tuple((name, self.content(digest)) for name, digest in run.policies),
        )

    def content(self, digest: str) -> bytes:
        """A document by its digest, which its bytes are held to."""
        with self.database.reading() as connection:
            row = connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.digest == digest)).mappings().first()
        if row is None:
            raise HistoryError(f"the document {digest} is missing", hint=BROKEN)
        data = unpacked(row["data"], row["size"])
        if digest_of(data) != digest:
            raise HistoryError(f"the document {digest} was altered", hint=BROKEN)
        return data


def open_history(place: str, *, create: bool = True) -> History:
    """The history at a path or URL. Raises HistoryError where there is none, or none that can be used."""
    return History(open_database(place, create=create))


def _document(data: bytes) -> dict[str, Any]:
    if len(data) > LIMIT:
        raise HistoryError(f"a document has {len(data)} bytes", hint="Nothing as large can be kept.")
    small = packed(data)
    return {"digest": digest_of(data), "size": len(data), "packed": digest_of(small), "data": small}


def _keep(connection: Connection, documents: Sequence[Mapping[str, Any]]) -> None:
    """Inserts those that are not there yet."""
    digests = [one["digest"] for one in documents]
    known = set(
        connection.execute(select(DOCUMENTS.c.digest).where(DOCUMENTS.c.digest.in_(digests))).scalars()
    )
    missing = [one for one in documents if one["digest"] not in known]
    if missing:
        connection.execute(insert(DOCUMENTS), missing)


def _matching(wanted: Select[Any], query: Query) -> Select[Any]:
    conditions = {
        RUNS.c.target: query.node,
        RUNS.c.benchmark: query.benchmark,
        RUNS.c.profile: query.profile,
        RUNS.c.phase: query.phase,
    }
    wanted = wanted.where(*(column == value for column, value in conditions.items() if value))
    if query.cluster:
        wanted = wanted.where((RUNS.c.cluster == query.cluster) | (RUNS.c.cluster_uid == query.cluster))
    if query.since:
        wanted = wanted.where(RUNS.c.at >= query.since)
    return wanted.where(RUNS.c.at <= query.until) if query.until else wanted


def _results(query: Query) -> Iterator[Any]:
    if query.number:
        below = FINDINGS.c.number.startswith(f"{query.number}.", autoescape=True)
        yield (FINDINGS.c.number == query.number) | below
    if query.outcome:
        yield FINDINGS.c.outcome == query.outcome


def _earlier(wanted: Select[Any], run: Record, *, any_benchmark: bool = False) -> Select[Any]:
    """Of the same target; what was read at the same second counts by its place in the history."""
    wanted = wanted.where(
        RUNS.c.target == run.run.target,
        RUNS.c.kind == run.kind,
        RUNS.c.cluster == run.run.cluster,
        (RUNS.c.at < run.at) | ((RUNS.c.at == run.at) & (RUNS.c.id < run.id)),
    )
    return wanted if any_benchmark else wanted.where(RUNS.c.benchmark == run.run.benchmark)


def _decoded(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise HistoryError(
            f"a document of the history can't be read: {error}",
            hint="It may be of a newer version of trueline.",
        ) from None
