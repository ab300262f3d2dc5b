"""Schedules: when one fires, its audience is called together, and each who is called has a moment to enter.

The audience is found in one look at the database, as it is once everything due before the firing is done. In
the transaction that keeps who was called, the schedule has fired: after a crash before it the audience is
called again, after one behind it not. They enter page by page, as timers fire; each one's call is gone in the
transaction in which it enters.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.calendar.zones import find_zone, zone_of
from engine.core.case import Case
from engine.core.moments import ENDING, is_in_audience
from engine.model.journey import Clock, Journey, Schedule, Strike
from engine.service.running import Running, under_newest
from engine.service.set_aside import tell
from engine.store.database import PAGE_SIZE, Store
from engine.store.pages import Page

log = logging.getLogger(__name__)

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a schedule fires at one instant: `name` as contacts write it, None for those who write none."""

    zone: ZoneInfo
    name: str | None = None
    is_everywhere: bool = False
    since: datetime | None = None  # when the first came; None: always

    def after(self, until: datetime) -> datetime:
        """From when on it may fire here, where it has fired until then."""
        return until if self.since is None else max(until, self.since - _TICK)


@dataclass(frozen=True, slots=True)
class Firing:
    """One instant at which a schedule fires, with the places by key; none where it was missed."""

    clock: str
    at: datetime
    before: datetime  # until then it had fired already
    places: Mapping[str, list[Place]]


# --- when --------------------------------------------------------------------------------------


def next_due(store: Store, running: Running) -> datetime | None:
    """When the next timer, segment look, moment or schedule falls due."""
    found = [store.next_due(), *next_firings(store, running).values()]
    return min((at for at in found if at is not None), default=None)


def next_firings(store: Store, running: Running) -> dict[str, datetime]:
    """When each schedule fires next, anywhere."""
    found: dict[str, datetime] = {}
    for id, journey, schedule, until in _schedules(store, running):
        places = _places(store, running, journey, schedule)
        strikes = (schedule.next(place.after(until), place.zone) for place in places)
        first = min((strike.at for strike in strikes if strike is not None), default=None)
        if first is not None:
            found[id] = first
    return found


def due_firings(store: Store, running: Running, now: datetime) -> list[Firing]:
    """What fires by now, in order of time. Of several that a place has missed, the last is made up."""
    found: list[Firing] = []
    for id, journey, schedule, until in _schedules(store, running):
        places = _places(store, running, journey, schedule)
        found += _due(id, schedule, until, places, now, running.world.policy.misfire_grace)
    return sorted(found, key=lambda firing: (firing.at, firing.clock))


def _schedules(store: Store, running: Running) -> Iterator[tuple[str, Journey, Schedule, datetime]]:
    """Those that run, with until when each has fired."""
    schedules = [(id, *found) for id, found in running.world.clocks.items() if found[1].schedule is not None]
    fired_until = store.schedules() if schedules else {}
    for id, journey, clock in schedules:
        if clock.schedule is not None and id in fired_until:  # otherwise an apply is at it
            yield id, journey, clock.schedule, fired_until[id]


def _places(store: Store, running: Running, journey: Journey, schedule: Schedule) -> list[Place]:
    """One for a schedule that goes by one clock, otherwise one for each zone as contacts write it."""
    name = journey.zone if schedule.zone is None else schedule.zone
    default = zone_of(running.world.policy.default_zone)[0]
    if name not in (None, "contact"):
        return [Place(zone_of(name, running.world.policy.default_zone)[0], is_everywhere=True)]
    known = [Place(find_zone(text) or default, text, since=at) for text, at in store.zones().items()]
    return [Place(default), *known]


def _due(
    id: str, schedule: Schedule, until: datetime, places: Iterable[Place], now: datetime, grace: timedelta
) -> list[Firing]:
    by_time: dict[datetime, dict[str, list[Place]]] = {}
    missed = max(until, now - grace - _TICK)
    for place in places:
        first = schedule.next(place.after(until), place.zone)
        if first is None or first.at > now:
            continue
        if first.at <= missed:
            by_time.setdefault(missed, {})
        last = _last(schedule, place.after(missed), now, place.zone)
        if last is not None:
            by_time.setdefault(last.at, {}).setdefault(last.key, []).append(place)
    times = sorted(by_time)
    return [Firing(id, at, before, by_time[at]) for before, at in zip([until, *times], times, strict=False)]


def _last(schedule: Schedule, since: datetime, now: datetime, zone: ZoneInfo) -> Strike | None:
    last = None
    while (strike := schedule.next(since, zone)) is not None and strike.at <= now:
        last, since = strike, strike.at
    return last


# --- who ---------------------------------------------------------------------------------------


def call_audience(store: Store, running: Running, firing: Firing, may_go_on: list[bool] | None = None) -> int:
    """Find the audience and keep that it is called; how many they are. Stops between pages when told to."""
    return under_newest(running, lambda running: _call(store, running, firing, may_go_on))


def _call(store: Store, running: Running, firing: Firing, may_go_on: list[bool] | None) -> int:
    found = running.world.clocks.get(firing.clock)
    if found is None or store.schedules().get(firing.clock) != firing.before:
        return 0  # an apply took it away, or it has fired
    if not firing.places:
        log.warning("%s: what %s missed before %s is not made up", found[0].id, found[1].text, firing.at)
    called: dict[str, list[int]] = {}
    with store.snapshot() as page:
        for key, places in firing.places.items():
            called[key] = []
            for keys in _everybody(page, places, firing.at):
                called[key] += _meant(page, running, *found, keys, firing.at)
                if may_go_on is not None and not may_go_on[0]:
                    return 0
    with store.page("call") as page:
        running.require_newest(page)
        page.call(firing.clock, firing.before, firing.at, called)
    return sum(len(keys) for keys in called.values())


def _everybody(page: Page, places: list[Place], at: datetime) -> Iterator[list[int]]:
    """All contacts of these places who were known at that instant."""
    is_everywhere = any(place.is_everywhere for place in places)
    yield from page.keys_in_zones(None if is_everywhere else [place.name for place in places], at, PAGE_SIZE)


def _meant(
    page: Page, running: Running, journey: Journey, clock: Clock, keys: list[int], at: datetime
) -> Collection[int]:
    """Those of them in the audience: SQL finds them, and where it is not sure, they are looked at one by one.

    One whose condition breaks is told of and left out.
    """
    audience = None if clock.schedule is None else clock.schedule.audience
    if journey.status in ENDING:
        return ()
    if audience is None:
        return keys
    found = page.candidates(audience.predicate, running.world.policy.topics, at, keys)
    unsure = [key for key, is_sure in found.items() if not is_sure]
    looked_at = _looked_at(page, running, journey, clock, unsure, at) if unsure else set()
    return [key for key, is_sure in found.items() if is_sure or key in looked_at]


def _looked_at(
    page: Page, running: Running, journey: Journey, clock: Clock, keys: list[int], at: datetime
) -> set[int]:
    broken: list[tuple[str, Exception]] = []

    def is_meant(case: Case) -> bool:
        try:
            return is_in_audience(case, running.world, journey, clock, at)
        except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
            broken.append((case.contact.id, error))
            return False

    cases = page.load(keys, now=at, **running.reach(at), everything=True)
    meant = {case.key for case in cases if is_meant(case)}
    tell(broken)
    return meant
