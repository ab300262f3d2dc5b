"""The open times of a wait: the weekdays and the span of the day in which it may end.

Both are questions to the wall clock at an instant. The answer can only change at midnight, at an end of the
span, or where the clock itself is changed; so it is enough to look at those moments, day by day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, product
from zoneinfo import ZoneInfo

from engine.calendar.clock_times import TimeSpan
from engine.calendar.zones import again_on_day, clock_change, on_day

_DAY = timedelta(days=1)
_MIDNIGHT = time()

#: A weekday comes round within a week, and a change of the clock can spoil it once or twice.
_HORIZON_DAYS = 40


@dataclass(frozen=True, slots=True)
class Window:
    """When a wait may end; None means any. An instant must satisfy both."""

    days: frozenset[int] | None  # 0 is Monday
    between: TimeSpan | None

    def is_open(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Whether the wall clock at this instant shows an allowed day and time."""
        wall = instant.astimezone(zone)
        if self.days is not None and wall.weekday() not in self.days:
            return False
        return self.between is None or self.between.holds(wall.time())


def opens_at(instant: datetime, window: Window, zone: ZoneInfo) -> datetime | None:
    """The first open instant from this one on; None when it never opens."""
    if window.is_open(instant, zone):
        return instant
    return next((edge for edge in _edges(instant, window, zone) if window.is_open(edge, zone)), None)


def closes_at(instant: datetime, window: Window, zone: ZoneInfo) -> datetime | None:
    """The first closed instant after this one; None when the window stays open."""
    return next((edge for edge in _edges(instant, window, zone) if not window.is_open(edge, zone)), None)


def _edges(instant: datetime, window: Window, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments after an instant at which a window may open or close, in order."""
    day = instant.astimezone(zone).date()
    begins = on_day(day, _MIDNIGHT, zone)
    clocks = (_MIDNIGHT,) if window.between is None else (_MIDNIGHT, window.between.start, window.between.end)
    for _ in range(_HORIZON_DAYS):
        ends = on_day(day + _DAY, _MIDNIGHT, zone)
        yield from (edge for edge in _edges_of_day(day, begins, ends, clocks, zone) if edge > instant)
        day, begins = day + _DAY, ends


def _edges_of_day(
    day: date, begins: datetime, ends: datetime, clocks: tuple[time, ...], zone: ZoneInfo
) -> list[datetime]:
    if ends - begins == _DAY:  # no change of the clock on this day: plain addition
        return sorted(begins + timedelta(hours=clock.hour, minutes=clock.minute) for clock in clocks)
    return sorted(
        {edge for edge in _edges_of_odd_day(day, begins, ends, clocks, zone) if begins <= edge < ends}
    )


def _edges_of_odd_day(
    day: date, begins: datetime, ends: datetime, clocks: tuple[time, ...], zone: ZoneInfo
) -> Iterator[datetime]:
    """Every pass of the clock over each time; of the day before too, for a clock set back over midnight."""
    for each, clock in product((day - _DAY, day), clocks):
        yield from (on_day(each, clock, zone), again_on_day(each, clock, zone))
    yield from chain((begins,), filter(None, [clock_change(begins, ends, zone)]))
