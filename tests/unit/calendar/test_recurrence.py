"""Schedules against a clock that is read minute by minute, around every change of the clock of two years.

The oracle knows no rule about gaps and doubled hours: it walks through real time and looks at the wall.
A fixed time has come when the wall clock reaches it for the first time, or has jumped past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from engine.calendar.clock_times import read_weekdays
from engine.calendar.cron import read_cron
from engine.calendar.recurrence import Every, Recurrence, firing_key, next_firing, read_every
from engine.calendar.zones import clock_change
from engine.errors import ReadError

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

Matches = Callable[[datetime], bool]


def _times(*clocks: tuple[int, int], on: str = "sun-sat") -> Matches:
    days = read_weekdays(on)
    return lambda wall: wall.weekday() in days and (wall.hour, wall.minute) in clocks


#: What is written, and what a wall clock must show.
FIXED: list[tuple[Recurrence, Matches]] = [
    (Every(time(9, 0), read_every("day")), _times((9, 0))),
    (Every(time(1, 30), read_every("day")), _times((1, 30))),
    (Every(time(2, 15), read_every(["sunday", "thursday"])), _times((2, 15), on="sun, thu")),
    (Every(time(0, 0), read_every("day")), _times((0, 0))),
    (Every(time(2, 30), None), lambda wall: (wall.day, wall.hour, wall.minute) == (1, 2, 30)),
    (read_cron("30 1 * * *"), _times((1, 30))),
    (read_cron("0,30 2 * * *"), _times((2, 0), (2, 30))),
    (read_cron("0 9 * * 1"), _times((9, 0), on="monday")),
    (read_cron("*/20 0-3 * * SUN"), _times(*((h, m) for h in range(4) for m in (0, 20, 40)), on="sunday")),
]
WILD: list[tuple[Recurrence, Matches]] = [
    (read_cron("0 * * * *"), lambda wall: wall.minute == 0),
    (read_cron("30 */2 * * *"), lambda wall: wall.minute == 30 and wall.hour % 2 == 0),
    (read_cron("*/45 * * * 0"), lambda wall: wall.minute in (0, 45) and wall.weekday() == 6),
]


def shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def minutes(since: datetime, until: datetime) -> Iterator[datetime]:
    while since <= until:
        yield since
        since += MINUTE


def reached(matches: Matches, since: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """Each instant in (since, until] at which the clock has got to a time that it never showed before."""
    found = []
    furthest = max(shown(one, zone) for one in minutes(since - 5 * HOUR, since))
    for instant in minutes(since + MINUTE, until):
        wall = shown(instant, zone)
        if wall <= furthest:
            continue
        if any(matches(passed) for passed in minutes(furthest + MINUTE, wall)):
            found.append(instant)
        furthest = wall
    return found


def seen(matches: Matches, since: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """Each instant in (since, until] at which the clock shows it."""
    return [one for one in minutes(since + MINUTE, until) if matches(shown(one, zone))]


def fired(rule: Recurrence, since: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    found = []
    while (at := next_firing(rule, since, zone)) is not None and at <= until:
        found.append(at)
        since = at
    return found


def changes() -> Iterator[tuple[str, datetime]]:
    """One zone for each way in which some clock of the world is changed in 2026 and 2027."""
    known = set()
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    for name in sorted(names):
        zone = ZoneInfo(name)
        day = datetime(2026, 1, 1, tzinfo=UTC)
        while day.year < 2028:
            at = clock_change(day, day + DAY, zone)
            if at is not None:
                way = (at, shown(at - MINUTE, zone), shown(at, zone))
                if way not in known:
                    known.add(way)
                    yield name, at
            day += DAY


CHANGES = list(changes())


def test_the_odd_ones_are_among_them() -> None:
    sizes = {shown(at, ZoneInfo(name)) - shown(at - MINUTE, ZoneInfo(name)) - MINUTE for name, at in CHANGES}
    assert {timedelta(minutes=30), timedelta(minutes=-30), 2 * HOUR, -2 * HOUR, HOUR, -HOUR} <= sizes
    assert len(CHANGES) > 40


@pytest.mark.parametrize(("name", "at"), CHANGES, ids=lambda value: str(value))
def test_around_each_change_of_the_clock(name: str, at: datetime) -> None:
    zone = ZoneInfo(name)
    since, until = at - 9 * HOUR, at + 9 * HOUR
    for rule, matches in FIXED:
        assert fired(rule, since, until, zone) == reached(matches, since, until, zone), rule
    for rule, matches in WILD:
        assert fired(rule, since, until, zone) == seen(matches, since, until, zone), rule


@pytest.mark.parametrize(
    ("name", "at"),
    [one for one in CHANGES if one[0] in ("Africa/Cairo", "Antarctica/Troll", "Australia/LHI")],
)
def test_asked_from_any_minute_it_is_the_next_one(name: str, at: datetime) -> None:
    """The first instant after this one, wherever one stands, in the doubled hours too."""
    zone = ZoneInfo(name)
    since, until = at - 4 * HOUR, at + 4 * HOUR
    for rule, matches in (FIXED[1], FIXED[6], FIXED[8], *WILD):
        known = (seen if (rule, matches) in WILD else reached)(matches, since, until + 8 * DAY, zone)
        for start in minutes(since, until):
            step = start + timedelta(seconds=17)
            assert next_firing(rule, step, zone) == next(one for one in known if one > step), (rule, step)


def test_half_past_one_comes_once_when_clocks_go_back() -> None:
    """A cron library that fires it twice is what this must not be."""
    zone, since = ZoneInfo("America/New_York"), datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert fired(read_cron("30 1 * * *"), since, since + 6 * HOUR, zone) == [
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    ]
    assert len(fired(read_cron("30 * * * *"), since, since + 6 * HOUR, zone)) == 6


def test_29_february_and_the_first_of_the_month() -> None:
    zone = ZoneInfo("Europe/Zurich")
    leap = read_cron("0 9 29 2 *")
    found = fired(leap, datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC), zone)
    assert [one.date() for one in found] == [date(2028, 2, 29), date(2032, 2, 29)]
    firsts = fired(
        Every(time(9), None), datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC), zone
    )
    assert [(one.month, one.astimezone(zone).hour) for one in firsts] == [
        (m % 12 + 1, 9) for m in range(1, 13)
    ]


def test_a_day_that_an_island_left_out() -> None:
    """Samoa went from 29 to 31 December 2011: 09:00 of the 30th has come when the 31st begins."""
    zone = ZoneInfo("Pacific/Apia")
    found = fired(
        Every(time(9), read_every("friday")),
        datetime(2011, 12, 28, tzinfo=UTC),
        datetime(2012, 1, 1, tzinfo=UTC),
        zone,
    )
    assert [shown(one, zone) for one in found] == [datetime(2011, 12, 31)]  # noqa: DTZ001


def test_the_key_is_what_the_wall_clock_shows() -> None:
    zurich, tokyo = ZoneInfo("Europe/Zurich"), ZoneInfo("Asia/Tokyo")
    rule = Every(time(9), read_every("monday"))
    for zone in (zurich, tokyo):
        at = next_firing(rule, datetime(2026, 3, 28, tzinfo=UTC), zone)
        assert at is not None
        assert firing_key(rule, at, zone) == "2026-03-30T09:00"
    hourly = read_cron("0 * * * *")
    night = fired(
        hourly, datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC), zurich
    )
    keys = [firing_key(hourly, at, zurich) for at in night]
    assert keys == ["2026-10-25T02:00", "2026-10-25T02:00+0100", "2026-10-25T03:00"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("@daily", "five fields"),
        ("0 0 9 * * 1", "five fields"),
        ("0 25 * * *", "`25` is no hour"),
        ("60 9 * * *", "`60` is no minute"),
        ("0 9 * * MO", "`MO` is no day of the week"),
        ("0 9 31 2 *", "never comes"),
        ("0 9 * 13 *", "`13` is no month"),
    ],
)
def test_what_is_no_cron_line(written: str, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_cron(written)
    assert said in caught.value.message
