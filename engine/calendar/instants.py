"""Instants as text: what people type at the command line, what contacts carry, what programs read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from engine.calendar.spelling import quoted
from engine.calendar.zones import find_zone, local_to_utc, suggest_zone
from engine.errors import ReadError

_TYPED = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]\s*(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)"
    r"(?:\s*(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
    r"(?:\s+(?P<zone>[A-Za-z][\w+/-]*))?"
)
_EXAMPLE = "write `2026-03-28 20:00`, `2026-03-28 20:00 Europe/Zurich` or `2026-03-28T19:00:00Z`"
_MIDNIGHT = time(tzinfo=UTC)


def read_instant(text: object, default_zone: ZoneInfo) -> datetime:
    """A TIME of the command line as aware UTC: ISO 8601 with offset, or `YYYY-MM-DD HH:MM [ZONE]`.

    Seconds may be left out; a date alone is 00:00. Raises ReadError.
    """
    found = _TYPED.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ReadError(f"{quoted(text)} is not a point in time", _EXAMPLE)
    if found["offset"] and found["zone"]:
        raise ReadError(f"{quoted(text)} has both an offset and a zone", "leave one of them out")
    try:
        local = datetime.fromisoformat(
            f"{found['date']}T{found['time'] or '00:00'}{(found['offset'] or '').upper()}"
        )
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        return local_to_utc(local, _zone(found["zone"]) if found["zone"] else default_zone)
    except (ValueError, OverflowError):
        raise ReadError(f"{quoted(text)} is not in the calendar or not on the clock", _EXAMPLE) from None


def write_instant(instant: datetime) -> str:
    """`2026-03-28T19:00:00Z`; microseconds only where there are any."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return instant.isoformat()[:-6] + "Z"


def as_instant(value: object) -> datetime | None:
    """An attribute or property as an aware UTC instant; None when it is neither a date nor an instant.

    A date, and a time without a zone, count as UTC: conditions know no zones.
    """
    moment = read_moment(value)
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return datetime.combine(moment, _MIDNIGHT)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the last hours of 9999 in the west, the first of year 1 in the east
        return None


def read_moment(value: object) -> datetime | date | None:
    """A value of a contact or an event as what it says: a date, a wall clock without zone, an aware instant.

    Text only in the shapes `2026-03-29`, `2026-03-29T10:00` and longer, so that numbers stay numbers.
    """
    if isinstance(value, str):
        return _read_text(value)
    return value if isinstance(value, date) else None


def _read_text(text: str) -> datetime | date | None:
    size = len(text)
    if size < 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        if size == 10:
            return date.fromisoformat(text)
        if size < 16 or text[10] not in "T t" or text[13] != ":":
            return None
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _zone(name: str) -> ZoneInfo:
    zone = find_zone(name)
    if zone is not None:
        return zone
    meant = suggest_zone(name)
    hint = f"did you mean `{meant}`?" if meant else "write a name such as `Europe/Zurich`"
    raise ReadError(f"{quoted(name)} is not a time zone", hint)
