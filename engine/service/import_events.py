"""Importing events: history, in the order of the file, with what it says of contacts in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from engine.intake.lines import Identified, LineError
from engine.intake.rows import Row
from engine.model.contact import Contact
from engine.model.event import IDENTIFY, Event
from engine.model.policy import Topic
from engine.service.importing import (
    Import,
    Imported,
    PageResult,
    import_pages,
    look_at_segments,
    not_erased,
)
from engine.service.take import person_of, take_into
from engine.store.pages import Page

Item = Event | Identified


def import_events(how: Import, rows: Iterable[Row[Item]]) -> Imported:
    """Events become history, in the order of the file with what is said of contacts between them.

    With `trigger` each goes through exits, goals, waits and triggers, received now; otherwise only
    memberships of segments are brought up to date, silently.
    """
    seen: set[bytes] = set()

    def put(how: Import, page: Page, rows: Sequence[Row[Item]]) -> PageResult:
        return _put_events(how, page, rows, seen)

    return import_pages(how, rows, put)


def _put_events(how: Import, page: Page, rows: Sequence[Row[Item]], seen: set[bytes]) -> PageResult:
    done = PageResult()
    rows = not_erased(page, rows, _contact_of, done)
    items = [row.found for row in rows if not isinstance(row.found, LineError)]
    if how.is_dry:
        items = _first_seen(items, seen)
    ids = {item.contact_id for item in items}
    former = page.former_ids(ids)
    done.created = len(ids - set(how.store.keys(ids)))
    done.merged = sum(item.contact_id in former for item in items)
    if how.trigger:
        taken = take_into(page, how.running, items, how.now)
        done.stored = taken.events + taken.changes
    else:
        done.stored = _put_history(page, items, how.now, how.running.world.policy.topics)
        look_at_segments(how, page, ids)
    done.duplicates = len(rows) - done.stored
    return done


def _contact_of(row: Row[Item]) -> Contact:
    return person_of(row.found) if not isinstance(row.found, LineError) else Contact("")


def _put_history(page: Page, items: Sequence[Item], now: datetime, topics: Mapping[str, Topic]) -> int:
    """History and what is said of contacts, without consequences; how many items were new."""
    heard_of = _first_heard_of(items)
    unknown = heard_of.keys() - page.known_contacts(heard_of)
    page.put_contacts([Contact(id, created_at=heard_of[id]) for id in heard_of if id in unknown], now)
    new = {event.message_id for event in page.take_events([_kept(item) for item in items])}
    said = {item.message_id: item.traits for item in reversed(items) if isinstance(item, Identified)}
    told = [traits for id, traits in reversed(said.items()) if id in new]
    page.put_contacts(told, now, topics=topics)
    return len(new)


def _kept(item: Item) -> Event:
    """An identify leaves its message id, which counts only once as well."""
    if isinstance(item, Event):
        return item
    return Event(item.message_id, item.contact_id, IDENTIFY, item.at, item.received_at)


def _first_heard_of(items: Sequence[Item]) -> dict[str, datetime]:
    """Nobody is younger than their history: a contact that is unknown was created with its first event."""
    first: dict[str, datetime] = {}
    for item in items:
        said = item.traits.created_at if isinstance(item, Identified) else None
        first[item.contact_id] = min(said or item.at, first.get(item.contact_id, item.at))
    return first


def _first_seen(items: Sequence[Item], seen: set[bytes]) -> list[Item]:
    """A dry run leaves nothing behind for later pages to find their duplicates in; some 60 bytes each."""
    first: list[Item] = []
    for item in items:
        mark = blake2b(item.message_id.encode(), digest_size=8).digest()
        if mark not in seen:
            seen.add(mark)
            first.append(item)
    return first
