"""What can be exported: each kind with its columns, its lines, and what a thing of it is known by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.calendar.instants import write_instant
from engine.intake.exact import write_cell
from engine.intake.written import (
    CONTACT_COLUMNS,
    EVENT_COLUMNS,
    contact_cells,
    contact_columns,
    event_cells,
    event_columns,
    event_line,
    proof_line,
)
from engine.language.catalog import Catalog
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.suppression import Suppression
from engine.service.exporting import Sheet
from engine.service.person import plain_contact
from engine.store.extract import Extract
from engine.store.outbox import OutboxItem


def contacts_sheet(extract: Extract, catalog: Catalog) -> Sheet[Contact]:
    """Everything that is known of each contact but what it did."""
    return Sheet(
        extract.told_contacts,
        CONTACT_COLUMNS,
        contact_columns,
        lambda contact: contact_cells(contact, catalog),
        lambda contact: {**plain_contact(contact), **proof_line(contact)},
        lambda contact: contact.id,
    )


def events_sheet(extract: Extract, catalog: Catalog) -> Sheet[Event]:
    """What contacts did, in the order in which it was heard of."""
    return Sheet(
        extract.events,
        EVENT_COLUMNS,
        event_columns,
        lambda event: event_cells(event, catalog),
        event_line,
        lambda event: event.message_id,
    )


_SUPPRESSION_COLUMNS = ("channel", "address", "reason", "since", "source", "note")


def suppressions_sheet(extract: Extract) -> Sheet[Suppression]:
    """Addresses to which nothing goes, without erased people: only this database knows their hashes."""
    return Sheet(
        lambda _after: (one for one in extract.suppressions() if one.address is not None),
        _SUPPRESSION_COLUMNS,
        lambda _one: (),
        lambda one: {
            name: write_cell(name, value) for name, value in _suppression(one).items() if value is not None
        },
        _suppression,
        lambda one: one.address or "",
    )


def _suppression(one: Suppression) -> dict[str, Any]:
    told = (one.channel, one.address, one.reason, write_instant(one.at), one.source, one.detail)
    return dict(zip(_SUPPRESSION_COLUMNS, told, strict=True))


_MESSAGE_COLUMNS = (
    "id contact journey version step iteration entry_key channel topic transactional state reason at to "
    "subject message_id attempts reply changed_at"
).split()


def messages_sheet(extract: Extract) -> Sheet[OutboxItem]:
    """The outbox: what was sent, what waits, what will never leave and why."""
    return Sheet(
        extract.messages,
        tuple(_MESSAGE_COLUMNS),
        lambda _item: (),
        lambda item: {
            name: write_cell(name, _told(value))
            for name, value in plain_item(item).items()
            if value not in (None, "")
        },
        plain_item,
        lambda item: str(item.message.id),
    )


def _told(value: Any) -> Any:
    """Nobody reads these back, so numbers and answers stand there as they are."""
    return value if isinstance(value, str) else str(value).lower()


def plain_item(item: OutboxItem) -> Mapping[str, Any]:
    """A message with what became of it, as JSON."""
    one = item.message
    return {
        "id": one.id,
        "contact": one.contact_id,
        "journey": one.journey,
        "version": one.version,
        "step": one.step,
        "iteration": one.iteration,
        "entry_key": one.entry_key,
        "channel": one.channel,
        "topic": one.topic,
        "transactional": one.transactional,
        "state": one.state,
        "reason": one.reason,
        "at": write_instant(one.at),
        "to": one.to,
        "subject": one.subject,
        "message_id": one.message_id,
        "attempts": item.attempts,
        "reply": item.reply,
        "changed_at": write_instant(item.changed_at),
    }
