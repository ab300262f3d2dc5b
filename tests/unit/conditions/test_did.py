"""History: windows, counts, sums, `where`, and what `since: journey_start` counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.conditions.asking import NOW, condition, holds, view

ORDER = "Order Completed"


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def orders(*events: tuple[datetime, Any]) -> list[tuple[str, datetime, dict[str, Any]]]:
    return [(ORDER, at, {"total": total, "currency": "CHF"}) for at, total in events]


THREE = orders((ago(days=40), 33.4), (ago(days=10), 33.3), (ago(days=1), 33.3))


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("{did: Order Completed}", True),
        ("{did: Cart Viewed}", False),
        ("{did_not: Cart Viewed}", True),
        ("{did_not: Order Completed}", False),
        ("{did: Order Completed, within: 1 hour}", False),
        ("{did_not: Order Completed, within: 1 hour}", True),
        ("{did: Order Completed, within: 1 day}", False),
        ("{did: Order Completed, within: 25 hours}", True),
        ("{did: Order Completed, count: {eq: 3}}", True),
        ("{did: Order Completed, within: 30 days, count: {eq: 2}}", True),
        ("{did: Order Completed, within: 30 days, count: {gte: 3}}", False),
        ("{did: Order Completed, count: {between: [2, 3]}}", True),
        ("{did: Order Completed, count: {between: [4, 5]}}", False),
        ("{did: Order Completed, count: {gt: 3}}", False),
        ("{did: Order Completed, count: {ne: 3}}", False),
        ("{did: Order Completed, count: {lte: 3, gte: 3}}", True),
        ("{did: Cart Viewed, count: {eq: 0}}", True),
        ("{did: Cart Viewed, count: {lt: 2}}", True),
        ("{did: Order Completed, sum: {event.total: {gte: 100}}}", True),
        ("{did: Order Completed, sum: {event.total: {eq: 100}}}", True),
        ("{did: Order Completed, sum: {event.total: {gt: 100}}}", False),
        ("{did: Order Completed, within: 30 days, sum: {event.total: {between: [60, 70]}}}", True),
        ("{did: Order Completed, within: 30 days, sum: {event.total: {between: [70, 80]}}}", False),
        ("{did: Order Completed, sum: {event.nothing: {eq: 0}}}", True),
        ("{did: Order Completed, sum: {event.currency: {eq: 0}}}", True),
        ("{did: Cart Viewed, sum: {event.total: {lt: 100}}}", False),
        ("{did: Cart Viewed, count: {gte: 0}, sum: {event.total: {lt: 100}}}", True),
        ("{did: Order Completed, count: {gte: 2}, sum: {event.total: {gt: 500}}}", False),
        ("{did: Order Completed, where: {event.total: {gt: 33.35}}, within: 30 days}", False),
        ("{did: Order Completed, where: {event.total: {gt: 33.35}}}", True),
        ("{did: Order Completed, where: {event.total: 33.3, event.currency: CHF}, count: {eq: 2}}", True),
        ("{did: Order Completed, where: {event.currency: {same_as: contact.currency}}}", True),
        ("{did: Order Completed, where: {any: [{event.total: 1}, {did: Cart Viewed}]}}", False),
    ],
)
def test_history(written: str, wanted: bool) -> None:
    assert holds(written, {"currency": "CHF"}, events=THREE) is wanted


def test_the_window_is_open_at_its_start_and_closed_at_now() -> None:
    written = "{did: Order Completed, within: 2 days, count: {eq: 1}}"
    assert not holds(written, events=orders((ago(days=2), 1)))
    assert holds(written, events=orders((ago(days=2, microseconds=-1), 1)))
    assert holds(written, events=orders((NOW, 1)))
    assert not holds(written, events=orders((NOW + timedelta(microseconds=1), 1)))


def test_what_lies_ahead_does_not_count_yet() -> None:
    ahead = orders((NOW + timedelta(minutes=3), 1))
    assert not holds("{did: Order Completed}", events=ahead)
    assert holds("{did: Order Completed}", events=ahead, now=NOW + timedelta(minutes=3))


def test_a_month_is_a_calendar_month_in_utc() -> None:
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    written = "{did: Order Completed, within: 1 month}"
    assert not holds(written, now=now, events=orders((datetime(2026, 2, 28, 12, tzinfo=UTC), 1)))
    assert holds(written, now=now, events=orders((datetime(2026, 2, 28, 12, 0, 1, tzinfo=UTC), 1)))


@pytest.mark.parametrize("total", [True, "33", None, float("inf"), float("nan"), [1]])
def test_what_is_no_number_adds_nothing(total: Any) -> None:
    assert holds(
        "{did: Order Completed, sum: {event.total: {eq: 5}}}", events=orders((ago(days=2), 5), (NOW, total))
    )


def test_sums_of_numbers_beyond_floating_point() -> None:
    huge = orders((ago(days=2), 10**400), (ago(days=1), 0.5))
    assert holds("{did: Order Completed, sum: {event.total: {gt: 500}}}", events=huge)


def test_the_event_under_test_is_the_same_again_after_a_where() -> None:
    asked = condition("all: [{did: Order Completed, where: {event.total: 5}}, {event.total: 7}]")
    seen = view(events=orders((NOW, 5)))
    seen.event = view(events=orders((NOW, 7))).history[ORDER][0]
    assert asked.holds(seen)
    assert seen.event.properties["total"] == 7


# --- since: journey_start ---------------------------------------------------------------------

SINCE = "{did: Order Completed, since: journey_start}"
START = ago(days=3)


def since(at: datetime, received_at: datetime | None = None, triggered_at: datetime | None = START) -> bool:
    return holds(
        SINCE,
        events=[(ORDER, at, {}, received_at)],
        entered_at=START,
        triggered_at=triggered_at,
    )


def test_the_triggering_event_does_not_count() -> None:
    assert not since(START)
    assert not since(START, triggered_at=None)
    assert not since(
        START - timedelta(seconds=5), received_at=START, triggered_at=START - timedelta(seconds=5)
    )


def test_what_comes_after_the_start_counts() -> None:
    assert since(START + timedelta(seconds=1))
    assert since(START + timedelta(seconds=1), triggered_at=None)


def test_what_was_received_together_with_the_trigger_but_done_later_counts() -> None:
    assert since(START - timedelta(seconds=1), received_at=START, triggered_at=START - timedelta(seconds=5))


def test_what_was_done_before_the_trigger_does_not_count_though_received_later() -> None:
    assert not since(START - timedelta(days=200), received_at=START + timedelta(hours=1))


def test_what_was_done_with_the_trigger_and_received_later_counts() -> None:
    assert since(START, received_at=START + timedelta(minutes=1))


def test_before_an_entry_nothing_counts() -> None:
    assert not holds(SINCE, events=[(ORDER, NOW, {})])
    assert holds("{did_not: Order Completed, since: journey_start}", events=[(ORDER, NOW, {})])
