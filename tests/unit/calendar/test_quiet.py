"""Quiet hours: the edges, midnight, and the nights on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.calendar.clock_times import read_span
from engine.calendar.quiet import quiet_until


def local(text: str, zone: str) -> datetime:
    fold = int(text.endswith(" again"))
    naive = datetime.fromisoformat(text.removesuffix(" again"))
    return naive.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "span", "zone", "end"),
    [
        ("2026-01-15 20:59:59", "21:00-08:00", "Europe/Zurich", None),
        ("2026-01-15 21:00", "21:00-08:00", "Europe/Zurich", "2026-01-16 08:00"),
        ("2026-01-16 00:00", "21:00-08:00", "Europe/Zurich", "2026-01-16 08:00"),
        ("2026-01-16 07:59:59", "21:00-08:00", "Europe/Zurich", "2026-01-16 08:00"),
        ("2026-01-16 08:00", "21:00-08:00", "Europe/Zurich", None),
        ("2026-01-16 12:00", "12:00-14:00", "Europe/Zurich", "2026-01-16 14:00"),
        ("2026-01-16 22:00", "21:00-00:00", "Europe/Zurich", "2026-01-17 00:00"),
        ("2026-12-31 22:00", "21:00-08:00", "Europe/Zurich", "2027-01-01 08:00"),
        # over the changes of the clock
        ("2026-03-28 22:00", "21:00-08:00", "Europe/Zurich", "2026-03-29 08:00"),
        ("2026-10-24 22:00", "21:00-08:00", "Europe/Zurich", "2026-10-25 08:00"),
        # an end that does not exist is the end of the gap; one that occurs twice is the first
        ("2026-03-28 22:00", "21:00-02:30", "Europe/Zurich", "2026-03-29 03:00"),
        ("2026-10-24 22:00", "21:00-02:30", "Europe/Zurich", "2026-10-25 02:30"),
        ("2026-10-25 02:10", "21:00-02:30", "Europe/Zurich", "2026-10-25 02:30"),
        # an hour that occurs twice is quiet twice
        ("2026-10-25 02:10 again", "21:00-02:30", "Europe/Zurich", "2026-10-25 02:30 again"),
        ("2026-10-25 02:40", "21:00-02:30", "Europe/Zurich", None),
        # the clock set back to before the start does not end the night
        ("2026-10-29 23:40", "23:30-08:00", "Africa/Cairo", "2026-10-30 08:00"),
        ("2026-10-29 23:10 again", "23:30-08:00", "Africa/Cairo", None),
        # gaps at and over midnight, and a day that does not exist
        ("2026-03-07 23:00", "21:00-00:30", "America/Havana", "2026-03-08 01:00"),
        ("2026-03-28 22:00", "21:00-23:30", "America/Nuuk", "2026-03-29 00:00"),
        ("2011-12-29 22:00", "21:00-08:00", "Pacific/Apia", "2011-12-31 08:00"),
        ("2011-12-29 22:00", "21:00-00:00", "Pacific/Apia", "2011-12-31 00:00"),
    ],
)
def test_quiet_until(now: str, span: str, zone: str, end: str | None) -> None:
    expected = local(end, zone) if end else None
    assert quiet_until(local(now, zone), read_span(span), ZoneInfo(zone)) == expected
