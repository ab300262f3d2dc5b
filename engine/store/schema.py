"""Which schema a database has, and bringing it to ours. Alembic is imported only when there is work."""

from __future__ import annotations

from engine.errors import StoreError
from engine.store.link import Link
from engine.store.tables import SCHEMA

_UPGRADE_LOCK = 7_044_001  # any number, the same in every process


def found_schema(link: Link) -> str | None:
    """The migration that a database was last brought to; None for an empty one."""
    there = (
        "SELECT to_regclass('alembic_version')"
        if link.is_postgres
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    )
    if link.value(there) is None:
        return None
    found = link.value("SELECT version_num FROM alembic_version")
    return None if found is None else str(found)


def schema_problem(found: str | None) -> StoreError | None:
    """Why this release cannot work on that schema."""
    if found == SCHEMA:
        return None
    if found is None:
        return StoreError("The database has no tables yet.", "Run `journeys db upgrade` to create them.")
    if found > SCHEMA:
        return StoreError(
            f"The database was made by a newer release (schema {found}, this one knows {SCHEMA}).",
            "Install that release again; a database is never taken back.",
        )
    return StoreError(
        f"The database is from an earlier release (schema {found}, this one needs {SCHEMA}).",
        "Stop the daemon, take a backup, and run `journeys db upgrade`.",
    )


def upgrade(link: Link) -> str:
    """Run all missing migrations, in the transaction of the link; the schema it was before, or ''."""
    if link.is_postgres:
        link.run("SELECT pg_advisory_xact_lock(?)", _UPGRADE_LOCK)
    before = found_schema(link)
    if before is not None and before > SCHEMA:
        raise schema_problem(before) or AssertionError
    if before != SCHEMA:
        _migrate(link)
    return before or ""


def _migrate(link: Link) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "engine.store:migrations")
    config.attributes["connection"] = link.connection
    command.upgrade(config, "head")
