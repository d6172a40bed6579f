"""The tables as they are after all migrations."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

REVISION: Final = "0002"
METADATA = MetaData()

RUNS = Table(
    "runs",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("saved_at", Text, nullable=False),
    Column("benchmark", Text, nullable=False),
    Column("benchmark_digest", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("cluster", Text, nullable=False),
    Column("cluster_uid", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("profile_digest", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("collected_at", Text, nullable=False),
    Column("assessed_on", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("nodes", Integer, nullable=False),
    Column("results", Integer, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("warn", Integer, nullable=False),
    Column("score_passed", Integer, nullable=False),
    Column("score_maximum", Integer, nullable=False),
    Column("decided", Integer, nullable=False),
    Column("assessment", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("policies", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("runs_subject", "target", "benchmark", "at"),
)
"""`at` is when the facts were read, in UTC; `digest` is one of all other columns, `previous` the digest of
the run before. `assessment`, `snapshot` and `policies` (JSON: pairs of name and digest) name documents,
`findings` is the digest of the run's rows in FINDINGS."""

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("packed", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
"""Bytes by their SHA-256, compressed with zlib; `packed` is the SHA-256 of what is stored."""

FINDINGS = Table(
    "findings",
    METADATA,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("title", Text, nullable=False),
    Index("findings_key", "key"),
    Index("findings_number", "number", "outcome"),
)

HEAD = Table(
    "head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)
"""One row: the last run's id and digest. Who appends locks it, so that runs form one chain."""

REMOVED = Table(
    "removed",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("removed_at", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("seal", Text, nullable=False),
)
"""What is left of a run that retention deleted: its place in the chain. `seal` is a digest of the others."""
