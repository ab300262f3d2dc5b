"""Windows that move with the clock, and the instants at which something comes into one or falls out of it.

A day is 24 hours, a month a calendar month in UTC. `within` is (now − d, now], `in_next` is (now, now + d]:
so every answer begins at an instant and lasts until just before the next one, and whoever looks again at
these instants is never too late.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from engine.calendar.durations import utc_add
from engine.model.duration import Duration

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def start_of(now: datetime, length: Duration) -> datetime:
    """The open beginning of the window that ends now."""
    return _shifted(now, length, -1) or _FIRST


def end_of(now: datetime, length: Duration) -> datetime:
    """The closed end of the window that begins after now."""
    return _shifted(now, length, 1) or _LAST


def earliest_after(now: datetime, instants: Iterable[datetime | None]) -> datetime | None:
    """The first of the instants that is still to come."""
    return min((at for at in instants if at is not None and at > now), default=None)


def leavings(at: datetime, length: Duration) -> list[datetime]:
    """Every `now` at which `at` may cross the window's start, which lies `length` before now."""
    return _crossings(at, length, 1)


def enterings(at: datetime, length: Duration) -> list[datetime]:
    """Every `now` at which `at` may cross the end of the window ahead, `length` after now."""
    return _crossings(at, length, -1)


def _crossings(at: datetime, length: Duration, sign: int) -> list[datetime]:
    """Exact lengths cross once. With months, 29, 30 and 31 January all lie a month before the last day of
    February, so the window's edge goes back and forth over it: each of those days may bring a crossing."""
    try:
        if not length.months:
            return [utc_add(at, length, sign)]
        exact = at + sign * timedelta(days=length.days, seconds=length.seconds)
        return _month_crossings(exact, sign * length.months)
    except (OverflowError, ValueError):  # beyond the calendar of Python
        return []


def _month_crossings(at: datetime, months: int) -> list[datetime]:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    if at.day < 28:
        return [at.replace(year=year, month=month + 1)]
    days = [at.replace(year=year, month=month + 1, day=day) for day in range(min(at.day, last), last + 1)]
    midnights = [datetime.combine(day, time(tzinfo=UTC)) for day in (*days, days[-1] + timedelta(days=1))]
    return [*days, *midnights]


def _shifted(instant: datetime, length: Duration, sign: int) -> datetime | None:
    try:
        return utc_add(instant, length, sign)
    except (OverflowError, ValueError):
        return None
