"""When a date of a contact comes round: its occurrences, each moved by an offset and put at a time of day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from engine.calendar.durations import add, add_to_wall
from engine.calendar.instants import read_moment
from engine.calendar.zones import on_day
from engine.model.duration import Duration

_MIDNIGHT = time()
_HORIZON_YEARS = 12


@dataclass(frozen=True, slots=True)
class DateRule:
    """`offset` is (sign, length): -1 before the day. `at` None: midnight, or the time that an instant has."""

    is_yearly: bool
    offset: tuple[int, Duration] | None = None
    at: time | None = None


def next_occurrence(
    value: object, rule: DateRule, after: datetime, zone: ZoneInfo
) -> tuple[datetime, date] | None:
    """The first moment after this instant, and the day of which it is the moment.

    A date counts from itself on: its first occurrence is the date. 29 February falls on the 28th in common
    years. None when the value is no date, or a single date that is over.
    """
    moment = read_moment(value)
    if moment is None:
        return None
    try:
        if not rule.is_yearly:
            found = _once(moment, rule, zone)
            return found if found[0] > after else None
        day, clock = _on_the_wall(moment, rule, zone)
        occurrences = _each_year(day, after.astimezone(zone).year, rule)
        moments = ((_moved(one, clock, rule, zone), one) for one in occurrences)
        return next((found for found in moments if found[0] > after), None)
    except (OverflowError, ValueError):  # beyond the years 1 to 9999
        return None


def _once(moment: datetime | date, rule: DateRule, zone: ZoneInfo) -> tuple[datetime, date]:
    """An instant is taken as it is, unless the rule names a time of day."""
    day, clock = _on_the_wall(moment, rule, zone)
    if rule.at is None and isinstance(moment, datetime) and moment.tzinfo is not None:
        instant = moment.astimezone(UTC)
        return (instant if rule.offset is None else add(instant, rule.offset[1], zone, rule.offset[0])), day
    return _moved(day, clock, rule, zone), day


def _on_the_wall(moment: datetime | date, rule: DateRule, zone: ZoneInfo) -> tuple[date, time]:
    """The local day and time of day."""
    if not isinstance(moment, datetime):
        return moment, rule.at or _MIDNIGHT
    local = moment if moment.tzinfo is None else moment.astimezone(zone)
    return local.date(), rule.at or local.time().replace(fold=0)


def _each_year(day: date, year: int, rule: DateRule) -> Iterator[date]:
    """The occurrences around a year whose moments may still come, none before the date itself."""
    margin = 1 + (0 if rule.offset is None else rule.offset[1].months // 12 + rule.offset[1].days // 365 + 1)
    for one in range(max(day.year, year - margin), year + margin + _HORIZON_YEARS):
        yield _in_year(day, one)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return day.replace(year=year, day=28)


def _moved(day: date, clock: time, rule: DateRule, zone: ZoneInfo) -> datetime:
    if rule.offset is None:
        return on_day(day, clock, zone)
    sign, length = rule.offset
    return add_to_wall(datetime.combine(day, clock, zone), length, zone, sign)
