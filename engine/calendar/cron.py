"""Cron lines: cronsim reads their fields, and this file says which instants the wall clock's matches are.

cronsim follows Debian's cron where clocks change; the journey language is stricter about it (language.md §3).
So the library is only ever asked about wall clocks, which know no zones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from engine.calendar.spelling import quoted
from engine.calendar.zones import local_to_utc
from engine.errors import ReadError

_FIELDS = {
    "minute": "minute",
    "hour": "hour",
    "day-of-month": "day of the month",
    "month": "month",
    "day-of-week": "day of the week",
}
_IN_THE_CALENDAR = "name a day that is in the calendar"
_EXAMPLE = "write minute, hour, day of the month, month and day of the week, for example `0 9 * * 1`"
_A_YEAR = datetime(2024, 1, 1)  # noqa: DTZ001  # a wall clock
_AROUND = timedelta(hours=26)  # nowhere is the clock changed twice within it
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron line of five fields. A wildcard hour is each real one, a fixed one belongs to the local day."""

    text: str

    @property
    def has_wildcard_hour(self) -> bool:
        """`*` and `*/2`."""
        return self.text.split()[1].startswith("*")


def read_cron(text: object) -> Cron:
    """`0 9 * * 1`: Mondays at 09:00. Names of days and months, lists, ranges and steps. Raises ReadError."""
    written = " ".join(text.split()) if isinstance(text, str) else str(text)
    if len(written.split()) != 5 or len(written) > 200:
        raise ReadError(f"{quoted(text)} is no cron line: it needs five fields", _EXAMPLE)
    try:
        next(CronSim(written, _A_YEAR))
    except CronSimError as error:
        raise ReadError(*_complaint(written, str(error))) from None
    except StopIteration:
        raise ReadError(f"{quoted(written)} never comes", _IN_THE_CALENDAR) from None
    return Cron(written)


def _complaint(written: str, error: str) -> tuple[str, str]:
    name = error.removeprefix("Bad ")
    if name not in _FIELDS:
        return f"{quoted(written)} is no cron line", _EXAMPLE
    field = written.split()[list(_FIELDS).index(name)]
    if name == "day-of-month" and field.isdigit() and 0 < int(field) <= 31:
        return f"{quoted(written)} never comes: no such month has a day {field}", _IN_THE_CALENDAR
    return f"{quoted(field)} is no {_FIELDS[name]} of a cron line", _EXAMPLE


def next_of_cron(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant after this one at which the line fires in the zone; None if never again."""
    find = _next_real if cron.has_wildcard_hour else _next_local
    return find(cron, after, zone)


def _next_local(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Each wall clock once: the end of the gap where it does not exist, the first where it occurs twice."""
    for wall in _walls(cron, _wall(after, zone)):
        instant = local_to_utc(wall, zone)
        if instant > after:
            return instant
    return None


def _next_real(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Each instant at which the wall clock matches: twice where it shows the same again, never in a gap."""
    found: datetime | None = None
    for wall in _walls(cron, _wall(after, zone) - _repeated(after, zone)):
        passes = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        if found is not None and passes[0] >= found:
            break
        real = [one for one in passes if one > after and _wall(one, zone) == wall]
        found = min([*real, *([found] if found else [])], default=None)
    return found


def _walls(cron: Cron, after: datetime) -> Iterator[datetime]:
    """What the wall clock shows when the line matches, in order."""
    try:
        yield from CronSim(cron.text, after)
    except OverflowError:  # the end of the calendar
        return


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _repeated(instant: datetime, zone: ZoneInfo) -> timedelta:
    """How far the clock is, or soon will be, set back around this instant: so much of it comes again."""
    before, now, later = (
        (instant + shift).astimezone(zone).utcoffset() or timedelta()
        for shift in (-_AROUND, timedelta(), _AROUND)
    )
    return max(max(before, now) - min(now, later), timedelta()) + _SECOND
