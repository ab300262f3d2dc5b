"""How long a duration is, in seconds from a fixed January: lint compares lengths, not instants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from engine.calendar.clock_times import TimeSpan
from engine.calendar.durations import read_duration, utc_add
from engine.errors import ReadError

BEGINNING: Final = datetime(2001, 1, 1, tzinfo=UTC)
MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86_400.0


def seconds_of(written: Any) -> float | None:
    """`2 days` in seconds; None for what is no duration, such as a number read from data."""
    if not isinstance(written, str | int | float):
        return None
    try:
        return (utc_add(BEGINNING, read_duration(written)) - BEGINNING).total_seconds()
    except ReadError:
        return None


def span_seconds(span: TimeSpan) -> float:
    """How long a span of the day is; it may cross midnight."""
    start, end = (part.hour * HOUR + part.minute * MINUTE + part.second for part in (span.start, span.end))
    return (end - start) % DAY or DAY
