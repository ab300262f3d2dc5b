"""Zone names that are real, those that are tricks or typing errors, and the way from local time to UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from engine.calendar.zones import find_zone, local_to_utc, suggest_zone, zone_of


@pytest.mark.parametrize(
    "name", ["Europe/Zurich", "UTC", "Etc/GMT+5", "EST", "CET", " Asia/Tokyo ", "Asia/Calcutta"]
)
def test_finds(name: str) -> None:
    zone = find_zone(name)
    assert zone is not None
    assert zone.key == name.strip()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe",
        "Europe/",
        "europe/zurich",
        "CEST",
        "Europe/Zürich",
        "../zoneinfo/UTC",
        "/etc/localtime",
        "/usr/share/zoneinfo/UTC",
        "posix/Europe/Zurich",
        "right/Europe/Zurich",
        "Europe/../UTC",
        "localtime",
        "posixrules",
        "Factory",
        "tzdata.zi",
        "zone.tab",
        "UTC\0",
        "+02:00",
        "x" * 100_000,
        None,
        7,
        ["UTC"],
        {"zone": "UTC"},
    ],
)
def test_does_not_find(name: object) -> None:
    assert find_zone(name) is None


def test_every_zone_of_the_platform_is_known() -> None:
    missing = {name for name in available_timezones() if find_zone(name) is None}
    assert missing <= {"Factory", "localtime"}


def test_finds_the_same_object_again() -> None:
    assert find_zone("Europe/Zurich") is find_zone("Europe/Zurich ")


@pytest.mark.parametrize(
    ("names", "key", "unknown"),
    [
        (("Europe/Zurich",), "Europe/Zurich", None),
        ((None, "", "Asia/Tokyo"), "Asia/Tokyo", None),
        (("Mars/Base", "Asia/Tokyo"), "Asia/Tokyo", "Mars/Base"),
        (("Mars/Base", "Moon", "Asia/Tokyo"), "Asia/Tokyo", "Mars/Base"),
        (("Asia/Tokyo", "Mars/Base"), "Asia/Tokyo", None),
        (("Mars/Base",), "UTC", "Mars/Base"),
        ((7, "Asia/Tokyo"), "Asia/Tokyo", "7"),
        ((), "UTC", None),
        ((None,), "UTC", None),
    ],
)
def test_falls_through_to_the_next_name(names: tuple[object, ...], key: str, unknown: str | None) -> None:
    zone, warned = zone_of(*names)
    assert (zone.key, warned) == (key, unknown)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("europe/zurich", "Europe/Zurich"),
        ("Europe/Zürich", "Europe/Zurich"),
        ("Zurich", "Europe/Zurich"),
        ("Europe/Zurch", "Europe/Zurich"),
        ("new york", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("Amercia/New_York", "America/New_York"),
        ("utc", "UTC"),
        ("qqqqqq", None),
        ("CEST", None),
        ("PDT", None),
        ("", None),
    ],
)
def test_suggests(typed: str, meant: str | None) -> None:
    assert suggest_zone(typed) == meant


@pytest.mark.parametrize(
    ("local", "zone", "expected"),
    [
        ("2026-01-15 12:00", "Europe/Zurich", "2026-01-15 11:00"),
        ("2026-03-29 01:59", "Europe/Zurich", "2026-03-29 00:59"),
        ("2026-03-29 02:00", "Europe/Zurich", "2026-03-29 01:00"),
        ("2026-03-29 02:59", "Europe/Zurich", "2026-03-29 01:00"),
        ("2026-03-29 03:00", "Europe/Zurich", "2026-03-29 01:00"),
        ("2026-10-25 02:30", "Europe/Zurich", "2026-10-25 00:30"),
        ("2026-10-25 03:00", "Europe/Zurich", "2026-10-25 02:00"),
        ("2026-10-04 02:10", "Australia/Lord_Howe", "2026-10-03 15:30"),
        ("2011-12-30 15:00", "Pacific/Apia", "2011-12-30 10:00"),
    ],
)
def test_local_to_utc(local: str, zone: str, expected: str) -> None:
    for fold in (0, 1):  # the rule decides, whatever the caller's datetime remembers
        naive = datetime.fromisoformat(local).replace(fold=fold)
        assert local_to_utc(naive, ZoneInfo(zone)) == datetime.fromisoformat(expected).replace(tzinfo=UTC)
