"""Quiet hours: whether an instant falls in them, and the instant at which they end."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.calendar.clock_times import TimeSpan
from engine.calendar.zones import again_on_day, on_day

_DAY = timedelta(days=1)


def quiet_until(instant: datetime, span: TimeSpan, zone: ZoneInfo) -> datetime | None:
    """The end of the quiet period that the instant falls in, strictly after it; None outside.

    Quiet is what the wall clock says: an hour that occurs twice is quiet twice. A period lasts until the
    clock shows its end or has jumped past it, so it goes on when the clock is set back to before its start.
    """
    wall = instant.astimezone(zone)
    clock = wall.time()
    if not span.holds(clock):
        return None
    day = wall.date() if clock < span.end else wall.date() + _DAY
    end = on_day(day, span.end, zone)
    if end <= instant:  # we stand in the second of two equal hours
        end = again_on_day(day, span.end, zone)
    return quiet_until(end, span, zone) or end  # a gap may swallow the end and the next start with it
