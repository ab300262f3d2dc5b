"""Taking: events and changes of contacts come in; history, exits, goals, waits and entries in one transaction."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.core.advance import Instant
from engine.core.case import Case, TraceEntry
from engine.core.live import ask, fire_timers, take_event
from engine.errors import JourneysError, RefusedError
from engine.intake.lines import Identified
from engine.model.event import Event
from engine.model.journey import Asked
from engine.model.trace import TraceLine
from engine.service.running import Running
from engine.service.simulate import change
from engine.store.database import Store
from engine.store.pages import Page

log = logging.getLogger(__name__)

#: The name under which identifies stand in the event table; no journey can name it.
IDENTIFY = "$identify"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a batch."""

    events: int
    duplicates: int
    changes: int


def take(store: Store, running: Running, items: Sequence[Event | Identified], now: datetime) -> Taken:
    """One page of what came in, in order; dedup by message id. Safe beside a running daemon."""
    with store.page("take") as page:
        return take_into(page, running, items, now)


def take_into(page: Page, running: Running, items: Sequence[Event | Identified], now: datetime) -> Taken:
    """The same inside a transaction of the caller's."""
    by_id: dict[str, datetime] = {}
    for item in items:
        by_id.setdefault(item.contact_id, item.received_at)
    keys = page.contacts(by_id, min(by_id.values(), default=now))
    seen = page.known_events([item.message_id for item in items])
    by_contact: dict[str, list[Event | Identified]] = defaultdict(list)
    for item in items:
        if item.message_id not in seen:
            seen.add(item.message_id)
            by_contact[item.contact_id].append(item)
    # Loaded before the events are stored: each is to find the history as it was when it came.
    wanted = [keys[id] for id in by_contact]
    loaded = page.load(wanted, now=now, events=running.events, everything=True)
    cases = {case.contact.id: case for case in loaded}
    page.take_events([_as_event(item) for given in by_contact.values() for item in given])
    for id, given in by_contact.items():
        cases[id] = _live_through(page, cases[id], running, given, now)
    page.save(sorted((cases[id] for id in by_contact), key=lambda case: case.key), now)
    taken = [item for given in by_contact.values() for item in given]
    changes = sum(isinstance(item, Identified) for item in taken)
    return Taken(len(taken) - changes, len(items) - len(taken), changes)


def _as_event(item: Event | Identified) -> Event:
    """What is kept in the event table: an identify too, because its message id counts only once as well.

    What a fast clock dates ahead of its receipt happened when it was received, for those who read it later too.
    """
    if isinstance(item, Event):
        return item if item.at <= item.received_at else replace(item, at=item.received_at)
    return Event(item.message_id, item.contact_id, IDENTIFY, item.at, item.received_at)


def _live_through(
    page: Page, case: Case, running: Running, items: Sequence[Event | Identified], now: datetime
) -> Case:
    """The contact's own items in order. If its work breaks, its events stay in history and the reason is kept.

    What is due now comes last: items of this very instant are taken before timers.
    """
    try:
        for item in items:
            if isinstance(item, Event):
                fire_timers(case, running.world, item.received_at, now, is_inclusive=False)
                take_event(case, running.world, item, Instant(item.received_at, now))
            else:
                change(case, running.world, item.traits, Instant(item.received_at, now), now)
        fire_timers(case, running.world, now, now)
    except Exception as error:
        words = error.message if isinstance(error, JourneysError) else f"{type(error).__name__}: {error}"
        log.error("contact %s: events could not be worked on: %s", case.contact.id, words, exc_info=error)
        fresh = page.load([case.key], now=now, everything=True)[0]
        fresh.traces.append(TraceEntry("", None, TraceLine(now, "", "warned", f"events not worked on: {words}")))
        return fresh
    return case


def enroll(store: Store, running: Running, journey_id: str, contact_id: str, values: Mapping[str, Any], now: datetime) -> list[str]:
    """Let a contact enter a manual journey; answers why not, empty when it entered."""
    journey = running.world.journeys.get(journey_id)
    if journey is None:
        raise RefusedError(f"no journey `{journey_id}` has been applied", "See `journeys status`, then `journeys apply`.")
    if not any(trigger.kind == "manual" for trigger in journey.triggers):
        raise RefusedError(
            f"journey `{journey_id}` has no `manual: true` trigger, so nobody enters it by command",
            "Add `- manual: true` to its triggers.",
        )
    if contact_id not in store.keys([contact_id]):
        raise RefusedError(f"there is no contact `{contact_id}`", "Import it first: `journeys import contacts FILE`.")
    with store.page("enroll") as page:
        keys = page.contacts([contact_id], now)
        case = page.load(keys.values(), now=now, events=running.events, everything=True)[0]
        ask(case, running.world, journey, Asked(values), Instant(now, now))
        refused = [trace.line.why for trace in case.traces if trace.line.did == "not_entered" and trace.journey == journey_id]
        page.save([case], now)
    return refused
