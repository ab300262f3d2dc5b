"""Alembic migrations, shipped inside the package; one file per schema, numbered."""
