"""Instants as text: typed at the command line, carried by contacts, written for programs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from engine.calendar.instants import as_instant, read_instant, write_instant
from engine.errors import ReadError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-28T19:00:00Z", "2026-03-28T19:00:00Z"),
        ("2026-03-28T19:00Z", "2026-03-28T19:00:00Z"),
        ("2026-03-28t19:00z", "2026-03-28T19:00:00Z"),
        ("2026-03-28T20:00:00+01:00", "2026-03-28T19:00:00Z"),
        ("2026-03-28 20:00 +0100", "2026-03-28T19:00:00Z"),
        ("2026-03-28T19:00:00.25Z", "2026-03-28T19:00:00.250000Z"),
        ("2026-03-28T19:00:00.123456789Z", "2026-03-28T19:00:00.123456Z"),
        ("2026-03-28 20:00 Europe/Zurich", "2026-03-28T19:00:00Z"),
        ("2026-03-28 20:00:30 Europe/Zurich", "2026-03-28T19:00:30Z"),
        ("2026-03-28 20:00 Etc/GMT-1", "2026-03-28T19:00:00Z"),
        ("2026-03-28 20:00 UTC", "2026-03-28T20:00:00Z"),
        ("2026-03-28 20:00", "2026-03-28T11:00:00Z"),
        ("2026-03-28T20:00", "2026-03-28T11:00:00Z"),
        ("2026-03-28", "2026-03-27T15:00:00Z"),
        ("2026-03-28 Europe/Zurich", "2026-03-27T23:00:00Z"),
        (" 2026-03-28 ", "2026-03-27T15:00:00Z"),
        ("2026-03-29 02:30 Europe/Zurich", "2026-03-29T01:00:00Z"),
        ("2026-10-25 02:30 Europe/Zurich", "2026-10-25T00:30:00Z"),
    ],
)
def test_reads_what_people_type(text: str, expected: str) -> None:
    assert write_instant(read_instant(text, ZoneInfo("Asia/Tokyo"))) == expected


@pytest.mark.parametrize(
    ("text", "words", "help"),
    [
        (
            "2026-03-28 20:00 Europe/Zurch",
            "`Europe/Zurch` is not a time zone",
            "did you mean `Europe/Zurich`?",
        ),
        ("2026-03-28 20:00 qqqqqqq", "not a time zone", "`Europe/Zurich`"),
        ("2026-03-28 20:00Z Europe/Zurich", "both", "leave one"),
        ("2026-02-30 20:00", "calendar", "2026-03-28"),
        ("2026-03-28 25:00", "calendar", "2026-03-28"),
        ("0001-01-01", "calendar", "2026-03-28"),
        ("28.03.2026", "not a point in time", "2026-03-28"),
        ("20260328", "not a point in time", "2026-03-28"),
        ("tomorrow", "not a point in time", "2026-03-28"),
        ("", "not a point in time", "2026-03-28"),
        (20260328, "not a point in time", "2026-03-28"),
    ],
)
def test_says_what_to_write_instead(text: object, words: str, help: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_instant(text, ZoneInfo("Asia/Tokyo"))
    assert words in caught.value.message
    assert help in caught.value.help


def test_writes_utc() -> None:
    there = datetime(2026, 3, 28, 20, tzinfo=timezone(timedelta(hours=1)))
    assert write_instant(there) == "2026-03-28T19:00:00Z"
    assert write_instant(there.astimezone(ZoneInfo("Asia/Tokyo"))) == "2026-03-28T19:00:00Z"
    assert write_instant(there.replace(microsecond=5)) == "2026-03-28T19:00:00.000005Z"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-29", "2026-03-29T00:00:00Z"),
        ("2026-03-29T10:00:00Z", "2026-03-29T10:00:00Z"),
        ("2026-03-29T10:00Z", "2026-03-29T10:00:00Z"),
        ("2026-03-29 10:00:00.5+02:00", "2026-03-29T08:00:00.500000Z"),
        ("2026-03-29T10:00:00", "2026-03-29T10:00:00Z"),
        ("2026-03-29T10:00:00.123Z", "2026-03-29T10:00:00.123000Z"),
        (date(2026, 3, 29), "2026-03-29T00:00:00Z"),
        (datetime(2026, 3, 29, 10, tzinfo=ZoneInfo("Europe/Zurich")), "2026-03-29T08:00:00Z"),
    ],
)
def test_takes_dates_and_instants_of_contacts(value: object, expected: str) -> None:
    instant = as_instant(value)
    assert instant is not None
    assert instant.tzinfo is UTC
    assert write_instant(instant) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        20260329,
        1.5,
        "20260329",
        "2026-W13-6",
        "2026-3-29",
        "2026-02-30",
        "2026-03-29x10:00",
        "2026-03-29T10",
        "2026-03-29T1000",
        "2026-03-29T10:00 Europe/Zurich",
        "call 2026-03-29",
        "2026-03-29 ",
        "٢٠٢٦-٠٣-٢٩",
        "0001-01-01T00:00+05:00",
        "9999-12-31T23:59-05:00",
        "",
        [],
        {},
    ],
)
def test_other_values_are_no_instants(value: object) -> None:
    assert as_instant(value) is None
