"""The way back: contacts and events as rows and lines that an import reads as the same again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.calendar.instants import write_instant
from engine.intake.cells import is_yes_or_no
from engine.intake.declared import properties_of
from engine.intake.exact import write_cell, write_exact
from engine.intake.rows import GROUPS, OF_AN_EVENT
from engine.language.catalog import Catalog
from engine.model.contact import BUILT_IN, Contact
from engine.model.event import IDENTIFY, Event
from engine.model.proof import KEYS

#: Columns that every table of contacts and of events has, in this order.
CONTACT_COLUMNS = (*BUILT_IN, "paused_until")
EVENT_COLUMNS = ("messageId", "userId", "event", "timestamp", "receivedAt")

_TEXTS = ("email", "phone", "timezone", "locale", "stage")


def contact_columns(contact: Contact) -> Iterator[str]:
    """The names of columns that this contact has values for, besides those that all have."""
    yield from (_column_of_attribute(name) for name in contact.attributes)
    for group, said in _groups(contact):
        yield from (f"{group}.{key}" for key in said)
    yield from proof_line(contact)


def contact_cells(contact: Contact, catalog: Catalog) -> dict[str, str]:
    """By column; what is not known has no cell."""
    types = catalog.attributes or {}
    cells = {name: write_cell(name, value) for name, value in _built_in(contact)}
    for name, value in contact.attributes.items():
        cells[_column_of_attribute(name)] = write_cell(name, value, types.get(name))
    for group, said in _groups(contact):
        for key, value in said.items():
            cells[f"{group}.{key}"] = _answer(value)
    for name, value in proof_line(contact).items():
        cells[name] = write_cell(name, value)
    return cells


def proof_line(contact: Contact) -> dict[str, Any]:
    """Where the contact's yes was given, in the words that an import reads."""
    proof = contact.proof
    if proof is None:
        return {}
    at, confirmed_at = proof.at, proof.confirmed_at
    told = (
        proof.source,
        None if at is None else write_instant(at),
        proof.wording,
        None if confirmed_at is None else write_instant(confirmed_at),
        dict(proof.details),
    )
    return {name: value for name, value in zip(KEYS, told, strict=True) if value}


def event_columns(event: Event) -> Iterator[str]:
    """The same for an event."""
    return (_column_of_property(name) for name in event.properties)


def event_cells(event: Event, catalog: Catalog) -> dict[str, str]:
    """The same for an event."""
    types = properties_of(event.name, catalog) or {}
    cells = {name: write_cell(name, value) for name, value in zip(EVENT_COLUMNS, _of(event), strict=True)}
    for name, value in event.properties.items():
        cells[_column_of_property(name)] = write_cell(name, value, types.get(name))
    return cells


def event_line(event: Event) -> dict[str, Any]:
    """The event in the Segment form."""
    message_id, contact, name, at, received_at = _of(event)
    told = {"userId": contact, "timestamp": at, "receivedAt": received_at, "messageId": message_id}
    if name == IDENTIFY:
        return {"type": "identify", **told}
    return {"type": "track", "event": name, **told, "properties": dict(event.properties)}


def _of(event: Event) -> tuple[str, str, str, str, str]:
    at, received_at = write_instant(event.at), write_instant(event.received_at)
    return event.message_id, event.contact_id, event.name, at, received_at


def _built_in(contact: Contact) -> Iterator[tuple[str, str]]:
    yield "id", contact.id
    for name in _TEXTS:
        value = getattr(contact, name)
        if value is not None:
            yield name, value
    for name in ("created_at", "paused_until"):
        at = getattr(contact, name)
        if at is not None:
            yield name, write_instant(at)


def _groups(contact: Contact) -> tuple[tuple[str, Any], ...]:
    return ("topics", contact.topics), ("consent", contact.consents), ("suppressed", contact.suppressed)


def _answer(value: bool | str) -> str:
    """A yes or no, or the reason of a suppression; one that is a word for yes or no is not read as such."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return write_exact(value) if is_yes_or_no(value) else write_cell("suppressed", value)


def _column_of_attribute(name: str) -> str:
    """An attribute whose name could be taken for something else says what it is."""
    group, dot, _ = name.partition(".")
    is_taken = name in (*CONTACT_COLUMNS, *KEYS) or (dot and group in (*GROUPS, "contact"))
    return f"contact.{name}" if is_taken or not name else name


def _column_of_property(name: str) -> str:
    is_taken = name in OF_AN_EVENT or name.startswith("properties.")
    return f"properties.{name}" if is_taken or not name else name
