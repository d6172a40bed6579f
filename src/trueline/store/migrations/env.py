"""What Alembic runs: all revisions on the connection that it is given, in that one's transaction."""

from alembic import context

from trueline.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
