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

#: Nobody enters any more: it would not be worth a line for everybody at each firing.
ENDING = ("stopping", "stopped")


def keep_moments(case: Case, world: World, at: datetime, *, only_missing: bool = False) -> None:
    """Work out when each clock strikes next for the contact as it is now. What is past is not made up.

    `only_missing`: nothing was said of the contact, but it may be new.
    """
    for id, (_, clock) in world.clocks.items():
        if clock.schedule is None or case.has_own_schedules:
            known = next((m for m in case.moments if m.clock == id and m not in case.called), None)
            if known is None or not only_missing:
                _keep(case, world, id, known, at)


def _keep(case: Case, world: World, id: str, known: Moment | None, at: datetime) -> None:
    """One that should have come and has not, because the daemon is late, stays if it still holds; one that is
    now, and by which it has entered, does not come again."""
    if known is not None and known.at < at and _next(case, world, id, known.at - _TICK) == known:
        return
    fresh = _next(case, world, id, max(at - _TICK, case.struck.get(id, at - _TICK)))
    if fresh is not None and fresh.at == at and (world.clocks[id][0].id, fresh.key) in case.past:
        fresh = _next(case, world, id, at)
    if fresh != known:
        if known is not None:
            case.moments.discard(known)
        if fresh is not None:
            case.moments.add(fresh)


def unite_moments(case: Case, world: World, at: datetime) -> None:
    """Two contacts became one: of their dates those stay that hold for the one person, one for each clock."""
    for id, (_, clock) in world.clocks.items():
        if clock.schedule is None:
            own = sorted(moment for moment in case.moments if moment.clock == id)
            holding = [one for one in own if _next(case, world, id, one.at - _TICK) == one]
            case.moments.difference_update(own)
            case.moments.update(holding[:1])
    keep_moments(case, world, at)


def _next(case: Case, world: World, id: str, after: datetime) -> Moment | None:
    journey, clock = world.clocks[id]
    strike = clock.next(view_of(case, world, journey, after))
    return None if strike is None else Moment(strike.at, id, strike.key)


def next_moment(case: Case, until: datetime | None) -> datetime | None:
    """When the earliest comes; None if that is after `until`."""
    first = min((moment.at for moment in case.moments), default=None)
    return first if first is not None and (until is None or first <= until) else None


def strike(case: Case, world: World, at: datetime) -> list[Candidate]:
    """The first moment of this instant, by journey priority and id: who may enter by it.

    A schedule has called its audience before anything of the instant is fired. A clock that is no more
    strikes nobody.
    """
    if case.has_own_schedules:
        _call(case, world, at)
    now = [moment for moment in case.moments if moment.at == at]
    if not now:
        return []
    moment = min(now, key=lambda one: _turn(world, one))
    case.moments.discard(moment)
    case.called.discard(moment)
    found = world.clocks.get(moment.clock)
    if found is None:
        return []
    journey, clock = found
    if clock.schedule is None:
        _renew(case, world, moment)
    return [Candidate(journey, Struck(clock.id, moment.at, moment.key, clock.text))]


def _turn(world: World, moment: Moment) -> tuple[int, str]:
    found = world.clocks.get(moment.clock)
    return (0 if found is None else -found[0].priority), moment.clock


def _call(case: Case, world: World, at: datetime) -> None:
    """In memory: whether the schedules that fire now mean the contact, as it is before any of them."""
    fired = [moment for moment in case.moments if moment.at == at and moment not in case.called]
    for moment in fired:
        journey, clock = world.clocks[moment.clock]
        if clock.schedule is not None:
            _renew(case, world, moment)
            if is_in_audience(case, world, journey, clock, at):
                case.called.add(moment)
            else:
                case.moments.discard(moment)


def _renew(case: Case, world: World, moment: Moment) -> None:
    """It has come: the next one of its clock."""
    case.struck[moment.clock] = moment.at
    _keep(case, world, moment.clock, None, moment.at)


def is_in_audience(case: Case, world: World, journey: Journey, clock: Clock, at: datetime) -> bool:
    """Whether a schedule that fires at this instant means the contact; a journey that ends means nobody."""
    if journey.status in ENDING:
        return False
    audience = None if clock.schedule is None else clock.schedule.audience
    return audience is None or audience.holds(view_of(case, world, journey, at))
