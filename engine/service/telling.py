"""Telling of a contact: what is newly said wins, and all that follows from it happens at once."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from engine.errors import MissingError
from engine.intake.lines import Identified
from engine.model.contact import Contact
from engine.service.also import Also, nothing
from engine.service.running import Running
from engine.service.take import take
from engine.store.database import Store


def tell(
    store: Store,
    running: Running,
    contact: Contact,
    now: datetime,
    *,
    must_exist: bool = False,
    also: Also[bool] = nothing,
) -> bool:
    """Whether the contact is new. MissingError where it must exist and does not."""
    is_new = contact.id not in store.keys([contact.id])
    if is_new and must_exist:
        raise MissingError(f"there is no contact `{contact.id}`", "The id is the shop's own.")
    said = Identified(f"api-{uuid4().hex}", contact.id, now, now, contact)
    take(store, running, [said], now, lambda page, _taken: also(page, is_new))
    return is_new
