"""Taking: events and changes of contacts come in; all that follows from them is in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from engine.core.advance import Instant
from engine.core.case import Case, World
from engine.core.concern import concern_of, may_matter
from engine.core.live import ask, fire_timers, not_ahead, take_event
from engine.errors import MissingError, RefusedError
from engine.intake.lines import Identified
from engine.model.consent import without_late_yes, yielding
from engine.model.contact import Contact
from engine.model.event import IDENTIFY, Event
from engine.model.journey import Asked
from engine.model.lifecycle import STAGE_CHANGED
from engine.model.proof import Said
from engine.service.also import Also, nothing
from engine.service.erased import keep_count, without_erased
from engine.service.running import Running, under_newest
from engine.service.set_aside import held_back, tell, words_of, work_around
from engine.service.simulate import change
from engine.store.database import Store
from engine.store.pages import Page

#: What comes in: an event, or what the shop says of a contact.
Item = Event | Identified


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a batch. `is_urgent`: something of it is due at once, or wants to be sent."""

    events: int
    duplicates: int
    changes: int
    refused: int = 0  # about people who were erased
    is_urgent: bool = False


def take(
    store: Store, running: Running, items: Sequence[Item], now: datetime, also: Also[Taken] = nothing
) -> Taken:
    """One page of what came in, in order; dedup by message id. Safe beside a running daemon."""

    def work(running: Running) -> Taken:
        with store.page("take") as page:
            running.require_newest(page)
            kept = without_erased(page, items, person_of)
            keep_count(page, len(items) - len(kept), "take", now)
            taken = replace(take_into(page, running, kept, now), refused=len(items) - len(kept))
            also(page, taken)
            return taken

    return under_newest(running, work)


def person_of(item: Item) -> Contact:
    """Whom it is about, with what it says of them."""
    return item.traits if isinstance(item, Identified) else Contact(item.contact_id)


def take_into(page: Page, running: Running, items: Sequence[Item], now: datetime) -> Taken:
    """The same inside a transaction of the caller's, who has left out what is about the erased."""
    first_at: dict[str, datetime] = {}
    for item in items:
        first_at.setdefault(item.contact_id, item.received_at)
    keys = page.contacts(first_at, min(first_at.values(), default=now))
    fresh = _never_seen(page, items)
    busy = _concerned(page, running, fresh, keys, now)
    # Loaded before the events are stored: each is to find the history as it was when it came.
    cases = _loaded(page, running, busy, items, now)
    page.add_events([as_event(item) for item in fresh], keys)
    done = [_live_through(page, case, running, busy[case.key], now) for case in cases]
    is_urgent = any(_is_urgent(case, now) for case in done)
    if done:
        page.save(done, now)
    changes = sum(isinstance(item, Identified) for item in fresh)
    return Taken(len(fresh) - changes, len(items) - len(fresh), changes, is_urgent=is_urgent)


def _is_urgent(case: Case, now: datetime) -> bool:
    return bool(case.messages) or any(
        one.due_at is not None and one.due_at <= now for one in case.enrollments if one.left_at is None
    )


def _never_seen(page: Page, items: Sequence[Item]) -> list[Item]:
    """In order, each message id once."""
    seen = page.known_events([item.message_id for item in items])
    fresh: list[Item] = []
    for item in items:
        if item.message_id not in seen:
            seen.add(item.message_id)
            fresh.append(item)
    return fresh


def _concerned(
    page: Page, running: Running, items: Sequence[Item], keys: Mapping[str, int], now: datetime
) -> dict[int, list[Item]]:
    """The items of those contacts for whom something may come of one of them, in order, by key."""
    world = running.world
    by_key: dict[int, list[Item]] = {}
    busy: set[int] = set()
    for item in items:
        key = keys[item.contact_id]
        by_key.setdefault(key, []).append(item)
        if not isinstance(item, Event) or may_matter(world, item):
            busy.add(key)
    unheard = by_key.keys() - busy
    concern = concern_of(world, keeps_entries=running.keeps_entries)
    quiet = page.unconcerned(concern, unheard, now) if unheard else set()
    return {key: given for key, given in by_key.items() if key not in quiet}


def _loaded(
    page: Page, running: Running, keys: Collection[int], items: Sequence[Item], now: datetime
) -> list[Case]:
    """In order of key, with everything that these items may ask about."""
    if not keys:
        return []
    reach = running.reach(min([now, *(item.received_at for item in items)]))
    later = running.later(item for item in items if isinstance(item, Event))
    return page.load(keys, now=now, **reach, everything=True, later=later)


def as_event(item: Item) -> Event:
    """What is kept in the event table: an identify too, because its message id counts only once as well.

    History counts by `at`, so an event that is dated ahead is kept as of its receipt.
    """
    if not isinstance(item, Event):
        return Event(item.message_id, item.contact_id, IDENTIFY, item.at, item.received_at)
    return not_ahead(item)


def _live_through(page: Page, case: Case, running: Running, items: Sequence[Item], now: datetime) -> Case:
    """The contact's own items in order. Where its work breaks, its events stay in history."""
    early = running.world.policy.early
    record = page.consents(case.key) if any(_asks_record(item, early) for item in items) else ()
    try:
        with held_back(case, running.unreadable):
            _live(case, running.world, items, now, record)
    except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
        tell([(case.contact.id, error)])
        return _live_without_the_broken(page, case.key, running, items, now, words_of(error), record)
    return case


def _asks_record(item: Item, early: timedelta) -> bool:
    """Whether a yes in it may be older than a no: because of where it comes from, or because it is late."""
    if not isinstance(item, Identified):
        return False
    return item.gives_way or (_is_late(item, early) and _says_yes(item.traits))


def _is_late(item: Identified, early: timedelta) -> bool:
    """By more than clocks differ."""
    return item.received_at - item.at > early


def _says_yes(told: Contact) -> bool:
    return any(told.topics.values()) or any(told.consents.values())


def _live(
    case: Case, world: World, items: Sequence[Item], now: datetime, record: Sequence[Said] = ()
) -> None:
    """Each item after the timers due before it; what falls due at the same instant comes last. `record` is
    what the contact said of topics and channels, where an item gives way to it.

    Where a schedule runs that is the walk's: its audience is called before anything of that instant is fired.
    """
    for item in items:
        if isinstance(item, Event):
            fire_timers(case, world, item.received_at, now, is_inclusive=False)
            take_event(case, world, item, Instant(item.received_at, now))
        else:
            traits = _as_it_holds(case, item, [*record, *case.said], world.policy.early)
            change(case, world, traits, Instant(item.received_at, now), now, item.source)
    fire_timers(case, world, now, now, is_inclusive=not world.has_schedules)


def _as_it_holds(case: Case, item: Identified, record: Sequence[Said], early: timedelta) -> Contact:
    """What it says, without a yes that was taken back since."""
    if item.gives_way:
        return yielding(case.contact, item.traits, record)
    if _is_late(item, early) and _says_yes(item.traits):
        return without_late_yes(case.contact, item.traits, record, item.at)
    return item.traits


def _live_without_the_broken(
    page: Page,
    key: int,
    running: Running,
    items: Sequence[Item],
    now: datetime,
    words: str,
    record: Sequence[Said] = (),
) -> Case:
    """The same without the journey that breaks; its enrollments miss these items, and the trace says so."""
    fresh = {item.message_id for item in items}

    def load() -> Case:
        later = running.later(item for item in items if isinstance(item, Event))
        case = page.load([key], now=now, **running.reach(now), everything=True, later=later)[0]
        case.history = {
            name: [event for event in events if event.message_id not in fresh]
            for name, events in case.history.items()
        }
        return case

    def work(case: Case, world: World) -> None:
        with held_back(case, running.unreadable):
            _live(case, world, items, now, record)

    suspects = _suspects(load(), running.world, items)
    return work_around(load, suspects, running.world, work, now, words)


def _suspects(case: Case, world: World, items: Sequence[Item]) -> list[str]:
    """Journeys that the contact is in, or that one of the items may make it enter."""
    names = {item.name for item in items if isinstance(item, Event)}
    names |= set() if world.lifecycle is None else {STAGE_CHANGED}
    listening = [
        journey.id
        for journey in world.journeys.values()
        if any(t.segment or t.finished or t.clock or t.event in names for t in journey.triggers)
    ]
    return sorted({*listening, *(enrollment.journey for enrollment in case.enrollments)})


@dataclass(frozen=True, slots=True)
class Asking:
    """What came of asking: why it did not enter (empty when it did), or that a pause keeps the entry."""

    refused: tuple[str, ...] = ()
    is_kept: bool = False


def enroll(
    store: Store,
    running: Running,
    journey_id: str,
    contact_id: str,
    values: Mapping[str, Any],
    now: datetime,
    also: Also[Asking] = nothing,
) -> Asking:
    """Let a contact enter a manual journey."""
    journey = running.world.journeys.get(journey_id)
    if journey is None:
        raise MissingError(
            f"no journey `{journey_id}` has been applied", "See `journeys status`, then `journeys apply`."
        )
    if not any(trigger.kind == "manual" for trigger in journey.triggers):
        raise RefusedError(
            f"journey `{journey_id}` has no `manual: true` trigger, so nobody enters it by command",
            "Add `- manual: true` to its triggers.",
        )
    if contact_id not in store.keys([contact_id]):
        raise MissingError(
            f"there is no contact `{contact_id}`", "Import it first: `journeys import contacts FILE`."
        )

    def work(running: Running) -> Asking:
        with store.page("enroll") as page:
            running.require_newest(page)
            asking = _ask(page, running, journey_id, contact_id, values, now)
            also(page, asking)
            return asking

    return under_newest(running, work)


def _ask(
    page: Page, running: Running, journey_id: str, contact_id: str, values: Mapping[str, Any], now: datetime
) -> Asking:
    keys = page.contacts([contact_id], now)
    case = page.load(keys.values(), now=now, **running.reach(now), everything=True)[0]
    with held_back(case, running.unreadable):
        ask(case, running.world, running.world.journeys[journey_id], Asked(values), Instant(now, now))
    entries = [trace for trace in case.traces if trace.journey == journey_id]
    refused = [trace.line.why for trace in entries if trace.line.did == "not_entered"]
    is_kept = any(trace.line.did == "kept" for trace in entries)
    page.save([case], now)
    return Asking(tuple(refused), is_kept)
