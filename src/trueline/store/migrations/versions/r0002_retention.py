"""What is left of runs that retention deleted, and indexes for search."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes them."""
    op.create_table(
        "removed",
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        *(
            Column(name, Text, nullable=False)
            for name in ("removed_at", "because", "previous", "digest", "seal")
        ),
    )
    op.create_index("runs_subject", "runs", ["target", "benchmark", "at"])
    op.create_index("findings_key", "findings", ["key"])
    op.create_index("findings_number", "findings", ["number", "outcome"])
