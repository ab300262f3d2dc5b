"""Dates that come round, against a search through every minute and every day, and examples by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.calendar.anniversaries import DateRule, next_occurrence
from engine.calendar.durations import read_offset

ZURICH = ZoneInfo("Europe/Zurich")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "rule", "after", "expected"),
    [
        ("1990-05-04", DateRule(True, at=time(9)), "2026-05-01T00:00", ("2026-05-04T07:00", "2026-05-04")),
        ("1990-05-04", DateRule(True, at=time(9)), "2026-05-04T07:00", ("2027-05-04T07:00", "2027-05-04")),
        ("1990-05-04", DateRule(True, at=time(9)), "2026-05-04T06:59", ("2026-05-04T07:00", "2026-05-04")),
        ("1990-05-04", DateRule(True), "2026-05-01T00:00", ("2026-05-03T22:00", "2026-05-04")),
        ("1992-02-29", DateRule(True, at=time(9)), "2026-01-01T00:00", ("2026-02-28T08:00", "2026-02-28")),
        ("1992-02-29", DateRule(True, at=time(9)), "2028-01-01T00:00", ("2028-02-29T08:00", "2028-02-29")),
        # a week before: the offset counts from where the day falls
        (
            "1992-02-29",
            DateRule(True, read_offset("-7 days"), time(9)),
            "2027-01-01T00:00",
            ("2027-02-21T08:00", "2027-02-28"),
        ),
        # across the new year
        (
            "1990-01-03",
            DateRule(True, read_offset("-7 days"), time(9)),
            "2026-12-01T00:00",
            ("2026-12-27T08:00", "2027-01-03"),
        ),
        (
            "1990-12-30",
            DateRule(True, read_offset("7 days"), time(9)),
            "2027-01-01T00:00",
            ("2027-01-06T08:00", "2026-12-30"),
        ),
        # a date to come is its own first occurrence
        ("2030-05-04", DateRule(True, at=time(9)), "2026-05-01T00:00", ("2030-05-04T07:00", "2030-05-04")),
        ("2030-05-04", DateRule(False, at=time(9)), "2026-05-01T00:00", ("2030-05-04T07:00", "2030-05-04")),
        ("2026-04-30", DateRule(False, at=time(9)), "2026-05-01T00:00", None),
        # an instant as it is; its day in the zone when a time is named
        ("2026-05-04T23:30:00Z", DateRule(False), "2026-05-01T00:00", ("2026-05-04T23:30", "2026-05-05")),
        (
            "2026-05-04T23:30:00Z",
            DateRule(False, at=time(9)),
            "2026-05-01T00:00",
            ("2026-05-05T07:00", "2026-05-05"),
        ),
        (
            "2026-05-04T23:30:00Z",
            DateRule(False, read_offset("-2 hours")),
            "2026-05-01T00:00",
            ("2026-05-04T21:30", "2026-05-05"),
        ),
        # the clock that does not exist
        (
            "1990-03-29",
            DateRule(True, at=time(2, 30)),
            "2026-03-01T00:00",
            ("2026-03-29T01:00", "2026-03-29"),
        ),
        ("soon", DateRule(True), "2026-05-01T00:00", None),
        (None, DateRule(True), "2026-05-01T00:00", None),
        (19900504, DateRule(True), "2026-05-01T00:00", None),
    ],
)
def test_by_hand(value: object, rule: DateRule, after: str, expected: tuple[str, str] | None) -> None:
    wanted = None if expected is None else (utc(expected[0]), date.fromisoformat(expected[1]))
    assert next_occurrence(value, rule, utc(after), ZURICH) == wanted


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia"])
@pytest.mark.parametrize("born", ["1990-05-04", "1992-02-29", "1990-12-31", "1990-04-05", "1990-10-04"])
def test_every_year_by_the_calendar_on_the_wall(zone: str, born: str) -> None:
    """Hour by hour through six years: the first hour in which the wall has reached 02:00 of the day."""
    wall = ZoneInfo(zone)
    now, until = utc("2023-12-30T00:00"), utc("2030-01-02T00:00")
    found, seen = [], set[int]()
    while now < until:
        local = now.astimezone(wall)
        day = date.fromisoformat(born)
        is_leap = local.year % 4 == 0
        falls = (2, 28) if (day.month, day.day) == (2, 29) and not is_leap else (day.month, day.day)
        if (local.month, local.day) == falls and local.hour >= 2 and local.year not in seen:
            seen.add(local.year)
            found.append(now)
        now += timedelta(minutes=30)
    asked, rule = utc("2023-12-30T00:00"), DateRule(True, at=time(2))
    for expected in found:
        answer = next_occurrence(born, rule, asked, wall)
        assert answer is not None
        assert answer[0] == expected
        asked = answer[0]
