"""Moments: when a date of the contact, or a schedule, makes it enter; kept with the contact as timers are.

A moment is worked out when the contact's data is known, changes, or the last moment has come; nobody rescans
everybody. In the store a schedule is the exception: when it fires it calls its audience together, and who
is called has a moment from then on. In memory, with a single contact, a schedule is like a date.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.core.case import Case, Moment, World
from engine.core.enter import Candidate
from engine.core.look import view_of
from engine.model.journey import Clock, Journey, Struck

_TICK = timedelta(microseconds=1)


def keep_moments(case: Case, world: World, at: datetime, *, only_missing: bool = False) -> None:
    """Work out when each clock strikes next for the contact as it is now. What is past is not made up.

    `only_missing`: nothing was said of the contact, but it may be new.
    """
    for id, (_, clock) in world.clocks.items():
        if clock.schedule is None or case.has_own_schedules:
            known = next((moment for moment in case.moments if moment.clock == id), None)
            if known is None or not only_missing:
                _keep(case, world, id, known, at)


def _keep(case: Case, world: World, id: str, known: Moment | None, at: datetime) -> None:
    """One that should have come and has not, because the daemon is late, stays if it still holds."""
    if known is not None and known.at < at and _next(case, world, id, known.at - _TICK) == known:
        return
    fresh = _next(case, world, id, max(at - _TICK, case.struck.get(id, at - _TICK)))
    if fresh != known:
        if known is not None:
            case.moments.discard(known)
        if fresh is not None:
            case.moments.add(fresh)


def _next(case: Case, world: World, id: str, after: datetime) -> Moment | None:
    journey, clock = world.clocks[id]
    strike = clock.next(view_of(case, world, journey, after))
    return None if strike is None else Moment(strike.at, id, strike.key)


def next_moment(case: Case, until: datetime | None) -> Moment | None:
    """The earliest; none after `until`."""
    first = min(case.moments, default=None)
    return first if first is not None and (until is None or first.at <= until) else None


def strike(case: Case, world: World, moment: Moment) -> list[Candidate]:
    """The moment has come: who may enter by it. A clock that is no more strikes nobody."""
    case.moments.discard(moment)
    found = world.clocks.get(moment.clock)
    if found is None:
        return []
    journey, clock = found
    case.struck[moment.clock] = moment.at
    is_of_contact = clock.schedule is None or case.has_own_schedules
    if is_of_contact:
        _keep(case, world, moment.clock, None, moment.at)
    if is_of_contact and not is_in_audience(case, world, journey, clock, moment.at):
        return []
    return [Candidate(journey, Struck(clock.id, moment.at, moment.key, clock.text))]


def is_in_audience(case: Case, world: World, journey: Journey, clock: Clock, at: datetime) -> bool:
    """Whether a schedule that fires at this instant means the contact."""
    audience = None if clock.schedule is None else clock.schedule.audience
    return audience is None or audience.holds(view_of(case, world, journey, at))
