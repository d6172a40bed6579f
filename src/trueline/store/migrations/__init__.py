"""How the tables came to be, one revision per module; run by Alembic."""
