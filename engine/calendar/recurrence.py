"""When a schedule fires: on days of the week or the first of the month at a time, or by a cron line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.calendar.clock_times import read_weekdays
from engine.calendar.cron import Cron, next_of_cron
from engine.calendar.spelling import quoted
from engine.calendar.zones import on_day
from engine.errors import ReadError

_DAY = timedelta(days=1)
_HORIZON_DAYS = 40  # a month and the days that a zone may jump over
_EVERY_DAY = frozenset(range(7))
_EXAMPLE = "write for example `monday`, `[monday, thursday]`, `weekday`, `day` or `month`"


@dataclass(frozen=True, slots=True)
class Every:
    """At a time of day on some days of the week; without `days` on the first of each month."""

    at: time
    days: frozenset[int] | None  # 0 is Monday


Recurrence = Every | Cron


def read_every(text: object) -> frozenset[int] | None:
    """`monday`, `[monday, thursday]`, `weekday`, `day`; None for `month`. Raises ReadError."""
    if text in ("day", "days"):
        return _EVERY_DAY
    if text == "month":
        return None
    try:
        return read_weekdays(text)
    except ReadError as error:
        raise ReadError(f"{quoted(text)} says no days on which to fire", _days_hint(text, error)) from None


def _days_hint(text: object, error: ReadError) -> str:
    if any(unit in str(text) for unit in ("hour", "minute")):
        return 'by hours and minutes a schedule is a cron line: `cron: "0 */2 * * *"` is every second hour'
    meant = error.help.partition("? ")[0] + "? " if error.help.startswith("did you mean") else ""
    return meant + _EXAMPLE


@lru_cache(maxsize=16_384)  # asked again and again until it has come, once for each zone
def next_firing(rule: Recurrence, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant after this one at which it fires in the zone; None if never again."""
    if isinstance(rule, Cron):
        return next_of_cron(rule, after, zone)
    day = after.astimezone(zone).date() - _DAY  # a gap over midnight carries yesterday's into today
    for _ in range(_HORIZON_DAYS):
        if day.day == 1 if rule.days is None else day.weekday() in rule.days:
            moment = on_day(day, rule.at, zone)
            if moment > after:
                return moment
        day += _DAY
    return None


def firing_key(rule: Recurrence, at: datetime, zone: ZoneInfo) -> str:
    """What the wall clock shows: `2026-03-30T09:00` is one firing all around the world.

    Where it shows the same a second time, and fires again, the offset tells the second from the first.
    """
    local = at.astimezone(zone)
    shown = f"{local:%Y-%m-%dT%H:%M}"
    is_again = local.fold and isinstance(rule, Cron) and rule.has_wildcard_hour
    return f"{shown}{local:%z}" if is_again else shown
