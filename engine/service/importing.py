"""Importing: rows of a file become contacts and history, page by page; nothing fires unless asked for.

Each page is one transaction, so an import that was interrupted is simply run again: events are known by
their message id, and contacts are merged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TypeVar

from engine.core.live import look_at_segment
from engine.intake.declared import Odd
from engine.intake.lines import Identified, LineError
from engine.intake.rows import Row
from engine.model.contact import Contact
from engine.model.event import Event
from engine.service.rejects import Rejects
from engine.service.running import Running
from engine.service.take import take_into
from engine.store.database import Store
from engine.store.faults import StaleError
from engine.store.pages import Page

PAGE_SIZE = 2_000

#: So many rejects are shown at once, and so many kinds of oddities counted apart; files have all rejects.
_SHOWN, _KINDS = 20, 200

#: A daemon that writes the same rows at the same moment makes a page stale; it is then read anew.
_TRIES = 3

T = TypeVar("T")
Item = Event | Identified


@dataclass(slots=True)
class Imported:
    """What came of the rows: `read` = `stored` + `duplicates` + `rejected`.

    A duplicate is an event that was there before, or a contact of which nothing new was said.
    `triggered` counts what was handed to the journeys, `created` the contacts that are new.
    """

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    triggered: int = 0
    created: int = 0
    odd: Counter[Odd] = field(default_factory=Counter)
    examples: list[LineError] = field(default_factory=list)  # the first rejects
    rejects: Path | None = None  # the file with all of them


Progress = Callable[[Imported], None]


@dataclass(frozen=True, slots=True)
class Import:
    """How an import is done. A dry run judges every page, writes it, and takes it back."""

    store: Store
    running: Running
    now: datetime
    trigger: bool = False
    is_dry: bool = False
    rejects: Path | None = None
    progress: Progress | None = None


class _TakeBack(Exception):
    """No error: ends a transaction that was only tried."""


@dataclass(slots=True)
class _Page:
    """What came of one page; counted only once it is committed."""

    stored: int = 0
    duplicates: int = 0
    created: int = 0
    rejected: list[tuple[LineError, object]] = field(default_factory=list)


def import_contacts(how: Import, rows: Iterable[Row[Contact]]) -> Imported:
    """Contacts are merged: what a row does not mention stays. With `trigger` segments crossed are noticed."""
    return _import(how, rows, _put_contacts)


def import_events(how: Import, rows: Iterable[Row[Item]]) -> Imported:
    """Events become history, in the order of the file with what is said of contacts between them.

    With `trigger` each goes through exits, goals, waits and triggers, received now; otherwise only
    memberships of segments are brought up to date, silently.
    """
    seen: set[bytes] = set()

    def put(how: Import, page: Page, rows: Sequence[Row[Item]]) -> _Page:
        return _put_events(how, page, rows, seen)

    return _import(how, rows, put)


# --- page by page ------------------------------------------------------------------------------


def _import(
    how: Import, rows: Iterable[Row[T]], put: Callable[[Import, Page, Sequence[Row[T]]], _Page]
) -> Imported:
    done = Imported()
    with Rejects(None if how.is_dry else how.rejects) as rejects:
        for page in _pages(rows):
            good = [row for row in page if not isinstance(row.found, LineError)]
            for row in page:
                if isinstance(row.found, LineError):
                    _reject(done, rejects, row.found, row.raw)
            _add(done, rejects, how, _committed(how, good, put) if good else _Page())
            _count_odd(done.odd, good)
            done.read += len(page)
            if how.progress is not None:
                how.progress(done)
        done.rejects = rejects.path
    return done


def _pages(rows: Iterable[Row[T]]) -> Iterator[list[Row[T]]]:
    rest = iter(rows)
    while page := list(islice(rest, PAGE_SIZE)):
        yield page


def _committed(
    how: Import, rows: Sequence[Row[T]], put: Callable[[Import, Page, Sequence[Row[T]]], _Page]
) -> _Page:
    """The page written, or in a dry run written and taken back."""
    for tries in range(_TRIES):
        try:
            with how.store.page("import") as page:
                done = put(how, page, rows)
                if how.is_dry:
                    raise _TakeBack
        except _TakeBack:
            pass
        except StaleError:
            if tries == _TRIES - 1:
                raise
            continue
        break
    return done


def _add(done: Imported, rejects: Rejects, how: Import, page: _Page) -> None:
    done.stored += page.stored
    done.duplicates += page.duplicates
    done.created += page.created
    done.triggered += page.stored if how.trigger else 0
    for error, raw in page.rejected:
        _reject(done, rejects, error, raw)


def _reject(done: Imported, rejects: Rejects, error: LineError, raw: object) -> None:
    done.rejected += 1
    rejects.add(error, raw)
    if len(done.examples) < _SHOWN:
        done.examples.append(error)


def _count_odd(counts: Counter[Odd], rows: Iterable[Row[T]]) -> None:
    for row in rows:
        for odd in row.odd:
            if odd in counts or len(counts) < _KINDS:
                counts[odd] += 1


# --- contacts ----------------------------------------------------------------------------------


def _put_contacts(how: Import, page: Page, rows: Sequence[Row[Contact]]) -> _Page:
    done = _Page()
    contacts = _complete(how, page, rows, done)
    if how.trigger:
        items = [Identified("", contact.id, how.now, how.now, contact) for contact in contacts]
        known = how.store.keys({contact.id for contact in contacts})
        done.created = len({contact.id for contact in contacts} - set(known))
        done.stored = take_into(page, how.running, items, how.now).changes
        return done
    done.created, changed = page.put_contacts(contacts, how.now)
    done.stored = done.created + changed
    done.duplicates = len(contacts) - done.stored
    _look_at_segments(how, page, {contact.id for contact in contacts})
    return done


def _complete(how: Import, page: Page, rows: Sequence[Row[Contact]], done: _Page) -> list[Contact]:
    """The contacts that have all required attributes, in their row or from before; the rest is rejected."""
    known = _known_attributes(how, page, [row for row in rows if row.lacking])
    complete: list[Contact] = []
    for row in rows:
        if isinstance(row.found, LineError):
            continue
        missing = sorted(row.lacking - known.get(row.found.id, frozenset()))
        if missing:
            reason = f"there is no `{missing[0]}`, which catalog.yaml requires of every contact"
            help = f"Fill in {', '.join(missing)}."
            done.rejected.append((LineError(row.line, reason, help), row.raw))
        else:
            complete.append(row.found)
    return complete


def _known_attributes(how: Import, page: Page, rows: Sequence[Row[Contact]]) -> Mapping[str, frozenset[str]]:
    ids = {row.found.id for row in rows if isinstance(row.found, Contact)}
    if not ids:
        return {}
    cases = page.load(how.store.keys(ids).values(), now=how.now)
    return {case.contact.id: frozenset(case.contact.attributes) for case in cases}


# --- events ------------------------------------------------------------------------------------


def _put_events(how: Import, page: Page, rows: Sequence[Row[Item]], seen: set[bytes]) -> _Page:
    items = [row.found for row in rows if not isinstance(row.found, LineError)]
    if how.is_dry:
        items = _first_seen(items, seen)
    ids = {item.contact_id for item in items}
    done = _Page(created=len(ids - set(how.store.keys(ids))))
    if how.trigger:
        taken = take_into(page, how.running, items, how.now)
        done.stored = taken.events + taken.changes
    else:
        done.stored = _put_history(page, items, how.now)
        _look_at_segments(how, page, ids)
    done.duplicates = len(rows) - done.stored
    return done


def _put_history(page: Page, items: Sequence[Item], now: datetime) -> int:
    """History and what is said of contacts, without consequences; how many items were new."""
    said = [item.traits for item in items if isinstance(item, Identified)]
    page.put_contacts(_first_heard_of(items), now)
    page.put_contacts(said, now)
    return len(said) + len(page.take_events([item for item in items if isinstance(item, Event)]))


def _first_heard_of(items: Sequence[Item]) -> list[Contact]:
    """Nobody is younger than their history: a contact that is unknown was created with its first event."""
    first: dict[str, datetime] = {}
    for item in items:
        said = item.traits.created_at if isinstance(item, Identified) else None
        first[item.contact_id] = min(said or item.at, first.get(item.contact_id, item.at))
    return [Contact(id, created_at=at) for id, at in first.items()]


def _first_seen(items: Sequence[Item], seen: set[bytes]) -> list[Item]:
    """A dry run leaves nothing behind for later pages to find their duplicates in; some 60 bytes each."""
    first: list[Item] = []
    for item in items:
        mark = blake2b(item.message_id.encode(), digest_size=8).digest()
        if isinstance(item, Identified) or mark not in seen:
            seen.add(mark)
            first.append(item)
    return first


# --- memberships -------------------------------------------------------------------------------


def _look_at_segments(how: Import, page: Page, ids: Iterable[str]) -> None:
    """Who is in which segment now, and when to look again; nobody enters a journey by it."""
    segments = how.running.world.segments
    if not segments:
        return
    events = frozenset[str]().union(*(segment.condition.events for segment in segments.values()))
    keys = page.contacts(ids, how.now)
    cases = page.load(keys.values(), now=how.now, events=events, everything=True)
    for case in cases:
        for segment in segments.values():
            look_at_segment(case, segment, how.now)
    page.save(cases, how.now)
