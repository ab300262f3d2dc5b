"""Addresses of databases: what is refused, and in which words; what is set before the first query."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store.database import Store
from engine.store.engines import engine_of


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("journeys.db", "`journeys.db` is no address"),
        ("mysql://localhost/x", "`mysql` is no database"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_wrong_address_is_refused_with_one_that_would_do(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        Store.open(url)
    assert "`sqlite:///journeys.db`" in caught.value.help


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere does not exist"):
        Store.open(f"sqlite:///{tmp_path}/nowhere/x.db", create=True)


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is a shopping list, and rather a long one" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(f"sqlite:///{tmp_path}/x.db")


def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    engine = engine_of(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    engine.dispose()
    assert found == ["wal", 2, 1, 10_000]


def test_a_server_out_of_reach_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="database did not do its work"):
        Store.open(f"postgresql://nobody@/nothing?host={tmp_path}")


def test_opening_does_not_pay_for_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    Store.open(url, create=True).close()
    code = (
        "import sys\nfrom engine.store.database import Store\n"
        f"Store.open({url!r}).close()\nsys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0
