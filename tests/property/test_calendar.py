"""Waits and quiet hours against a clock that is read minute by minute, over every zone and every change.

The oracle never turns a local time into an instant. It lists what the wall clock shows at each minute of UTC
(which zoneinfo answers without any rule of ours) and looks the answers up by scanning that list: the words
of language.md §5 taken literally. What the engine does to find gaps, doubled hours and midnights is absent.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache, partial
from itertools import pairwise, product
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.calendar.clock_times import TimeSpan
from engine.calendar.durations import add, read_duration
from engine.calendar.instants import as_instant, read_instant, write_instant
from engine.calendar.quiet import quiet_until
from engine.calendar.waits import WaitRule, wait_end, with_jitter
from engine.calendar.zones import find_zone
from engine.errors import ReadError
from engine.model.duration import Duration

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
ALL_ZONES = sorted(available_timezones() - {"localtime", "Factory"})

#: Calendar days, exact seconds and the sign of what is added to each start.
SUMS = ((1, 0, 1), (2, 0, 1), (7, 0, 1), (1, 7200, 1), (1, 0, -1), (1, 3600, -1))

#: Changes that the years 2026 and 2027 do not have: days left out, clocks set back over midnight, half hours,
#: and offsets changed for good.
HISTORIC = [
    ("Pacific/Apia", "2011-12-20", "2012-01-10"),
    ("Pacific/Kwajalein", "1993-08-15", "1993-08-30"),
    ("America/St_Johns", "2010-03-01", "2010-11-20"),
    ("Asia/Pyongyang", "2015-08-01", "2015-08-30"),
    ("America/Caracas", "2007-12-01", "2007-12-20"),
    ("Asia/Kathmandu", "1985-12-20", "1986-01-10"),
    ("America/Sao_Paulo", "2018-02-01", "2018-11-20"),
    ("Africa/Casablanca", "2025-02-10", "2025-04-20"),
]


class MinuteClock:
    """What a wall clock shows at each minute of a stretch of UTC; answers are indexes into that list."""

    def __init__(self, zone: ZoneInfo, begins: datetime, ends: datetime) -> None:
        self.begins = begins
        count = (ends - begins) // MINUTE
        self.walls = [(begins + n * MINUTE).astimezone(zone).replace(tzinfo=None) for n in range(count)]
        self.dates = [self.walls[0].date() + n * DAY for n in range((ends - begins) // DAY + 2)]
        self.furthest = list(self.walls)  # the latest time shown so far
        self.known: dict[WaitRule, dict[int, int | None]] = {}
        for n in range(1, count):
            self.furthest[n] = max(self.furthest[n], self.furthest[n - 1])

    def index(self, instant: datetime) -> int:
        return (instant - self.begins) // MINUTE

    def instant(self, index: int | None) -> datetime | None:
        return None if index is None else self.begins + index * MINUTE

    def first_shows(self, wall: datetime) -> int:
        """The minute at which the clock shows this time, or has jumped past it, for the first time."""
        return bisect_left(self.furthest, wall)

    def add_days(self, start: datetime, days: int, seconds: int) -> datetime:
        index = self.first_shows(self.walls[self.index(start)] + days * DAY)
        return self.begins + index * MINUTE + seconds * SECOND

    def open_from(self, index: int, rule: WaitRule) -> int | None:
        known = self.known.setdefault(rule, {})  # asked from late to early, each minute is looked at once
        n = index
        while n < len(self.walls) and n not in known and not is_allowed(self.walls[n], rule):
            n += 1
        known[index] = known.get(n, n if n < len(self.walls) else None)
        return known[index]

    def closed_from(self, index: int, rule: WaitRule) -> int | None:
        return next((n for n in range(index, len(self.walls)) if not is_allowed(self.walls[n], rule)), None)

    def wait_end(self, start: datetime, rule: WaitRule) -> datetime | None:
        index = self.index(start)
        if rule.until is None:
            return self.instant(self.open_from(index, rule))
        moments = [self.first_shows(datetime.combine(date, rule.until)) for date in self.dates]
        good = (n for n in moments if index <= n < len(self.walls) and is_allowed(self.walls[n], rule))
        return self.instant(next(good, None))

    def quiet_until(self, start: datetime, span: TimeSpan) -> datetime | None:
        index = self.index(start)
        wall = self.walls[index]
        if not is_within(wall, span):
            return None
        end = datetime.combine(wall.date(), span.end)
        end += DAY if end <= wall else timedelta()
        later = range(index + 1, len(self.walls))
        return self.instant(
            next(n for n in later if self.walls[n] >= end and not is_within(self.walls[n], span))
        )


def is_within(wall: datetime, span: TimeSpan) -> bool:
    """Start is inside, end is outside, told by counting minutes forward from the start."""
    start = minute_of_day(span.start)
    return (wall.hour * 60 + wall.minute - start) % 1440 < (minute_of_day(span.end) - start) % 1440


def is_allowed(wall: datetime, rule: WaitRule) -> bool:
    on_day = rule.days is None or wall.isoweekday() - 1 in rule.days
    return on_day and (rule.between is None or is_within(wall, rule.between))


def minute_of_day(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def clock_at(minutes: int) -> time:
    return time(minutes % 1440 // 60, minutes % 60)


def span_of(start: int, end: int) -> TimeSpan:
    return TimeSpan(clock_at(start), clock_at(end), f"{clock_at(start):%H:%M}-{clock_at(end):%H:%M}")


@dataclass(frozen=True)
class Change:
    """A change of the clock: when, and what it showed just before and at that instant."""

    at: datetime
    before: datetime
    after: datetime


def changes(zone: ZoneInfo, begins: datetime, ends: datetime) -> Iterator[Change]:
    """Looks every six hours, then halves; an offset that comes and goes within six hours does not exist."""
    steps = [begins + n * 6 * HOUR for n in range((ends - begins) // (6 * HOUR) + 1)]
    for low, high in pairwise(steps):
        offset = low.astimezone(zone).utcoffset()
        assert offset is not None
        if high.astimezone(zone).utcoffset() != offset:
            while high - low > SECOND:
                middle = low + (high - low) // 2 // SECOND * SECOND
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
            yield Change(
                high, (high + offset).replace(tzinfo=None), high.astimezone(zone).replace(tzinfo=None)
            )


def midnight(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@cache
def changes_of_two_years() -> list[tuple[str, Change]]:
    two_years = midnight("2026-01-01"), midnight("2028-01-01")
    return [(name, change) for name in ALL_ZONES for change in changes(ZoneInfo(name), *two_years)]


def historic_changes() -> list[tuple[str, Change]]:
    return [
        (name, change)
        for name, begins, ends in HISTORIC
        for change in changes(ZoneInfo(name), midnight(begins), midnight(ends))
    ]


def spans_around(change: Change) -> list[TimeSpan]:
    """Spans that begin, end or lie within the gap or the doubled hour, and two of everyday life."""
    before, after = minute_of_day(change.before.time()), minute_of_day(change.after.time())
    low = min(before, after)
    return [
        span_of(21 * 60, 8 * 60),
        span_of(9 * 60, 18 * 60),
        span_of(before - 20, before + 20),
        span_of(after - 20, after + 20),
        span_of(low + 5, low + 15),
        *([span_of(before, after), span_of(after, before)] if before != after else []),
        span_of(low + 10, low + 5),
    ]


def rules_around(change: Change) -> list[WaitRule]:
    before, after = minute_of_day(change.before.time()), minute_of_day(change.after.time())
    weekdays = {change.before.weekday(), change.after.weekday()}
    untils = [clock_at(minutes) for minutes in (before, after, before + 10, after + 10, before - 10, 570)]
    return [
        *(WaitRule(None, until) for until in untils),
        *(WaitRule(None, until, frozenset({day})) for until in untils[2:4] for day in weekdays),
        *(WaitRule(None, None, frozenset({day})) for day in weekdays),
        *(WaitRule(None, None, None, span) for span in spans_around(change)),
        *(WaitRule(None, None, frozenset({min(weekdays)}), span) for span in spans_around(change)[2:5]),
    ]


def starts_around(change: Change) -> list[datetime]:
    at = change.at - timedelta(seconds=change.at.second)
    near = [at + n * 5 * MINUTE for n in range(-14, 27, 2)]
    exact = [at - MINUTE, at, at + MINUTE, at + abs(change.after - change.before)]
    return sorted([*near, *exact, *(at + n * 4 * HOUR for n in range(-5, 6))], reverse=True)


#: A question that still lacks its zone, and the answer of the minute clock.
Expected = tuple["partial[datetime] | partial[datetime | None]", datetime | None]


def expected_answers(clock: MinuteClock, change: Change) -> Iterator[Expected]:
    starts = starts_around(change)
    for rule, start in product(rules_around(change), starts):
        end = clock.wait_end(start, rule)
        if end is not None:  # a weekday that the change itself has spoilt comes after the stretch
            yield partial(wait_end, rule, start), end
    for span, start in product(spans_around(change), starts):
        yield partial(quiet_until, start, span), clock.quiet_until(start, span)
    for (days, seconds, sign), start in product(SUMS, starts):
        moved = clock.add_days(start, sign * days, sign * seconds)
        yield partial(add, start, Duration(0, days, seconds, "written"), sign=sign), moved


class Oracle:
    """Expected answers around one change. Most zones share theirs with others, so they are kept."""

    def __init__(self) -> None:
        self.kept: dict[object, list[Expected]] = {}
        self.turn = 0

    def around(self, zone: ZoneInfo, change: Change) -> list[Expected]:
        """All answers for the first zone with such a change, every fifth for the others."""
        noon = change.at.replace(hour=12, minute=0, second=0)
        begins, ends = noon - 4 * DAY, noon + 9 * DAY
        key = change, tuple(changes(zone, begins, ends))
        if key not in self.kept:
            self.kept[key] = list(expected_answers(MinuteClock(zone, begins, ends), change))
            return self.kept[key]
        self.turn = (self.turn + 1) % 5
        return self.kept[key][self.turn :: 5]


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


def check_change(oracle: Oracle, name: str, change: Change) -> None:
    zone = find_zone(name)
    assert zone is not None
    for ask, answer in oracle.around(zone, change):
        assert ask(zone) == answer, (name, ask)


def test_every_change_of_the_clock_of_two_years(oracle: Oracle) -> None:
    found = changes_of_two_years()
    kinds = {change.after - change.before for _, change in found}
    assert {HOUR, -HOUR, 30 * MINUTE, -30 * MINUTE, 2 * HOUR, -2 * HOUR} <= kinds
    assert {name for name, _ in found} >= {
        "America/Havana",
        "Asia/Beirut",
        "Africa/Cairo",
        "Antarctica/Troll",
    }
    for name, change in found:
        check_change(oracle, name, change)


def test_changes_of_the_past_that_were_odder(oracle: Oracle) -> None:
    found = historic_changes()
    assert max(change.after - change.before for _, change in found) >= DAY
    for name, change in found:
        check_change(oracle, name, change)


def test_zones_that_never_change() -> None:
    moving = {name for name, _ in changes_of_two_years()}
    start, rule = midnight("2026-05-15") + 7 * HOUR, WaitRule(Duration(0, 3, 0, "3 days"), time(9, 30))
    expected: dict[timedelta | None, datetime | None] = {}
    for name in sorted(set(ALL_ZONES) - moving):
        zone = ZoneInfo(name)
        offset = start.astimezone(zone).utcoffset()
        if offset not in expected:
            expected[offset] = MinuteClock(zone, start - 2 * DAY, start + 6 * DAY).wait_end(
                start + 3 * DAY, rule
            )
        assert wait_end(rule, start, zone) == expected[offset], name


minutes_of_two_years = st.integers(0, 2 * 365 * 1440 - 1)
clocks = st.integers(0, 1439)
weekdays = st.none() | st.frozensets(st.integers(0, 6), min_size=1)
spans = st.tuples(clocks, clocks).filter(lambda ends: ends[0] != ends[1]).map(lambda ends: span_of(*ends))


@st.composite
def starts(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and a minute: anywhere, or within two days of a change of its clock."""
    if draw(st.booleans()):
        name, change = draw(st.sampled_from(changes_of_two_years()))
        return name, change.at + draw(st.integers(-2880, 2880)) * MINUTE
    return draw(st.sampled_from(ALL_ZONES)), midnight("2026-01-01") + draw(minutes_of_two_years) * MINUTE


@settings(max_examples=80, deadline=None)
@given(starts(), st.integers(0, 3), st.integers(0, 30), st.none() | clocks, weekdays, st.none() | spans)
def test_any_wait(
    place: tuple[str, datetime],
    days: int,
    hours: int,
    until: int | None,
    weekdays: frozenset[int] | None,
    between: TimeSpan | None,
) -> None:
    name, start = place
    rule = WaitRule(
        Duration(0, days, hours * 3600, "written"),
        None if until is None else clock_at(until),
        weekdays,
        between,
    )
    assume(rule.until is None or between is None or between.holds(rule.until))
    zone = ZoneInfo(name)
    clock = MinuteClock(zone, start - 2 * DAY, start + 14 * DAY)
    expected = clock.wait_end(
        clock.add_days(start, days, hours * 3600) if days else start + hours * HOUR, rule
    )
    end = wait_end(rule, start, zone)
    assert end == expected if expected is not None else end > start + 7 * DAY


@settings(max_examples=60, deadline=None)
@given(starts(), weekdays, st.none() | spans, st.integers(1, 4000), st.floats(0, 1, exclude_max=True))
def test_jitter_stays_in_the_open_time_and_fills_it(
    place: tuple[str, datetime],
    weekdays: frozenset[int] | None,
    between: TimeSpan | None,
    size: int,
    part: float,
) -> None:
    name, start = place
    zone, rule = ZoneInfo(name), WaitRule(None, None, weekdays, between)
    jitter = Duration(0, 0, size * 60, f"{size} minutes")
    end = wait_end(rule, start, zone)
    clock = MinuteClock(zone, end, end + (size + 1) * MINUTE)
    closes = clock.closed_from(0, rule)
    room = min(size, size if closes is None else closes) * MINUTE
    assert end <= with_jitter(end, rule, zone, part, jitter) < end + room
    assert with_jitter(end, rule, zone, 0.0, jitter) == end
    assert with_jitter(end, rule, zone, 1 - 2**-53, jitter) == end + room - SECOND


@settings(max_examples=60, deadline=None)
@given(starts(), spans)
def test_any_quiet_hours(place: tuple[str, datetime], span: TimeSpan) -> None:
    name, start = place
    clock = MinuteClock(ZoneInfo(name), start - MINUTE, start + 3 * DAY)
    assert quiet_until(start, span, ZoneInfo(name)) == clock.quiet_until(start, span)


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001 - hypothesis wants them naive
def test_written_instants_are_read_back(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    text = write_instant(instant)
    assert read_instant(text, ZoneInfo("Asia/Tokyo")) == instant
    assert as_instant(text) == instant


@given(st.text(max_size=30) | st.integers() | st.floats() | st.none())
def test_any_text_is_read_or_refused_in_words(text: object) -> None:
    refusals = [refusal(lambda: read_duration(text)), refusal(lambda: read_instant(text, ZoneInfo("UTC")))]
    assert all(error is None or (error.message and error.help) for error in refusals)
    assert as_instant(text) is None or isinstance(text, str)


def refusal(read: Callable[[], object]) -> ReadError | None:
    try:
        read()
    except ReadError as error:
        return error
    return None
