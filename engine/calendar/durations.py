"""Reads lengths of time as marketers write them, and moves instants by them.

In waits, days and longer are calendar units: the clock on the wall in the contact's zone stays
(RFC 5545 3.3.6). In conditions, caps, goals and re_entry a day is 24 hours: the `utc_` functions.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.calendar.spelling import quoted
from engine.calendar.zones import are_in_step, wall_to_utc
from engine.errors import ReadError
from engine.model.duration import Duration
from engine.model.spelling import suggest

#: Each unit with every way to write it, as (months, days, seconds). `m` is left out on purpose.
_UNITS: dict[str, tuple[tuple[int, int, int], tuple[str, ...]]] = {
    "years": ((12, 0, 0), ("year", "years", "yr", "yrs", "y")),
    "months": ((1, 0, 0), ("month", "months")),
    "weeks": ((0, 7, 0), ("week", "weeks", "wk", "wks", "w")),
    "days": ((0, 1, 0), ("day", "days", "d")),
    "hours": ((0, 0, 3600), ("hour", "hours", "hr", "hrs", "h")),
    "minutes": ((0, 0, 60), ("minute", "minutes", "min", "mins")),
    "seconds": ((0, 0, 1), ("second", "seconds", "sec", "secs", "s")),
}
_UNIT_OF_WORD = {word: unit for unit, (_, words) in _UNITS.items() for word in words}

_PART = re.compile(r"\s*([0-9]{1,12})\s*([^\W\d_]+)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_ISO = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,12})Y)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})W)?(?:([0-9]{1,12})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})S)?)?"
)
_CLOCK = re.compile(r"([0-9]{1,3}):([0-9]{1,2})(?::([0-9]{1,2}))?")
_NUMBER = re.compile(r"[0-9]+")
_FRACTION = re.compile(r"([0-9]+)[.,]([0-9]+)\s*([^\W\d_]*).*", re.DOTALL)

_EXAMPLE = "write for example `2 days`, `36 hours` or `1 hour 30 minutes`"
_LONGEST_TEXT = 100
_SECOND = timedelta(seconds=1)
_LONGEST_DAYS = 36_525  # a hundred years
_DAYS_PER_MONTH = 30.4375


def read_duration(text: object) -> Duration:
    """`2 days`, `1 hour 30 minutes`, `36h`, `P2D`; zero is allowed, nothing below it. Raises ReadError."""
    written = _text_of(text)
    if written.startswith(("-", "−", "+")):
        raise ReadError(
            f"{quoted(written)} has a sign, but a duration is only a length",
            f"write {quoted(written[1:].lstrip())}",
        )
    return _read(written)


def read_offset(text: object) -> tuple[int, Duration]:
    """`-7 days`, `7 days`, `+1 hour` as (sign, length): -1 is before, 1 is after. Raises ReadError."""
    written = _text_of(text)
    if written.startswith("−"):  # the minus of word processors
        raise ReadError(
            f"{quoted(written)} begins with a dash that is not a minus",
            f"write it with the plain minus: `-{written[1:].lstrip()}`",
        )
    sign = -1 if written.startswith("-") else 1
    return sign, _read(written[1:].lstrip() if written[:1] in ("-", "+") else written)


def is_exact(duration: Duration) -> bool:
    """Whether it holds only seconds, minutes and hours, which are the same length in every zone."""
    return not duration.months and not duration.days


def add(instant: datetime, duration: Duration, zone: ZoneInfo, sign: int = 1) -> datetime:
    """Move an instant by calendar units on the wall clock of the zone, then by exact seconds.

    Months first (clamped to the last day), then days, on the wall clock; the result is read back by the
    rule for gaps and doubled hours; the seconds come last. `sign` -1 moves backwards in the same order.
    """
    if not duration.days and not duration.months:
        return instant + sign * duration.seconds * _SECOND
    if not duration.months and instant.tzinfo is UTC:
        days = sign * duration.days
        if are_in_step(instant.toordinal(), days, zone):
            moved = instant + _days(days)
            return moved + sign * duration.seconds * _SECOND if duration.seconds else moved
    return add_to_wall(instant.astimezone(zone), duration, zone, sign)


@lru_cache(maxsize=1024)  # to multiply a day costs as much as the rest of a wait
def _days(count: int) -> timedelta:
    return timedelta(days=count)


def add_to_wall(wall: datetime, duration: Duration, zone: ZoneInfo, sign: int = 1) -> datetime:
    """`add` from a wall clock in the zone. It is not made an instant before the days are counted: a clock
    that does not exist on this day may well exist seven days earlier.
    """
    if duration.months:
        wall = _shift_months(wall, sign * duration.months)
    moved = wall_to_utc(wall + _days(sign * duration.days), zone)  # the addition also forgets a second pass
    return moved + sign * duration.seconds * _SECOND if duration.seconds else moved


def utc_add(instant: datetime, duration: Duration, sign: int = 1) -> datetime:
    """For conditions, caps, goals, re_entry: a day is exactly 24 hours, a month a calendar month in UTC."""
    if duration.months:
        instant = _shift_months(instant, sign * duration.months)
    return instant + timedelta(days=sign * duration.days, seconds=sign * duration.seconds)


def utc_window_start(now: datetime, duration: Duration) -> datetime:
    """The open end of the window (now - duration, now] of conditions and caps."""
    return utc_add(now, duration, -1)


def _shift_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = moment.day
    if day > 28:
        day = min(day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _text_of(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ReadError(f"{quoted(value)} is not a duration", _EXAMPLE)
    return str(value).strip()


def _read(text: str) -> Duration:
    if len(text) <= _LONGEST_TEXT:
        if _WHOLE.fullmatch(text):
            return _sum(
                text, [(int(number), _unit(word, number, text)) for number, word in _PART.findall(text)]
            )
        iso = _ISO.fullmatch(text.upper())
        if iso:
            return _sum(text, [(int(n), unit) for n, unit in zip(iso.groups(), _UNITS, strict=True) if n])
    raise _unreadable(text)


def _unit(word: str, number: str, text: str) -> str:
    known = _UNIT_OF_WORD.get(word.casefold())
    if known is not None:
        return known
    if word.casefold() in ("m", "mo"):
        raise ReadError(
            f"{quoted(text)} could mean minutes or months", f"write `{number} minutes` or `{number} months`"
        )
    meant = suggest(word, [w for w in _UNIT_OF_WORD if len(w) > 2])
    hint = f"did you mean `{_UNIT_OF_WORD[meant]}`? " if meant else ""
    raise ReadError(
        f"{quoted(text)} is not a duration: {quoted(word)} is no unit of time",
        f"{hint}Units are seconds, minutes, hours, days, weeks, months and years",
    )


def _sum(text: str, parts: Iterable[tuple[int, str]]) -> Duration:
    seen: set[str] = set()
    months = days = seconds = 0
    for number, unit in parts:
        if unit in seen:
            raise ReadError(f"{quoted(text)} names {unit} twice", f"add them up and name {unit} once")
        seen.add(unit)
        per_month, per_day, per_second = _UNITS[unit][0]
        months, days, seconds = (
            months + number * per_month,
            days + number * per_day,
            seconds + number * per_second,
        )
    if months * _DAYS_PER_MONTH + days + seconds / 86_400 > _LONGEST_DAYS:
        raise ReadError(f"{quoted(text)} is longer than a hundred years", "write a shorter duration")
    return Duration(months, days, seconds, text)


def _unreadable(text: str) -> ReadError:
    """Choose the words for a text that has not even the shape of a duration."""
    if not text:
        return ReadError("the duration is empty", _EXAMPLE)
    if _NUMBER.fullmatch(text):
        shown, more = text[:12], "" if text == "1" else "s"
        return ReadError(
            f"{quoted(text)} has no unit", f"write for example `{shown} day{more}` or `{shown} hour{more}`"
        )
    clock = _CLOCK.fullmatch(text)
    if clock:
        return ReadError(
            f"{quoted(text)} looks like a time of day, not a duration", f"write {_in_words(*clock.groups())}"
        )
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        return ReadError(
            f"{quoted(text)} has a fraction; durations count whole units",
            _without_fraction(*fraction.groups()),
        )
    return ReadError(f"{quoted(text)} is not a duration", _EXAMPLE)


def _in_words(hours: str, minutes: str, seconds: str | None) -> str:
    counts = [(int(hours), "hour"), (int(minutes), "minute"), (int(seconds or 0), "second")]
    words = " ".join(f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in counts if count)
    return f"`{words or '0 seconds'}`"


def _without_fraction(whole: str, tenths: str, word: str) -> str:
    """Say `1.5 hours` and `0.5 days` in whole hours and minutes where that comes out even."""
    per_second = {"days": 86_400, "hours": 3600, "minutes": 60}.get(_UNIT_OF_WORD.get(word.casefold(), ""))
    if per_second is None or len(whole + tenths) > 9:
        return _EXAMPLE
    seconds, rest = divmod(int(whole + tenths) * per_second, 10 ** len(tenths))
    if rest:
        return _EXAMPLE
    return f"write {_in_words(str(seconds // 3600), str(seconds // 60 % 60), str(seconds % 60))}"
