"""Runs, their documents and findings, and the head of the chain."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Text

revision = "0001"
down_revision = None

_WORDS = (
    *("at", "saved_at", "benchmark", "benchmark_digest", "kind", "target", "cluster", "cluster_uid"),
    *("profile", "profile_digest", "phase", "collected_at", "assessed_on", "tool"),
)
_NUMBERS = ("nodes", "results", "passed", "failed", "warn", "score_passed", "score_maximum", "decided")
_DIGESTS = ("assessment", "snapshot", "policies", "findings", "previous", "digest")


def upgrade() -> None:
    """Makes them."""
    op.create_table(
        "runs",
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        *(Column(name, Text, nullable=False) for name in _WORDS),
        *(Column(name, Integer, nullable=False) for name in _NUMBERS),
        *(Column(name, Text, nullable=False) for name in _DIGESTS),
    )
    op.create_table(
        "documents",
        Column("digest", Text, primary_key=True),
        Column("size", BigInteger, nullable=False),
        Column("packed", Text, nullable=False),
        Column("data", LargeBinary, nullable=False),
    )
    op.create_table(
        "findings",
        Column("run", BigInteger, primary_key=True, autoincrement=False),
        Column("position", Integer, primary_key=True, autoincrement=False),
        *(
            Column(name, Text, nullable=False)
            for name in ("key", "number", "outcome", "node", "component", "title")
        ),
    )
    head = op.create_table(
        "head",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("last", BigInteger, nullable=False),
        Column("digest", Text, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "last": 0, "digest": ""}])
