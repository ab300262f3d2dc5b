"""Every form of a duration that the language knows, the words for all others, and moving by them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.calendar.durations import add, is_exact, read_duration, read_offset, utc_add, utc_window_start
from engine.errors import ReadError


def parts(text: object) -> tuple[int, int, int]:
    duration = read_duration(text)
    return duration.months, duration.days, duration.seconds


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90 seconds", (0, 0, 90)),
        ("1 second", (0, 0, 1)),
        ("45 minutes", (0, 0, 2700)),
        ("30min", (0, 0, 1800)),
        ("36h", (0, 0, 129_600)),
        ("2 hrs", (0, 0, 7200)),
        ("2 days", (0, 2, 0)),
        ("90d", (0, 90, 0)),
        ("1 week", (0, 7, 0)),
        ("3 months", (3, 0, 0)),
        ("2 years", (24, 0, 0)),
        ("1 hour 30 minutes", (0, 0, 5400)),
        ("1h30min", (0, 0, 5400)),
        ("1 week 2 days 3 hours", (0, 9, 10_800)),
        ("1 year 2 months", (14, 0, 0)),
        ("  2   Days ", (0, 2, 0)),
        ("2\u00a0days", (0, 2, 0)),
        ("0 seconds", (0, 0, 0)),
        ("0 minutes", (0, 0, 0)),
        ("P2D", (0, 2, 0)),
        ("PT36H", (0, 0, 129_600)),
        ("P1Y2M", (14, 0, 0)),
        ("P1W", (0, 7, 0)),
        ("P1Y2M3W4DT5H6M7S", (14, 25, 18_367)),
        ("PT1M", (0, 0, 60)),
        ("P1M", (1, 0, 0)),
        ("p2d", (0, 2, 0)),
        ("100 years", (1200, 0, 0)),
    ],
)
def test_reads(text: str, expected: tuple[int, int, int]) -> None:
    assert parts(text) == expected


def test_keeps_the_words() -> None:
    assert str(read_duration(" 1 hour  30 minutes ")) == "1 hour  30 minutes"


@pytest.mark.parametrize(
    ("text", "words", "help"),
    [
        (2, "no unit", "`2 days`"),
        ("2", "no unit", "`2 hours`"),
        ("01:30", "time of day", "`1 hour 30 minutes`"),
        ("00:45", "time of day", "`45 minutes`"),
        ("01:01:01", "time of day", "`1 hour 1 minute 1 second`"),
        ("00:00", "time of day", "`0 seconds`"),
        ("3 dyas", "`dyas` is no unit", "did you mean `days`?"),
        ("3 day s", "is not a duration", "`2 days`"),
        ("2 hourz", "`hourz`", "did you mean `hours`?"),
        ("5 mintues", "`mintues`", "did you mean `minutes`?"),
        ("1 moth", "`moth`", "did you mean `months`?"),
        ("2 wekes", "`wekes`", "did you mean `weeks`?"),
        ("3 bananas", "`bananas` is no unit", "Units are seconds"),
        ("5m", "minutes or months", "`5 minutes` or `5 months`"),
        ("1.5 hours", "fraction", "`1 hour 30 minutes`"),
        (1.5, "fraction", "`2 days`"),
        ("1,5 days", "fraction", "`36 hours`"),
        ("0.3333 minutes", "fraction", "`2 days`"),
        ("1.5 months", "fraction", "`2 days`"),
        ("PT1.5H", "not a duration", "`36 hours`"),
        ("-7 days", "sign", "write `7 days`"),
        ("+7 days", "sign", "write `7 days`"),
        ("1 day 2 days", "days twice", "once"),
        ("101 years", "hundred years", "shorter"),
        ("999999999999 seconds", "hundred years", "shorter"),
        ("9" * 5000 + " days", "not a duration", "`2 days`"),
        ("9" * 5000, "no unit", "days"),
        ("", "empty", "`2 days`"),
        ("days", "not a duration", "`2 days`"),
        ("two days", "not a duration", "`2 days`"),
        ("P", "not a duration", "`2 days`"),
        ("PT", "not a duration", "`2 days`"),
        ("P1DT", "not a duration", "`2 days`"),
        ("٣ days", "not a duration", "`2 days`"),
        (None, "not a duration", "`2 days`"),
        (True, "not a duration", "`2 days`"),
        (["2 days"], "not a duration", "`2 days`"),
    ],
)
def test_says_what_to_write_instead(text: object, words: str, help: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_duration(text)
    assert words in caught.value.message
    assert help in caught.value.help


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-7 days", (-1, 7, 0)),
        ("7 days", (1, 7, 0)),
        ("+1 hour", (1, 0, 3600)),
        ("- 7 days", (-1, 7, 0)),
        ("-P7D", (-1, 7, 0)),
        ("0 days", (1, 0, 0)),
    ],
)
def test_reads_an_offset(text: str, expected: tuple[int, int, int]) -> None:
    sign, duration = read_offset(text)
    assert (sign, duration.days, duration.seconds) == expected


@pytest.mark.parametrize("text", ["−7 days", "--7 days", "-", "-7", -7, None])
def test_refuses_an_offset(text: object) -> None:
    with pytest.raises(ReadError) as caught:
        read_offset(text)
    assert caught.value.help


def test_a_typographic_minus_is_shown_as_a_plain_one() -> None:
    with pytest.raises(ReadError) as caught:
        read_offset("−7 days")
    assert "`-7 days`" in caught.value.help


@pytest.mark.parametrize(
    ("text", "exact"), [("36h", True), ("0 seconds", True), ("1 day", False), ("1 month", False)]
)
def test_is_exact(text: str, exact: bool) -> None:
    assert is_exact(read_duration(text)) is exact


@pytest.mark.parametrize(
    ("start", "zone", "duration", "sign", "expected"),
    [
        # the wall clock stays over the change of 29 March 2026, and 24 hours do not
        ("2026-03-28 20:00", "Europe/Zurich", "1 day", 1, "2026-03-29 20:00"),
        ("2026-03-28 20:00", "Europe/Zurich", "24 hours", 1, "2026-03-29 21:00"),
        ("2026-10-24 20:00", "Europe/Zurich", "1 day", 1, "2026-10-25 20:00"),
        ("2026-10-24 20:00", "Europe/Zurich", "24 hours", 1, "2026-10-25 19:00"),
        # gaps: one hour, half an hour, two hours, over midnight, a whole day
        ("2026-03-28 02:30", "Europe/Zurich", "1 day", 1, "2026-03-29 03:00"),
        ("2026-03-30 02:30", "Europe/Zurich", "1 day", -1, "2026-03-29 03:00"),
        ("2026-10-03 02:15", "Australia/Lord_Howe", "1 day", 1, "2026-10-04 02:30"),
        ("2026-03-28 01:20", "Antarctica/Troll", "1 day", 1, "2026-03-29 03:00"),
        ("2026-03-07 00:20", "America/Havana", "1 day", 1, "2026-03-08 01:00"),
        ("2026-03-28 00:20", "Asia/Beirut", "1 day", 1, "2026-03-29 01:00"),
        ("2026-04-23 00:20", "Africa/Cairo", "1 day", 1, "2026-04-24 01:00"),
        ("2026-03-27 23:30", "America/Nuuk", "1 day", 1, "2026-03-29 00:00"),
        ("2011-12-29 10:00", "Pacific/Apia", "1 day", 1, "2011-12-31 00:00"),
        ("2011-12-29 10:00", "Pacific/Apia", "2 days", 1, "2011-12-31 10:00"),
        ("2011-12-31 10:00", "Pacific/Apia", "1 day", -1, "2011-12-31 00:00"),
        # twice: the first
        ("2026-10-24 02:30", "Europe/Zurich", "1 day", 1, "2026-10-25 02:30"),
        # months: the last day there is, from the original day and not step by step
        ("2026-01-31 12:00", "Europe/Zurich", "1 month", 1, "2026-02-28 12:00"),
        ("2028-01-31 12:00", "Europe/Zurich", "1 month", 1, "2028-02-29 12:00"),
        ("2026-01-31 12:00", "Europe/Zurich", "2 months", 1, "2026-03-31 12:00"),
        ("2026-01-31 12:00", "Europe/Zurich", "1 month 1 day", 1, "2026-03-01 12:00"),
        ("2026-03-31 12:00", "Europe/Zurich", "1 month", -1, "2026-02-28 12:00"),
        ("2028-02-29 12:00", "Europe/Zurich", "1 year", 1, "2029-02-28 12:00"),
        ("2028-02-29 12:00", "Europe/Zurich", "4 years", 1, "2032-02-29 12:00"),
        ("2026-12-15 12:00", "Europe/Zurich", "1 month", 1, "2027-01-15 12:00"),
        ("2026-01-15 12:00", "Europe/Zurich", "1 month", -1, "2025-12-15 12:00"),
        # largest unit first, whatever the order of the words; seconds are exact at the end
        ("2026-03-28 01:30", "Europe/Zurich", "2 hours 1 day", 1, "2026-03-29 04:30"),
        ("2026-03-28 02:30", "Europe/Zurich", "1 day 1 hour", 1, "2026-03-29 04:00"),
        ("2026-03-30 02:30", "Europe/Zurich", "1 day 1 hour", -1, "2026-03-29 01:00"),
        ("2026-03-28 20:00", "UTC", "0 seconds", 1, "2026-03-28 20:00"),
    ],
)
def test_adds_in_the_zone(start: str, zone: str, duration: str, sign: int, expected: str) -> None:
    assert add(local(start, zone), read_duration(duration), ZoneInfo(zone), sign) == local(expected, zone)


def test_a_day_from_the_second_of_two_equal_hours_keeps_the_wall_clock() -> None:
    second = local("2026-10-25 02:30", "Europe/Zurich", fold=1)
    assert add(second, read_duration("1 day"), ZoneInfo("Europe/Zurich")) == local(
        "2026-10-26 02:30", "Europe/Zurich"
    )
    back = add(second, read_duration("1 month"), ZoneInfo("Europe/Zurich"), -1)
    assert back == local("2026-09-25 02:30", "Europe/Zurich")


def test_a_gap_ends_at_its_exact_instant_also_for_odd_seconds() -> None:
    start = local("2026-03-28 02:59:59.999999", "Europe/Zurich")
    assert add(start, read_duration("1 day"), ZoneInfo("Europe/Zurich")) == utc("2026-03-29 01:00")


def test_results_are_utc() -> None:
    for text in ("1 day", "1 hour", "1 month"):
        assert add(utc("2026-01-01 00:00"), read_duration(text), ZoneInfo("Asia/Tokyo")).tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "duration", "expected"),
    [
        ("2026-03-29 12:00", "1 day", "2026-03-28 12:00"),
        ("2026-03-29 12:00", "24 hours", "2026-03-28 12:00"),
        ("2026-03-31 12:00", "1 month", "2026-02-28 12:00"),
        ("2028-03-31 12:00", "1 month", "2028-02-29 12:00"),
        ("2026-03-31 12:00", "1 month 1 day", "2026-02-27 12:00"),
        ("2026-01-15 12:00", "1 year 1 hour", "2025-01-15 11:00"),
    ],
)
def test_windows_of_conditions_know_no_zone(now: str, duration: str, expected: str) -> None:
    assert utc_window_start(utc(now), read_duration(duration)) == utc(expected)


def test_utc_add() -> None:
    assert utc_add(utc("2026-01-31 12:00"), read_duration("1 month 1 day")) == utc("2026-03-01 12:00")
    assert utc_add(utc("2026-03-28 12:00"), read_duration("7 days")) == utc("2026-04-04 12:00")
