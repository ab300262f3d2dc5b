"""Microseconds since 1970: exact in both directions, and in the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store.instants import instant, instant_or_none, micros, micros_or_none

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1900, 1, 1), datetime(9990, 1, 1), timezones=zones)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("1970-01-01T00:00:00+00:00", 0),
        ("1970-01-01T00:00:00.000001+00:00", 1),
        ("1969-12-31T23:59:59.999999+00:00", -1),
        ("2001-09-09T03:46:40.5+02:00", 1_000_000_000_500_000),
        ("2038-01-19T03:14:08+00:00", 2_147_483_648_000_000),
    ],
)
def test_known_instants(at: str, value: int) -> None:
    assert micros(datetime.fromisoformat(at)) == value
    assert instant(value) == datetime.fromisoformat(at)


@given(instants)
def test_there_and_back(at: datetime) -> None:
    back = instant(micros(at))
    assert back == at
    assert back.tzinfo is UTC


@given(instants, instants)
def test_numbers_sort_as_instants_do(one: datetime, other: datetime) -> None:
    assert (micros(one) < micros(other)) == (one < other)


def test_nothing_stays_nothing() -> None:
    assert micros_or_none(None) is None
    assert instant_or_none(None) is None
    assert instant_or_none(0) == datetime(1970, 1, 1, tzinfo=UTC)
