"""What `simulate` is asked with: one contact, and a file of events that may tell of others too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.errors import UsageError
from engine.intake.lines import Identified
from engine.model.contact import Contact
from engine.model.event import Event
from engine.service.simulate import Change

Item = Event | Identified


@dataclass(frozen=True, slots=True)
class Life:
    """A contact as it is at the start, what happened before, and what happens from then on."""

    contact: Contact
    history: list[Event]
    happenings: list[Event | Change]
    start: datetime
    left_out: int = 0  # lines about other people


def items_of(contact: Contact, items: Iterable[Item], *, is_named: bool) -> tuple[list[Item], int]:
    """The contact's own items in order of receipt, each message id once; and how many were others'.

    The contact's id (`is_named`) or address picks its lines. Where neither is in the file, a file about a
    single person is about this contact: nobody should have to repeat an id to try something out.
    """
    every = _once(items)
    own = [item for item in every if item.contact_id in (contact.id, contact.email)]
    if not own and every:
        ids = sorted({item.contact_id for item in every})
        if len(ids) > 1:
            shown = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
            name = f"`{contact.id}` is none of them" if is_named else "the contact has no id"
            raise UsageError(
                f"the events are of {len(ids)} contacts, and {name}",
                f"Add the id of one of them to --contact: {shown}.",
            )
        own = every
    return [_as_of(item, contact) for item in own], len(every) - len(own)


def _once(items: Iterable[Item]) -> list[Item]:
    by_id: dict[str, Item] = {}
    for item in items:
        by_id.setdefault(item.message_id, item)
    return sorted(by_id.values(), key=lambda item: item.received_at)


def _as_of(item: Item, contact: Contact) -> Item:
    return replace(item, contact_id=contact.id)


def life(
    contact: Contact, history: Sequence[Event], items: Sequence[Item], start: datetime, left_out: int = 0
) -> Life:
    """What was received before the start is past: it is known, but nothing is entered for it."""
    past = [item for item in items if item.received_at < start]
    for item in past:
        if isinstance(item, Identified):
            contact = contact.told(item.traits)
    known = [*history, *(item for item in past if isinstance(item, Event))]
    coming = [_happening(item) for item in items if item.received_at >= start]
    return Life(contact, sorted(known, key=lambda event: event.at), coming, start, left_out)


def _happening(item: Item) -> Event | Change:
    return item if isinstance(item, Event) else Change(item.received_at, item.traits)
