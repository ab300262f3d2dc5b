"""When a wait ends: a duration from the arrival, then the first moment that its other rules allow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.calendar.clock_times import TimeSpan
from engine.calendar.durations import add, add_to_wall
from engine.calendar.instants import read_moment
from engine.calendar.windows import Window, closes_at, opens_at
from engine.calendar.zones import on_day
from engine.errors import ReadError
from engine.model.duration import Duration

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_MIDNIGHT = time()
_HORIZON_DAYS = 40  # a weekday comes round within a week; changes of the clock may spoil a few


@dataclass(frozen=True, slots=True)
class WaitRule:
    """`wait`, `until`, `days` and `between` of one step; None where the file does not say."""

    duration: Duration | None = None
    until: time | None = None
    days: frozenset[int] | None = None  # 0 is Monday
    between: TimeSpan | None = None


def check_rule(rule: WaitRule) -> None:
    """Refuse a wait that could never end. Raises ReadError."""
    if rule.days is not None and not rule.days:
        raise ReadError("this wait allows no day of the week", "write for example `days: mon-fri`")
    if rule.until is not None and rule.between is not None and not rule.between.holds(rule.until):
        raise ReadError(
            f"this wait can never end: {rule.until:%H:%M} is not within {rule.between.text}",
            "move `until` into `between` (its end does not belong to it), or leave one of them out",
        )


def wait_end(rule: WaitRule, arrived_at: datetime, zone: ZoneInfo) -> datetime:
    """The first instant ≥ arrival + duration that also satisfies `until`, `days` and `between`.

    `until` means one moment on each day, the first where the hour occurs twice and the end of the gap where
    it does not exist. The weekday and `between` are asked of the wall clock at the resulting instant.
    """
    start = arrived_at if rule.duration is None else add(arrived_at, rule.duration, zone)
    if rule.until is not None:
        return _next_until(rule.until, rule, start, zone)
    if rule.days is None and rule.between is None:
        return start
    end = opens_at(start, Window(rule.days, rule.between), zone)
    return end if end is not None else _never(rule)


def with_jitter(end: datetime, rule: WaitRule, zone: ZoneInfo, fraction: float, jitter: Duration) -> datetime:
    """Spread ends over `jitter`: later by that fraction (0 ≤ fraction < 1) of it, in whole seconds.

    Where `days` or `between` close before the jitter is over, people are spread over what is left of the open
    time: nobody is carried to the next day, and nobody piles up at the end.
    """
    latest = add(end, jitter, zone)
    if rule.days is not None or rule.between is not None:
        latest = min(latest, closes_at(end, Window(rule.days, rule.between), zone) or latest)
    room = (latest - end) // _MICROSECOND
    return end + timedelta(seconds=int(fraction * room) // 1_000_000)


def date_wait_end(
    value: object, offset: tuple[int, Duration] | None, at: time | None, zone: ZoneInfo
) -> datetime | None:
    """The instant that `until_date` names; None when the value is missing or no date, which counts as past.

    An instant is taken as it is; a date is `at` (or 00:00) on that day in the zone, and a time without a zone
    is a wall clock there. The offset then moves it by calendar units. For `until`, `days` and `between`
    beside `until_date`, give the result to `wait_end` with a rule that has no duration.
    """
    moment = read_moment(value)
    if moment is None:
        return None
    try:
        return _offset_moment(moment, offset, at or _MIDNIGHT, zone)
    except (OverflowError, ValueError):  # beyond the years 1 to 9999
        return None


def _next_until(until: time, rule: WaitRule, start: datetime, zone: ZoneInfo) -> datetime:
    window = Window(rule.days, rule.between)
    is_free = rule.days is None and rule.between is None
    # Begin a day early: a gap over midnight carries yesterday's moment to the start of today.
    day = start.astimezone(zone).date() - _DAY
    for _ in range(_HORIZON_DAYS):
        moment = on_day(day, until, zone)
        if moment >= start and (is_free or window.is_open(moment, zone)):
            return moment
        day += _DAY
    return _never(rule)


def _never(rule: WaitRule) -> datetime:
    check_rule(rule)
    raise ReadError("this wait never ends", "check its `until`, `days` and `between`")


def _offset_moment(
    moment: datetime | date, offset: tuple[int, Duration] | None, at: time, zone: ZoneInfo
) -> datetime:
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        instant = moment.astimezone(UTC)
        return instant if offset is None else add(instant, offset[1], zone, offset[0])
    day, clock = (moment.date(), moment.time()) if isinstance(moment, datetime) else (moment, at)
    if offset is None:
        return on_day(day, clock, zone)
    return add_to_wall(datetime.combine(day, clock, zone), offset[1], zone, offset[0])
