"""Finds what was altered, added to or deleted from a history by other means than its own."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, select, text

from trueline.errors import HistoryError
from trueline.model.results import Assessment
from trueline.store.database import Database
from trueline.store.digests import digest_of, unpacked
from trueline.store.records import findings_of, findings_seal, policies_of, removed_seal, run_seal
from trueline.store.tables import DOCUMENTS, FINDINGS, HEAD, REMOVED, RUNS


def problems(database: Database) -> list[str]:
    """One sentence for each thing that is wrong; none where all is as it was written.

    Raises HistoryError where the database itself can't be read.
    """
    with database.reading() as connection:
        return [*_file(connection), *_chain(connection), *_documents(connection), *_findings(connection)]


def _file(connection: Connection) -> Iterator[str]:
    """Damage of a SQLite file that leaves its rows as they are, such as that of an index."""
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.execute(text("PRAGMA integrity_check(20)")):
        if said != "ok":
            yield f"The file is damaged: {' '.join(str(said).split())}."


def _chain(connection: Connection) -> Iterator[str]:
    """Each run is sealed and follows the one before it, up to the head."""
    links: dict[Any, Mapping[str, Any]] = {}
    for row in map(dict, connection.execute(select(RUNS)).mappings()):
        if run_seal(row) != row["digest"]:
            yield f"Run {row['id']} was altered."
        links[row["id"]] = row
    for row in map(dict, connection.execute(select(REMOVED)).mappings()):
        if removed_seal(row) != row["seal"]:
            yield f"What retention left of run {row['id']} was altered."
        if row["id"] in links:
            yield f"Run {row['id']} was removed by retention, and is there."
        links[row["id"]] = row
    heads = [dict(row) for row in connection.execute(select(HEAD)).mappings()]
    if len(heads) != 1 or not isinstance(heads[0]["last"], int) or heads[0]["id"] != 1:
        yield "The head of the history is missing or was altered."
        return
    yield from _linked(links, heads[0])


def _linked(links: dict[Any, Mapping[str, Any]], head: Mapping[str, Any]) -> Iterator[str]:
    previous: Any = ""
    for number in sorted(one for one in links if isinstance(one, int)):
        if number > head["last"] or number < 1:
            yield f"Run {number} was added behind the head."
    if head["last"] > len(links) + 1000:
        yield "The head of the history was altered, or more than 1,000 runs are missing."
        return
    for number in range(1, head["last"] + 1):
        link = links.get(number)
        if link is None:
            yield f"Run {number} is missing."
            previous = None
            continue
        if previous is not None and link["previous"] != previous:
            yield f"Run {number} does not follow the run before it."
        previous = link["digest"]
    if previous is not None and head["digest"] != previous:
        yield "The head of the history is not its last run."


def _documents(connection: Connection) -> Iterator[str]:
    """Each document is what its digest says, and is needed; none is missing."""
    columns = (RUNS.c.id, RUNS.c.assessment, RUNS.c.snapshot, RUNS.c.policies)
    wanted: dict[str, int] = {}
    for number, assessment, snapshot, policies in connection.execute(select(*columns)):
        for digest in (assessment, snapshot, *(digest for _, digest in policies_of(policies))):
            if digest:
                wanted.setdefault(digest, number)
    seen = set()
    found = connection.execute(select(DOCUMENTS), execution_options={"yield_per": 8})
    for row in map(dict, found.mappings()):
        seen.add(row["digest"])
        if why := _altered(row):
            yield f"The document {row['digest']}: {why}."
        if row["digest"] not in wanted:
            yield f"The document {row['digest']} belongs to no run."
    for digest, number in wanted.items():
        if digest not in seen:
            yield f"The document {digest} of run {number} is missing."


def _altered(row: Mapping[str, Any]) -> str:
    try:
        data = unpacked(row["data"], row["size"])
    except HistoryError as error:
        return error.message
    if digest_of(row["data"]) != row["packed"]:
        return "its stored bytes were altered"
    return "" if digest_of(data) == row["digest"] else "its content was altered"


def _findings(connection: Connection) -> Iterator[str]:
    """The findings are those of the assessments that lie beside them."""
    runs = connection.execute(select(RUNS.c.id, RUNS.c.assessment, RUNS.c.findings).order_by(RUNS.c.id)).all()
    counted = 0
    for number, assessment, seal in runs:
        rows = connection.execute(
            select(FINDINGS).where(FINDINGS.c.run == number).order_by(FINDINGS.c.position)
        )
        listed = [dict(row) for row in rows.mappings()]
        counted += len(listed)
        if findings_seal(listed) != seal:
            yield f"The findings of run {number} were altered."
        elif not _derived(connection, assessment, number, seal):
            yield f"The findings of run {number} are not those of its assessment."
    total = connection.execute(text("SELECT count(*) FROM findings")).scalar()
    if total != counted:
        yield "There are findings that belong to no run."


def _derived(connection: Connection, digest: str, number: int, seal: str) -> bool:
    row = connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.digest == digest)).mappings().first()
    if row is None:
        return True  # said where documents are looked at
    try:
        found = msgspec.json.decode(unpacked(row["data"], row["size"]), type=Assessment)
    except (HistoryError, msgspec.DecodeError):
        return True
    return findings_seal(list(findings_of(found, number))) == seal
