"""Connections: how SQLite and PostgreSQL are opened so that what is committed stays committed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from engine.errors import StoreError

#: Marks a connection that writes: on SQLite it takes the one place for a writer before it reads.
WRITES = "journeys_writes"

_SQLITE = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # costs nothing with hundreds of rows per commit
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA cache_size = -65536",  # 64 MiB
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 16384",  # pages, 64 MiB: a page of work touches thousands
)

_POSTGRES = {
    "idle_in_transaction_session_timeout": "5000",  # a worker stopped in the middle must not lock for ever
    "timezone": "UTC",
    # Every hot question has its index. Left to guess from statistics that lag behind a burst, the planner
    # reads whole tables instead: an empty poll took 12 ms rather than 0.1.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}


def engine_of(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`; StoreError for anything else."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={"options": f"{parsed.query.get('options', '')} {_options()}"},
    )


def _options() -> str:
    return " ".join(f"-c {name}={value}" for name, value in _POSTGRES.items())


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(re.sub(r"^postgres:", "postgresql:", url))
    except ArgumentError:
        raise StoreError(f"`{url}` is no address of a database.", _HOW) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"`{parsed.get_backend_name()}` is no database that this program knows.", _HOW)
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError("A SQLite database needs a file; in memory everything would be lost.", _HOW)
    return parsed


_HOW = "Write `sqlite:///journeys.db` or `postgresql://user@host/database`."


def file_of(engine: Engine) -> Path | None:
    """The file of a SQLite database."""
    database = engine.url.database
    return Path(database) if engine.dialect.name == "sqlite" and database else None


def _sqlite(url: URL) -> Engine:
    folder = Path(str(url.database)).absolute().parent
    if not folder.is_dir():
        raise StoreError(f"The folder {folder} does not exist.", "Make it, or write another path.")
    engine = create_engine(url)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _: Any) -> None:
    """Transactions are begun by us, not by the driver, which would begin them too late."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")
