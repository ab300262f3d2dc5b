"""Events: stored once for ever by message id, and read back as history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from engine.model.event import Event
from engine.store.instants import instant, instant_or_none, micros
from engine.store.link import Link, inserting
from engine.store.texts import mapping_of, text_or_none

_INSERT = inserting(
    "event",
    {
        "message_id": "text",
        "contact": "bigint",
        "name": "text",
        "at": "bigint",
        "received_at": "bigint",
        "properties": "text",
    },
)


def take_events(link: Link, events: Sequence[Event], keys: Mapping[str, int]) -> list[Event]:
    """Store those never seen before and return them, in the order given. `keys` are those of the contacts."""
    seen = known_ids(link, [event.message_id for event in events])
    fresh: list[Event] = []
    for event in events:
        if event.message_id not in seen:
            seen.add(event.message_id)
            fresh.append(event)
    add_events(link, fresh, keys)
    return fresh


def add_events(link: Link, fresh: Sequence[Event], keys: Mapping[str, int]) -> None:
    """Store those of which it is known that they were never seen before."""
    link.run_many(
        _INSERT,
        [
            (
                event.message_id,
                keys[event.contact_id],
                event.name,
                micros(event.at),
                micros(event.received_at),
                text_or_none(event.properties),
            )
            for event in fresh
        ],
    )


def known_ids(link: Link, message_ids: Sequence[str]) -> set[str]:
    """Those of these message ids that were taken before."""
    given = link.these(kind="text")
    sql = f"SELECT e.message_id FROM {given} CROSS JOIN event e WHERE e.message_id = k.value"
    return {row[0] for row in link.rows(sql, link.pack(message_ids))}


def last_id(link: Link) -> int:
    """The number of the newest event; on SQLite they are numbered in the order of commits."""
    return int(link.value("SELECT max(id) FROM event") or 0)


def heard_since(link: Link, id: int) -> set[int]:
    """The contacts of newer events."""
    return {row[0] for row in link.rows("SELECT contact FROM event WHERE id > ?", id)}


def load_history(
    link: Link, ids: Mapping[int, str], names: Collection[str], since: datetime | None = None
) -> dict[int, dict[str, list[Event]]]:
    """Events of the contacts (external ids by key) with these names: by key, by name, in order of `at`.

    `since`: only those that happened after that.
    """
    history: dict[int, dict[str, list[Event]]] = {}
    sql = (
        "SELECT e.contact, e.name, e.message_id, e.at, e.received_at, e.properties "
        f"FROM {link.these()} CROSS JOIN {link.these('n', 'text')} CROSS JOIN event e "
        f"WHERE e.contact = k.value AND e.name = n.value {'' if since is None else 'AND e.at > ?'} "
        "ORDER BY e.contact, e.name, e.at, e.id"
    )
    rows = link.rows(sql, link.pack(ids), link.pack(names), *([] if since is None else [micros(since)]))
    for key, name, message_id, at, received_at, properties in rows:
        event = Event(message_id, ids[key], name, instant(at), instant(received_at), mapping_of(properties))
        history.setdefault(key, {}).setdefault(name, []).append(event)
    return history


def load_after(link: Link, id: int, size: int) -> list[tuple[int, Event]]:
    """The next events of all, in the order in which they were stored."""
    sql = (
        "SELECT e.id, e.message_id, c.id, e.name, e.at, e.received_at, e.properties FROM event e "
        "JOIN contact c ON c.key = e.contact WHERE e.id > ? ORDER BY e.id LIMIT ?"
    )
    return [
        (number, Event(message_id, contact, name, instant(at), instant(received_at), mapping_of(properties)))
        for number, message_id, contact, name, at, received_at, properties in link.rows(sql, id, size)
    ]


def load_latest(
    link: Link, contact: int, id: str, before: tuple[datetime, int] | None, limit: int
) -> list[tuple[int, Event]]:
    """What one contact (by key, with its id) did, the latest first; before an instant and row number."""
    narrow, more = ("", ()) if before is None else (" AND (at, id) < (?, ?)", (micros(before[0]), before[1]))
    sql = (
        "SELECT id, message_id, name, at, received_at, properties FROM event "
        f"WHERE contact = ?{narrow} ORDER BY at DESC, id DESC LIMIT ?"
    )
    return [
        (number, Event(message_id, id, name, instant(at), instant(received_at), mapping_of(properties)))
        for number, message_id, name, at, received_at, properties in link.rows(sql, contact, *more, limit)
    ]


def latest(link: Link) -> datetime | None:
    """When the last event was received."""
    return instant_or_none(link.value("SELECT received_at FROM event ORDER BY id DESC LIMIT 1"))
