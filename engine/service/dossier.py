"""Everything known of one person as JSON: for the person, or for whoever answers them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from engine.calendar.instants import write_instant
from engine.errors import MissingError
from engine.model.suppression import Suppression
from engine.service.person import plain_contact
from engine.store.database import Store

#: What people read in place of the names of tables.
_WORDS: Final = {
    "consent": "consents",
    "event": "events",
    "message": "messages",
    "enrollment": "journeys",
    "position": "positions",
    "trace": "traces",
    "segment_member": "segments",
    "moment": "coming_entries",
    "kept_entry": "kept_entries",
    "assignment": "assignments",
    "product_watch": "watched_products",
    "alias": "anonymous_ids",
    "former_contact": "former_ids",
    "anonymous_event": "anonymous_events",
    "coupon": "coupons",
    "trial_entry": "trials",
}


def dossier(store: Store, contact: str, now: datetime) -> dict[str, Any]:
    """The whole, with `format` 1. MissingError when there is no such contact."""
    found = store.dossier(contact)
    if found is None:
        raise MissingError(
            f"there is no contact `{contact}`", "The id is the shop's own, as in `journeys contact show`."
        )
    rows = {_WORDS.get(table, table): several for table, several in found.rows.items()}
    return {
        "format": 1,
        "exported_at": write_instant(now),
        "contact": plain_contact(found.contact),
        "suppressions": [plain_suppression(one) for one in found.suppressions],
        **rows,
    }


def plain_suppression(one: Suppression) -> dict[str, Any]:
    """An entry of the suppression list as JSON."""
    return {
        "channel": one.channel,
        "address": one.address,
        "reason": one.reason,
        "at": write_instant(one.at),
        "source": one.source,
        "detail": one.detail,
    }
