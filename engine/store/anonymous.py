"""Strangers: what they did waits under their anonymous id until it is known whose it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import structs

from engine.model.consent import to_be_confirmed
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Topic
from engine.store import contacts
from engine.store.instants import micros
from engine.store.link import Link, inserting
from engine.store.texts import text_or_none

_KEEP = inserting(
    "anonymous_event",
    {
        "anonymous_id": "text",
        "message_id": "text",
        "name": "text",
        "at": "bigint",
        "received_at": "bigint",
        "properties": "text",
        "traits": "text",
    },
    "ON CONFLICT (message_id) DO NOTHING",
)
_TRAITS = msgspec.json.Decoder(Contact)


@dataclass(frozen=True, slots=True)
class Stranger:
    """One thing that somebody unknown did; `traits` where they told something of themselves instead."""

    anonymous_id: str
    event: Event
    traits: Contact | None = None


def keep(link: Link, given: Sequence[Stranger]) -> None:
    """What is there already stays once."""
    link.run_many(
        _KEEP,
        [
            (
                one.anonymous_id,
                one.event.message_id,
                one.event.name,
                micros(one.event.at),
                micros(one.event.received_at),
                text_or_none(one.event.properties),
                None if one.traits is None else msgspec.json.encode(one.traits).decode(),
            )
            for one in given
        ],
    )


def contacts_behind(link: Link, anonymous_ids: Collection[str]) -> dict[str, str]:
    """Contact ids by those anonymous ids of which it is known."""
    sql = (
        f"SELECT a.anonymous_id, c.id FROM {link.these(kind='text')} CROSS JOIN alias a CROSS JOIN contact c "
        "WHERE a.anonymous_id = k.value AND c.key = a.contact"
    )
    return dict(link.rows(sql, link.pack(sorted(anonymous_ids))))


def join(
    link: Link, keys: Mapping[str, int], topics: Mapping[str, Topic]
) -> list[tuple[int, Contact, Contact]]:
    """Strangers became contacts (keys by anonymous id): their events move into history and fire nothing.

    What they had told of themselves fills in what the contact has not said; answers those it changed, as
    they were and as they are.
    """
    for anonymous_id, key in keys.items():
        link.run(
            "INSERT INTO alias (anonymous_id, contact) VALUES (?, ?) "
            "ON CONFLICT (anonymous_id) DO UPDATE SET contact = excluded.contact",
            anonymous_id,
            key,
        )
    told: dict[int, Contact] = {}
    for anonymous_id, key in keys.items():
        link.run(
            "INSERT INTO event (message_id, contact, name, at, received_at, properties) "
            "SELECT message_id, ?, name, at, received_at, properties FROM anonymous_event "
            "WHERE anonymous_id = ? ORDER BY id ON CONFLICT (message_id) DO NOTHING",
            key,
            anonymous_id,
        )
        sql = "SELECT traits FROM anonymous_event WHERE anonymous_id = ? AND traits IS NOT NULL ORDER BY id"
        for (traits,) in link.rows(sql, anonymous_id):
            news = _TRAITS.decode(traits)
            told[key] = told[key].told(news) if key in told else news
        link.run("DELETE FROM anonymous_event WHERE anonymous_id = ?", anonymous_id)
    return _filled_in(link, told, topics)


def _filled_in(
    link: Link, told: Mapping[int, Contact], topics: Mapping[str, Topic]
) -> list[tuple[int, Contact, Contact]]:
    changed = []
    for key, known in contacts.load_contacts(link, sorted(told)).items():
        news = to_be_confirmed(told[key], known, topics)
        filled = structs.replace(news, id=known.id).told(known)
        if filled != known:
            changed.append((key, known, filled))
    return changed
