"""The first instant at which time alone may change an answer: exact where lengths are, never late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.conditions.asking import NOW, condition, event, view

DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "contact.x: 5",
        "contact.x: { before: 2027-01-01 }",
        "contact.x: { exists: true }",
        "contact.x: { within: 30 days }",  # missing
        "{ did: Order Completed }",
        "{ did: Order Completed, within: 30 days }",  # never done
        "all: [{contact.x: 1}, {not: {contact.y: 2}}]",
    ],
)
def test_where_time_does_not_matter(text: str) -> None:
    assert condition(text).next_change(view()) is None


# now is 2026-04-15 12:00
@pytest.mark.parametrize(
    ("written", "value", "wanted"),
    [
        ("within: 10 days", "2026-04-10", "2026-04-20"),
        ("within: 10 days", "2026-04-20", "2026-04-20"),
        ("within: 10 days", "2026-04-01", None),
        ("in_next: 10 days", "2026-04-30", "2026-04-20"),
        ("in_next: 10 days", "2026-04-20", "2026-04-20"),
        ("in_next: 10 days", "2026-04-10", None),
        ("older_than: 10 days", "2026-04-10", "2026-04-20"),
        ("older_than: 10 days", "2026-04-01", None),
        ("within: 1 month", "2026-03-20", "2026-04-20"),
        ("in_next: 1 month", "2026-06-20", "2026-05-20"),
        ("older_than: 1 year", "9999-12-31", None),
        ("within: {value: contact.length}", "2026-04-14", "2026-04-16"),
    ],
)
def test_comparisons(written: str, value: str, wanted: str | None) -> None:
    found = condition(f"contact.x: {{ {written} }}").next_change(view({"x": value, "length": "2 days"}))
    assert found == (at(wanted) if wanted else None)


def test_an_event_falls_out_of_its_window() -> None:
    seen = view(events=[("A", NOW - 3 * DAY, {}), ("A", NOW - 9 * DAY, {}), ("A", NOW - 20 * DAY, {})])
    assert condition("{did: A, within: 10 days}").next_change(seen) == NOW + DAY
    assert condition("{did: A, within: 5 days}").next_change(seen) == NOW + 2 * DAY
    assert condition("{did: A, within: 1 day}").next_change(seen) is None


def test_an_event_ahead_will_count() -> None:
    seen = view(events=[("A", NOW + timedelta(minutes=4), {})], entered_at=NOW)
    for text in ("{did: A}", "{did_not: A}", "{did: A, within: 3 days}", "{did: A, since: journey_start}"):
        assert condition(text).next_change(seen) == NOW + timedelta(minutes=4)


def test_events_that_do_not_fit_never_matter() -> None:
    seen = view(events=[("A", NOW - 3 * DAY, {"x": 1}), ("A", NOW - 2 * DAY, {"x": 2})])
    assert condition("{did: A, within: 10 days, where: {event.x: 2}}").next_change(seen) == NOW + 8 * DAY
    assert condition("{did: A, within: 10 days, where: {event.x: 3}}").next_change(seen) is None


def test_a_where_may_depend_on_time_itself() -> None:
    asked = condition("{did: A, where: {event.until: {in_next: 1 day}}}")
    seen = view(events=[("A", NOW - 30 * DAY, {"until": (NOW + 3 * DAY).isoformat()})])
    assert asked.next_change(seen) == NOW + 2 * DAY


def test_the_earliest_part_decides() -> None:
    asked = condition(
        "any: [{contact.x: {within: 10 days}}, {not: {contact.y: {within: 10 days}}}, {contact.z: 1}]"
    )
    assert asked.next_change(view({"x": "2026-04-10", "y": "2026-04-08"})) == at("2026-04-18")


def test_the_edge_of_a_month_goes_back_and_forth_in_february() -> None:
    """A month before 28 March 20:00 is 28 February 20:00; before 29 March 01:00 it is 28 February 01:00."""
    asked = condition("{did: A, within: 1 month}")
    history = {"A": [event("A", at("2026-02-28T12:00"))]}
    now, answers = at("2026-03-20"), []
    for _ in range(20):
        seen = view(now=now)
        seen.history = history
        answers.append((now, asked.holds(seen)))
        following = asked.next_change(seen)
        if following is None:
            break
        assert following > now
        now = following
    changes = [one for one, before in zip(answers[1:], answers, strict=False) if one[1] is not before[1]]
    assert changes == [
        (at("2026-03-28T12:00"), False),
        (at("2026-03-29T00:00"), True),
        (at("2026-03-29T12:00"), False),
        (at("2026-03-30T00:00"), True),
        (at("2026-03-30T12:00"), False),
        (at("2026-03-31T00:00"), True),
        (at("2026-03-31T12:00"), False),
    ]
