"""The short cut past conversions: right wherever it answers, and silent near every change of a clock."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from engine.calendar.zones import find_zone, on_day, steady_offset

ZONES = ("Europe/Zurich", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca")
NAMES = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()


def changes(name: str) -> list[int]:
    """The seconds since 1970 at which the offset changes, read from the compiled file (RFC 8536)."""
    data = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    _, _, _, times, types, letters = struct.unpack(">6l", data[20:44])
    start = 44 + times * 5 + types * 6 + letters  # the second block has eight bytes for each time
    _, _, _, times, types, _ = struct.unpack(">6l", data[start + 20 : start + 44])
    start += 44
    at = struct.unpack(f">{times}q", data[start : start + 8 * times])
    kinds = data[start + 8 * times : start + 9 * times]
    start += 9 * times
    offsets = [struct.unpack(">l", data[start + 6 * i : start + 6 * i + 4])[0] for i in range(types)]
    return [
        when
        for when, (one, other) in zip(at[1:], pairwise(kinds), strict=True)
        if offsets[one] != offsets[other]
    ]


def test_no_clock_anywhere_is_changed_twice_within_the_days_between_two_looks() -> None:
    closest = min(later - earlier for name in NAMES for earlier, later in pairwise(changes(name)))
    assert closest > 3 * 86_400


@pytest.mark.parametrize("name", ZONES)
def test_near_a_change_of_the_clock_there_is_no_answer(name: str) -> None:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        zone = ZoneInfo.from_file(file)  # the machine's own files may be older
    for seconds in changes(name):
        day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).date()
        for around in (-1, 0, 1):
            assert steady_offset(day + timedelta(days=around), zone) is None


@pytest.mark.parametrize("name", ZONES)
def test_where_it_answers_the_wall_clock_shows_what_was_asked_for(name: str) -> None:
    zone = find_zone(name)
    assert zone is not None
    answers = 0
    for number in range(5 * 365):
        day = date(2024, 1, 1) + timedelta(days=number)
        offset = steady_offset(day, zone)
        if offset is None:
            continue
        answers += 1
        clock = time(number % 24, number % 60)
        shown = on_day(day, clock, zone).astimezone(zone)
        assert (shown.date(), shown.time(), shown.fold) == (day, clock, 0)
        assert shown.utcoffset() == offset
    assert answers > 500


def test_the_ends_of_the_calendar_have_no_answer() -> None:
    zone = find_zone("Europe/Zurich")
    assert zone is not None
    assert steady_offset(date.min, zone) is None
    assert steady_offset(date.max, zone) is None
