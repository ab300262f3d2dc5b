"""Telling of a contact: what is newly said wins, and all that follows from it happens at once."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from engine.errors import MissingError, RefusedError
from engine.intake.lines import Identified
from engine.model.contact import Contact
from engine.model.event import Event
from engine.service.also import Also, nothing
from engine.service.erased import HELP, REASON
from engine.service.running import Running
from engine.service.take import Taken, take
from engine.store.database import Store
from engine.store.pages import Page


def tell(
    store: Store,
    running: Running,
    contact: Contact,
    now: datetime,
    source: str,
    *,
    must_exist: bool = False,
    also: Also[bool] = nothing,
) -> bool:
    """Whether the contact is new; `source` is for the record of consent.

    MissingError where it must be there and is not; RefusedError for somebody who was erased.
    """
    is_new = contact.id not in store.keys([contact.id])
    if is_new and must_exist:
        raise MissingError(f"there is no contact `{contact.id}`", "The id is the shop's own.")
    said = Identified(f"api-{uuid4().hex}", contact.id, now, now, contact, source)
    take_one(store, running, said, now, lambda page, _taken: also(page, is_new))
    return is_new


def take_one(
    store: Store, running: Running, item: Event | Identified, now: datetime, also: Also[Taken] = nothing
) -> Taken:
    """Take an item, with all that follows from it. RefusedError for one about somebody who was erased."""

    def unless_refused(page: Page, taken: Taken) -> None:
        if not taken.refused:
            also(page, taken)

    taken = take(store, running, [item], now, unless_refused)
    if taken.refused:
        raise RefusedError(REASON, HELP)
    return taken
