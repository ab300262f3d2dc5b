"""Times in the database are whole microseconds since 1970 UTC: exact, small, and compared without parsing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """An aware instant as the database keeps it."""
    delta = at - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def micros_or_none(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def instant(value: int) -> datetime:
    """What the database keeps as an aware instant; exact, which a float of seconds would not be."""
    return EPOCH + value * MICROSECOND


def instant_or_none(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + value * MICROSECOND
