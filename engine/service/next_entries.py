"""Who enters next by a date or a schedule, for the doors that tell people so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.calendar.instants import write_instant
from engine.core.case import Case, Moment
from engine.core.look import view_of
from engine.model.contact import Contact
from engine.model.policy import Policy
from engine.service.running import Running, load_running
from engine.service.schedules import next_firings
from engine.store.database import Store


@dataclass(frozen=True, slots=True)
class NextEntry:
    """When a contact may enter a journey, and by what."""

    journey: str
    at: datetime
    text: str


def plain_entry(one: NextEntry) -> dict[str, str]:
    """The machine's form."""
    return {"journey": one.journey, "at": write_instant(one.at), "by": one.text}


def next_entries(store: Store, limits: Policy) -> dict[str, datetime]:
    """By journey: the next moment of anybody's date, or the next firing of a schedule."""
    dates, schedules = store.next_moments(), store.schedules()
    found = list(dates.items())
    if schedules:
        found += next_firings(store, load_running(store, limits, None)).items()
    by_journey: dict[str, datetime] = {}
    for clock, at in found:
        journey = clock.partition("#")[0]
        by_journey[journey] = min(at, by_journey.get(journey, at))
    return by_journey


def next_of_contact(store: Store, limits: Policy, contact: Contact) -> list[NextEntry]:
    """The next moment of each date of the contact, and of each schedule where it lives, in order of time.

    Whether it is in the audience then is not known yet.
    """
    moments, schedules = store.moments(contact.id), store.schedules()
    if not moments and not schedules:
        return []
    running = load_running(store, limits, None)
    called = {moment.clock for moment in moments}
    moments += [
        moment
        for clock, until in schedules.items()
        if clock not in called and (moment := _next_firing(running, contact, clock, until)) is not None
    ]
    clocks = running.world.clocks
    return [
        NextEntry(clocks[one.clock][0].id, one.at, clocks[one.clock][1].text)
        for one in sorted(moments)
        if one.clock in clocks
    ]


def _next_firing(running: Running, contact: Contact, clock: str, until: datetime) -> Moment | None:
    found = running.world.clocks.get(clock)
    if found is None:
        return None
    strike = found[1].next(view_of(Case(contact), running.world, found[0], until))
    return None if strike is None else Moment(strike.at, clock, strike.key)
