"""A driver's complaint becomes words for the one who runs the engine."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store.database import Store
from engine.store.faults import StaleError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_database_taken_by_another_program_is_said_to_be_locked(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/x.db", create=True)
    with store.page():
        pass
    store._writer.exec_driver_sql("PRAGMA busy_timeout = 1")  # type: ignore[union-attr]
    store._writer.commit()  # type: ignore[union-attr]
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as caught, store.page() as page:
        page.contacts(["ada"], NOW)
    assert not isinstance(caught.value, StaleError)
    assert "goes on by itself" in caught.value.help
    other.execute("ROLLBACK")
    other.close()
    with store.page() as page:
        page.contacts(["ada"], NOW)
    assert store.contact("ada") is not None
    store.close()


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/x.db", create=True)
    with store.page():
        pass
    store._writer.exec_driver_sql("PRAGMA max_page_count = 1")  # type: ignore[union-attr]
    store._writer.commit()  # type: ignore[union-attr]
    with pytest.raises(StoreError, match="full") as caught, store.page() as page:
        page.contacts([f"c{n}" for n in range(5_000)], NOW)
    assert "free space" in caught.value.help
    assert store.counts()["contact"] == 0
    store.close()
