"""Reads times of day, spans of the day and days of the week, in the forms of the journey language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from engine.calendar.spelling import quoted
from engine.errors import ReadError
from engine.model.spelling import suggest

_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_OTHER_TIME = re.compile(
    r"([0-9]{1,2})(?:\s*[:.hH]\s*([0-9]{2}))?(?::[0-9]{2})?\s*(?:h|uhr|(a|p)\.?m\.?)?", re.IGNORECASE
)
_TIME_EXAMPLE = "write hours and minutes of the 24-hour clock, for example `09:30`"
_SPAN_EXAMPLE = "write it from start to end, for example `21:00-08:00`"

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {"tues": 1, "wednes": 2, "thur": 3, "thurs": 3}
_DAY_OF_WORD: dict[str, int] = (
    {day: n for n, day in enumerate(_DAYS)}
    | {day + "s": n for n, day in enumerate(_DAYS)}
    | {day[:3]: n for n, day in enumerate(_DAYS)}
    | _SHORT
)
_GROUPS: dict[str, frozenset[int]] = {
    "weekdays": frozenset(range(5)),
    "weekday": frozenset(range(5)),
    "weekend": frozenset({5, 6}),
    "weekends": frozenset({5, 6}),
}
_DAYS_EXAMPLE = "write for example `mon-fri`, `mon, wed`, `weekdays` or `weekend`"


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A part of the day on a wall clock: start is inside, end is outside; it may cross midnight."""

    start: time
    end: time
    text: str  # as written, for people

    def holds(self, clock: time) -> bool:
        """Whether a clock that shows this time of day is inside."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def read_time_of_day(text: object) -> time:
    """`09:30` or `9:30`, 24-hour clock, from 00:00 to 23:59. Raises ReadError."""
    written = str(text).strip() if isinstance(text, str | int) and not isinstance(text, bool) else ""
    found = _TIME.fullmatch(written)
    if found is None:
        raise ReadError(f"{quoted(text)} is not a time of day", _time_hint(written))
    hour, minute = int(found[1]), int(found[2])
    if (hour, minute) == (24, 0):
        raise ReadError(
            f"{quoted(text)} is not a time of day: the clock goes to 23:59", "write `00:00` for midnight"
        )
    if hour > 23 or minute > 59:
        raise ReadError(f"{quoted(text)} is not a time of day: the clock goes to 23:59", _TIME_EXAMPLE)
    return time(hour, minute)


def read_span(text: object) -> TimeSpan:
    """`21:00-08:00`, start inside and end outside, possibly across midnight. Raises ReadError."""
    written = text.strip() if isinstance(text, str) else ""
    ends = [end.strip() for end in written.split("-")]
    if len(ends) != 2 or not all(ends):
        raise ReadError(f"{quoted(text)} is not a span of the day", _span_hint(written))
    try:
        start, end = read_time_of_day(ends[0]), read_time_of_day(ends[1])
    except ReadError as error:
        if all(_TIME.fullmatch(end) for end in ends):
            raise
        raise _wrong_ends(written, ends, error) from None
    if start == end:
        raise ReadError(
            f"{quoted(written)} starts and ends at the same time", "leave it out if it means the whole day"
        )
    return TimeSpan(start, end, written)


def _wrong_ends(written: str, ends: list[str], error: ReadError) -> ReadError:
    """`21-8` mended as a whole, where both ends can be guessed; otherwise the end that cannot be read."""
    hints = [end if _TIME.fullmatch(end) else _time_hint(end)[len("write `") : -1] for end in ends]
    mended = "-".join(hints)
    try:
        read_span(mended)
    except ReadError:
        return error
    return ReadError(f"{quoted(written)} is not a span of the day", f"write `{mended}`")


def read_weekdays(text: object) -> frozenset[int]:
    """`mon-fri`, `monday`, `mon, wed`, `fri-mon`, `weekdays`, `weekend`, or a list of them; 0 is Monday."""
    parts = list(_parts(text))
    if not parts:
        raise ReadError("no day of the week is named", _DAYS_EXAMPLE)
    return frozenset[int]().union(*(_read_days(part) for part in parts))


def _parts(text: object) -> Iterator[str]:
    for item in text if isinstance(text, list | tuple) else [text]:
        if not isinstance(item, str):
            raise ReadError(f"{quoted(item)} is not a day of the week", _DAYS_EXAMPLE)
        yield from (part.strip() for part in item.split(",") if part.strip())


def _read_days(part: str) -> frozenset[int]:
    group = _GROUPS.get(part.casefold())
    if group is not None:
        return group
    ends = [_read_day(end.strip(), part) for end in part.split("-")]
    if len(ends) > 2:
        raise ReadError(f"{quoted(part)} has too many dashes for a range of days", _DAYS_EXAMPLE)
    return frozenset((ends[0] + n) % 7 for n in range((ends[-1] - ends[0]) % 7 + 1))


def _read_day(word: str, part: str) -> int:
    day = _DAY_OF_WORD.get(word.casefold())
    if day is not None:
        return day
    meant = suggest(word, [*_DAY_OF_WORD, *_GROUPS])
    hint = f"did you mean `{meant}`? " if meant else ""
    where = "" if word == part else f" in {quoted(part)}"
    raise ReadError(f"{quoted(word)}{where} is not a day of the week", hint + _DAYS_EXAMPLE)


def _time_hint(written: str) -> str:
    """Turn `9.30`, `9h30`, `9 pm` and `9` into the form that is wanted."""
    other = _OTHER_TIME.fullmatch(written)
    if other is None:
        return _TIME_EXAMPLE
    hour, minute, half = int(other[1]), int(other[2] or 0), (other[3] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"write `{hour:02}:{minute:02}`" if hour < 24 and minute < 60 else _TIME_EXAMPLE


def _span_hint(written: str) -> str:
    plain = re.sub(r"\s*(?:[–—−]|\bto\b|\buntil\b)\s*", "-", written)
    if plain != written and re.fullmatch(rf"{_TIME.pattern}-{_TIME.pattern}", plain):
        return f"write `{plain}`"
    return _SPAN_EXAMPLE
