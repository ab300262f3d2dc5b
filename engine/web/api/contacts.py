"""Contacts over HTTP: looked at, listed, told of; their history and their story."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.calendar.instants import write_instant
from engine.errors import ReadError
from engine.intake.person import read_person
from engine.model.event import Event
from engine.service import merging
from engine.service.dossier import dossier
from engine.service.erasing import erase
from engine.service.next_entries import next_of_contact, plain_entry
from engine.service.person import (
    get_contact,
    only_step,
    plain_contact,
    plain_enrollment,
    plain_story,
    stories,
)
from engine.service.telling import tell
from engine.web.api.calls import Ask
from engine.web.api.cursor import read_cursor, write_cursor
from engine.web.api.shapes import Erased, Merged, Told


def list_contacts(ask: Ask) -> Any:
    """In the order in which they became known."""
    limit, after = ask.query.limit, read_cursor(ask.query.cursor, int) or 0
    found = ask.shop.store.contacts_after(after, limit + 1)
    more = len(found) > limit
    return {
        "contacts": [plain_contact(contact) for _, contact in found[:limit]],
        "next": write_cursor(found[limit - 1][0]) if more else None,
    }


def show_contact(ask: Ask) -> Any:
    """As `journeys contact show` tells it."""
    store = ask.shop.store
    contact = get_contact(store, ask.path["contact"])
    coming = next_of_contact(store, ask.shop.running().world.policy, contact)
    return {
        "contact": plain_contact(contact),
        "enrollments": [plain_enrollment(one) for one in store.enrollments(contact.id)],
        "next_entries": [plain_entry(one) for one in coming],
    }


def put_contact(ask: Ask) -> Any:
    """Make or change it."""
    return _tell(ask, must_exist=False)


def patch_contact(ask: Ask) -> Any:
    """Change one that is there."""
    return _tell(ask, must_exist=True)


def _tell(ask: Ask, *, must_exist: bool) -> Told:
    id, shop = ask.path["contact"], ask.shop
    if ask.plain.get("id", id) != id:
        raise ReadError("the body speaks of another `id` than the address", "Leave `id` out of the body.")
    contact = read_person({**ask.plain, "id": id})
    kept = ask.also(Told)
    is_new = tell(shop.store, shop.running(), contact, shop.now(), ask.who, must_exist=must_exist, also=kept)
    shop.wake()
    return Told(is_new)


def merge_contact(ask: Ask) -> Merged:
    """As `journeys contact merge` does it. It cannot be undone."""

    def answer(done: merging.Merged) -> Merged:
        return Merged(done.is_news, done.came, sorted({one.journey for one in done.left}), done.dropped)

    shop, body = ask.shop, ask.body
    done = merging.merge(
        shop.store, shop.running(), body.one, ask.path["contact"], ask.who, shop.now(), also=ask.also(answer)
    )
    shop.wake()
    return answer(done)


def list_events(ask: Ask) -> Any:
    """What a contact did, the latest first."""
    contact = get_contact(ask.shop.store, ask.path["contact"])
    limit, before = ask.query.limit, read_cursor(ask.query.cursor, tuple[datetime, int])
    found = ask.shop.store.events_of(contact.id, before, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return {
        "events": [_event(event) for _, event in found[:limit]],
        "next": None if last is None else write_cursor((last[1].at, last[0])),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "event": event.name,
        "timestamp": write_instant(event.at),
        "received_at": write_instant(event.received_at),
        "message_id": event.message_id,
        "properties": dict(event.properties),
    }


def why(ask: Ask) -> Any:
    """As `journeys contact why` tells it."""
    store, journey, step = ask.shop.store, ask.query.journey or None, ask.query.step
    contact = get_contact(store, ask.path["contact"])
    found = stories(store, contact.id, journey)
    if step:
        found = only_step(found, step)
    coming = next_of_contact(store, ask.shop.running().world.policy, contact)
    return {
        "contact": contact.id,
        "stories": [plain_story(story) for story in found],
        "next_entries": [plain_entry(one) for one in coming],
    }


def export_contact(ask: Ask) -> Any:
    """As `journeys contact export` writes it."""
    return dossier(ask.shop.store, ask.path["contact"], ask.shop.now())


def erase_contact(ask: Ask) -> Erased:
    """As `journeys contact erase` does it."""
    shop = ask.shop
    done = erase(shop.store, ask.path["contact"], shop.now(), ask.who, shop.settings.capture_dir)
    return Erased(dict(done.rows), len(done.left))
