"""When waits end, through the rules that a journey can write, with the nights on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.calendar.clock_times import read_span, read_time_of_day, read_weekdays
from engine.calendar.durations import read_duration, read_offset
from engine.calendar.waits import WaitRule, check_rule, date_wait_end, wait_end, with_jitter
from engine.errors import ReadError

ZURICH = "Europe/Zurich"


def rule(wait: str = "", until: str = "", days: str = "", between: str = "") -> WaitRule:
    return WaitRule(
        duration=read_duration(wait) if wait else None,
        until=read_time_of_day(until) if until else None,
        days=read_weekdays(days) if days else None,
        between=read_span(between) if between else None,
    )


def local(text: str, zone: str = ZURICH) -> datetime:
    fold = int(text.endswith(" again"))
    naive = datetime.fromisoformat(text.removesuffix(" again"))
    return naive.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("arrived", "wait", "end"),
    [  # 2026-01-16 is a Friday
        ("2026-01-15 10:00", rule("1 hour"), "2026-01-15 11:00"),
        ("2026-03-28 20:00", rule("2 days"), "2026-03-30 20:00"),
        ("2026-03-28 20:00", rule("48 hours"), "2026-03-30 21:00"),
        ("2026-01-15 10:00", rule(), "2026-01-15 10:00"),
        ("2026-01-15 09:00", rule(until="09:30"), "2026-01-15 09:30"),
        ("2026-01-15 09:30", rule(until="09:30"), "2026-01-15 09:30"),
        ("2026-01-15 09:30:00.000001", rule(until="09:30"), "2026-01-16 09:30"),
        ("2026-01-15 10:00", rule("1 day", until="09:30"), "2026-01-17 09:30"),
        ("2026-01-15 09:30", rule("1 day", until="09:30"), "2026-01-16 09:30"),
        ("2026-01-16 10:00", rule(until="09:30", days="mon-fri"), "2026-01-19 09:30"),
        ("2026-01-16 10:00", rule(days="mon-fri"), "2026-01-16 10:00"),
        ("2026-01-17 10:00", rule(days="mon-fri"), "2026-01-19 00:00"),
        ("2026-01-17 10:00", rule(days="sat"), "2026-01-17 10:00"),
        ("2026-01-18 00:00", rule(days="sat"), "2026-01-24 00:00"),
        ("2026-01-16 08:59", rule(between="09:00-18:00"), "2026-01-16 09:00"),
        ("2026-01-16 09:00", rule(between="09:00-18:00"), "2026-01-16 09:00"),
        ("2026-01-16 17:59:59", rule(between="09:00-18:00"), "2026-01-16 17:59:59"),
        ("2026-01-16 18:00", rule(between="09:00-18:00"), "2026-01-17 09:00"),
        ("2026-01-16 18:00", rule(days="mon-fri", between="09:00-18:00"), "2026-01-19 09:00"),
        ("2026-01-16 18:00", rule("2 hours", days="sat", between="21:00-02:00"), "2026-01-17 00:00"),
        ("2026-01-17 03:00", rule(days="sat", between="21:00-02:00"), "2026-01-17 21:00"),
        ("2026-01-16 10:00", rule(until="09:30", between="09:00-18:00"), "2026-01-17 09:30"),
        # the gap of 29 March (a Sunday)
        ("2026-03-28 12:00", rule(until="02:30"), "2026-03-29 03:00"),
        ("2026-03-29 03:00", rule(until="02:30"), "2026-03-29 03:00"),
        ("2026-03-29 03:01", rule(until="02:30"), "2026-03-30 02:30"),
        ("2026-03-29 01:00", rule(between="02:00-03:00"), "2026-03-30 02:00"),
        ("2026-03-29 01:00", rule(between="02:30-05:00"), "2026-03-29 03:00"),
        ("2026-03-28 12:00", rule(until="02:30", between="02:00-03:00"), "2026-03-30 02:30"),
        ("2026-03-28 12:00", rule(until="02:30", days="sun", between="02:00-03:00"), "2026-04-05 02:30"),
        # the doubled hour of 25 October (a Sunday): `until` is the first of the two; `between` is asked twice
        ("2026-10-24 12:00", rule(until="02:30"), "2026-10-25 02:30"),
        ("2026-10-25 02:30", rule("1 minute", until="02:30"), "2026-10-26 02:30"),
        ("2026-10-25 02:10 again", rule(until="02:30"), "2026-10-26 02:30"),
        ("2026-10-25 02:10 again", rule(between="02:30-02:40"), "2026-10-25 02:30 again"),
        ("2026-10-25 02:45", rule(between="02:00-02:30"), "2026-10-25 02:00 again"),
    ],
)
def test_wait_end(arrived: str, wait: WaitRule, end: str) -> None:
    assert wait_end(wait, local(arrived), ZoneInfo(ZURICH)) == local(end)


@pytest.mark.parametrize(
    ("arrived", "zone", "wait", "end"),
    [
        ("2026-03-07 12:00", "America/Havana", rule(days="sun"), "2026-03-08 01:00"),
        ("2026-03-07 12:00", "America/Havana", rule(until="00:30"), "2026-03-08 01:00"),
        ("2026-10-31 12:00", "America/Havana", rule(until="00:30"), "2026-11-01 00:30"),
        ("2026-11-01 00:30", "America/Havana", rule("1 second", until="00:30"), "2026-11-02 00:30"),
        ("2026-10-29 23:30", "Africa/Cairo", rule("1 second", until="23:30"), "2026-10-30 23:30"),
        ("2026-10-03 12:00", "Australia/Lord_Howe", rule(until="02:15"), "2026-10-04 02:30"),
        ("2026-03-28 12:00", "Antarctica/Troll", rule(until="01:30"), "2026-03-29 03:00"),
        # a gap over midnight: Saturday 23:30 is Sunday 00:00, and its weekday is that of the instant
        ("2026-03-28 12:00", "America/Nuuk", rule(until="23:30"), "2026-03-29 00:00"),
        ("2026-03-29 00:00", "America/Nuuk", rule(until="23:30"), "2026-03-29 00:00"),
        ("2026-03-28 12:00", "America/Nuuk", rule(until="23:30", days="sat"), "2026-04-04 23:30"),
        # a clock set back over midnight, from Sunday 00:01 to Saturday 23:01
        ("2010-11-07 00:00:30", "America/St_Johns", rule(between="23:10-23:50"), "2010-11-06 23:10 again"),
        ("2010-11-07 00:00:30", "America/St_Johns", rule(until="23:30"), "2010-11-07 23:30"),
        ("2010-11-07 00:00:30", "America/St_Johns", rule(days="sat"), "2010-11-06 23:01 again"),
        # the Friday that Samoa left out
        ("2011-12-29 12:00", "Pacific/Apia", rule(days="fri"), "2012-01-06 00:00"),
        ("2011-12-29 20:00", "Pacific/Apia", rule(between="09:00-18:00"), "2011-12-31 09:00"),
        ("2011-12-29 20:00", "Pacific/Apia", rule(until="09:30"), "2011-12-31 00:00"),
        ("2011-12-29 20:00", "Pacific/Apia", rule(until="09:30", between="09:00-18:00"), "2011-12-31 09:30"),
    ],
)
def test_wait_end_where_clocks_are_odd(arrived: str, zone: str, wait: WaitRule, end: str) -> None:
    assert wait_end(wait, local(arrived, zone), ZoneInfo(zone)) == local(end, zone)


def test_a_daily_wait_that_arrives_on_time_stays_daily() -> None:
    at, zone, daily = local("2026-03-20 09:30"), ZoneInfo(ZURICH), rule("1 day", until="09:30")
    seen = []
    for _ in range(20):
        at = wait_end(daily, at, zone)
        seen.append(at.astimezone(zone).replace(tzinfo=None))
    assert seen == [datetime(2026, 3, 21, 9, 30) + timedelta(days=n) for n in range(20)]  # noqa: DTZ001


@pytest.mark.parametrize(
    "wait",
    [
        rule(until="08:00", between="09:00-18:00"),
        rule(until="18:00", between="09:00-18:00"),
        WaitRule(days=frozenset()),
    ],
)
def test_refuses_a_wait_that_never_ends(wait: WaitRule) -> None:
    with pytest.raises(ReadError) as caught:
        check_rule(wait)
    assert caught.value.help
    with pytest.raises(ReadError):
        wait_end(wait, local("2026-01-01 00:00"), ZoneInfo(ZURICH))


def test_accepts_waits_that_end() -> None:
    for wait in (
        rule(),
        rule(until="09:00", between="09:00-18:00"),
        rule(until="01:00", between="21:00-02:00"),
    ):
        check_rule(wait)


@pytest.mark.parametrize(
    ("end", "wait", "fraction", "jitter", "expected"),
    [
        ("2026-01-16 10:00", rule("1 hour"), 0.5, "30 minutes", "2026-01-16 10:15"),
        ("2026-01-16 10:00", rule("1 hour"), 0.0, "30 minutes", "2026-01-16 10:00"),
        ("2026-01-16 10:00", rule("1 hour"), 0.9999999999999999, "30 minutes", "2026-01-16 10:29:59"),
        ("2026-01-16 10:00", rule("1 hour"), 0.5, "0 seconds", "2026-01-16 10:00"),
        ("2026-01-16 10:00:00.5", rule("1 hour"), 0.1, "15 seconds", "2026-01-16 10:00:01.5"),
        ("2026-01-16 10:00", rule(between="09:00-18:00"), 0.5, "30 minutes", "2026-01-16 10:15"),
        # spread over the ten minutes that are left, not over the thirty asked for
        ("2026-01-16 17:50", rule(between="09:00-18:00"), 0.5, "30 minutes", "2026-01-16 17:55"),
        (
            "2026-01-16 17:50",
            rule(between="09:00-18:00"),
            0.9999999999999999,
            "30 minutes",
            "2026-01-16 17:59:59",
        ),
        ("2026-01-16 23:00", rule(days="fri"), 0.5, "4 hours", "2026-01-16 23:30"),
        ("2026-01-16 23:00", rule(days="mon-sun"), 0.5, "4 hours", "2026-01-17 01:00"),
        ("2026-01-16 23:00", rule(between="21:00-02:00"), 0.5, "4 hours", "2026-01-17 00:30"),
        ("2026-01-16 23:00", rule(days="fri", between="21:00-02:00"), 0.5, "4 hours", "2026-01-16 23:30"),
        ("2026-03-28 12:00", rule(), 0.5, "2 days", "2026-03-29 12:30"),  # two calendar days of 47 hours
        ("2026-03-29 01:30", rule(between="01:00-02:30"), 0.5, "3 hours", "2026-03-29 01:45"),
        ("2026-10-25 02:20", rule(between="02:00-02:30"), 0.5, "3 hours", "2026-10-25 02:25"),
    ],
)
def test_with_jitter(end: str, wait: WaitRule, fraction: float, jitter: str, expected: str) -> None:
    assert with_jitter(local(end), wait, ZoneInfo(ZURICH), fraction, read_duration(jitter)) == local(expected)


@pytest.mark.parametrize(
    ("value", "offset", "at", "expected"),
    [
        ("2026-03-29", None, None, "2026-03-29 00:00"),
        ("2026-03-29", None, "09:00", "2026-03-29 09:00"),
        ("2026-03-29", "-7 days", "09:00", "2026-03-22 09:00"),
        ("2026-03-29", "+1 day", None, "2026-03-30 00:00"),
        ("2026-03-31", "-1 month", "09:00", "2026-02-28 09:00"),
        ("2028-02-29", "1 year", None, "2029-02-28 00:00"),
        (date(2026, 3, 29), None, "09:00", "2026-03-29 09:00"),
        # in the gap itself, and seven days before it, where there is none
        ("2026-03-29", None, "02:30", "2026-03-29 03:00"),
        ("2026-03-29", "-7 days", "02:30", "2026-03-22 02:30"),
        ("2026-04-05", "-7 days", "02:30", "2026-03-29 03:00"),
        ("2026-10-25", None, "02:30", "2026-10-25 02:30"),
        ("2026-03-29", "-12 hours", "12:00", "2026-03-28 23:00"),
        # an instant as it is: `at` is for dates
        ("2026-03-29T10:00:00Z", None, None, "2026-03-29 12:00"),
        ("2026-03-29T10:00:00Z", None, "09:00", "2026-03-29 12:00"),
        ("2026-03-29T12:00:00+02:00", "-1 day", None, "2026-03-28 12:00"),
        ("2026-03-29T12:00", None, None, "2026-03-29 12:00"),
        (datetime(2026, 3, 29, 10, tzinfo=UTC), None, None, "2026-03-29 12:00"),
    ],
)
def test_date_wait_end(value: object, offset: str | None, at: str | None, expected: str) -> None:
    moved = read_offset(offset) if offset else None
    clock = read_time_of_day(at) if at else None
    assert date_wait_end(value, moved, clock, ZoneInfo(ZURICH)) == local(expected)


@pytest.mark.parametrize(
    "value", [None, "", "soon", "2026-02-30", "20260329", 20260329, True, [], "2026-03-29T25:00"]
)
def test_a_missing_or_unreadable_date_has_no_end(value: object) -> None:
    assert date_wait_end(value, None, None, ZoneInfo(ZURICH)) is None


@pytest.mark.parametrize(
    ("value", "offset"),
    [("9999-12-31", "7 days"), ("0001-01-01", "-7 days"), ("0001-01-01", "1 day"), ("9999-12-31", "1 year")],
)
def test_dates_at_the_ends_of_the_calendar_break_nothing(value: str, offset: str) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        end = date_wait_end(value, read_offset(offset), None, ZoneInfo(zone))
        assert end is None or end.year in (1, 9999)


def test_a_date_and_weekdays_go_together() -> None:
    zone = ZoneInfo(ZURICH)
    on_sunday = date_wait_end("2026-01-18", None, read_time_of_day("09:00"), zone)
    assert on_sunday is not None
    assert wait_end(rule(days="mon-fri", between="09:00-18:00"), on_sunday, zone) == local("2026-01-19 09:00")
