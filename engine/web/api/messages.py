"""The outbox over HTTP."""

from __future__ import annotations

from typing import Any

from engine.service.sheets import plain_item
from engine.web.api.calls import Ask
from engine.web.api.cursor import read_cursor, write_cursor


def list_messages(ask: Ask) -> Any:
    """The newest first."""
    query = ask.query
    found = ask.shop.store.messages(
        contact=query.contact or None,
        journey=query.journey or None,
        before=read_cursor(query.cursor, int),
        limit=query.limit + 1,
    )
    shown = found[: query.limit]
    return {
        "messages": [plain_item(one) for one in shown],
        "next": write_cursor(shown[-1].message.id) if len(found) > query.limit else None,
    }
