"""Opening the workspace's database, for the verbs that need one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.commands.context import Context
from engine.store.database import Store


@contextmanager
def opened_store(context: Context, *, create: bool = False, any_schema: bool = False) -> Iterator[Store]:
    """The store of the settings, closed at the end. StoreError when it is missing or of another release."""
    store = Store.open(context.settings.database_url, create=create, any_schema=any_schema)
    try:
        yield store
    finally:
        store.close()
