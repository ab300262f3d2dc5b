"""Conditions as SQL against the plain evaluator of the language's page, on SQLite and on PostgreSQL.

SQL may leave open what it cannot say; it must never leave somebody out who is in, nor be sure of somebody
who is not. Which words it says exactly is written down here, so that it cannot become vague unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.case import Case
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Topic
from engine.model.position import Enrollment
from engine.store.database import Store
from tests.property.test_conditions import CONDITIONS, TOPICS, World, compiled, truth, worlds

SHOP: Mapping[str, Topic] = {name: Topic(name, name, consent) for name, consent in TOPICS.items()}  # type: ignore[arg-type]
BORN = datetime(2025, 1, 1, tzinfo=UTC)

EACH = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Crowd:
    """One database; every question gets contacts of its own, and earlier ones are passed over."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.made = 0

    def put(self, people: Sequence[World]) -> list[int]:
        """Their keys, in order."""
        keys: list[int] = []
        for one in people:
            self.made += 1
            id = f"c{self.made}"
            contact = Contact(
                id, attributes=one.contact, topics=one.topics, consents=one.consents, created_at=BORN
            )
            with self.store.page() as page:
                page.put_contacts([contact], BORN)
                page.take_events(
                    [
                        Event(f"{id}-{n}", id, name, at, received_at, properties)
                        for n, (name, at, received_at, properties) in enumerate(one.past)
                    ]
                )
                (key,) = page.contacts([id], BORN).values()
                page.save([_passed(contact, key, one)], BORN)
            keys.append(key)
        return keys

    def found(self, data: dict[str, Any], keys: Sequence[int], now: datetime) -> list[tuple[bool, bool]]:
        """Of each: whether it may hold, whether it surely does."""
        with self.store.snapshot() as page:
            condition = compiled(data).predicate
            found = page.candidates(condition, SHOP, now, keys)
        return [(key in found, found.get(key, False)) for key in keys]


def _passed(contact: Contact, key: int, one: World) -> Case:
    case = Case(contact, key)
    for number, (journey, entered, left) in enumerate(one.passes):
        enrollment = Enrollment(journey, "v", str(number), entered, {}, entered, is_new=True)
        if left is not None:
            enrollment.left_at, enrollment.reason = left, "completed"
        case.enrollments.append(enrollment)
    return case


@pytest.fixture
def crowd(store: Store) -> Crowd:
    return Crowd(store)


def outside(world: World, now: datetime) -> World:
    """Nobody of an audience stands in a journey by it: no trigger, no steps, no event under test."""
    passes = [one for one in world.passes if one[1] <= now and (one[2] is None or one[2] <= now)]
    return replace(world, now=now, trigger={}, step={}, event=None, item=None, passes=passes)


def speaks_of_entry(data: Any) -> bool:
    """`since: journey_start` has no meaning for those who have not entered, and SQL leaves it open."""
    if isinstance(data, dict):
        return "since" in data or any(map(speaks_of_entry, data.values()))
    return isinstance(data, list) and any(map(speaks_of_entry, data))


@given(CONDITIONS, st.lists(worlds(), min_size=1, max_size=4))
@EACH
def test_nobody_is_left_out_and_nobody_is_let_in(
    crowd: Crowd, data: dict[str, Any], people: list[World]
) -> None:
    now = people[0].now
    people = [outside(one, now) for one in people]
    keys = crowd.put(people)
    for one, (may, surely) in zip(people, crowd.found(data, keys, now), strict=True):
        if not speaks_of_entry(data):
            holds = truth(data, one)
            assert may >= holds, "SQL left somebody out"
            assert holds >= surely, "SQL was sure, and wrong"
        assert may >= surely


#: What SQL says exactly, over values of every kind: nobody needs to look again.
EXACT: list[dict[str, Any]] = [
    {"contact.a": "CH"},
    {"contact.a": 5},
    {"contact.a": 2.5},
    {"contact.a": 0.30000000000000004},
    {"contact.a": True},
    {"contact.a": {"ne": "CH"}},
    {"contact.a": {"ne": 5}},
    {"contact.a": {"ne": False}},
    {"contact.a": {"in": ["CH", 5, True]}},
    {"contact.a": {"not_in": ["CH", "C"]}},
    {"contact.a": {"not_in": ["CH", 5]}},
    {"contact.a": {"gt": 1}},
    {"contact.a": {"lte": 2.5}},
    {"contact.a": {"between": [1, 5]}},
    {"contact.a": {"starts_with": "C"}},
    {"contact.a": {"ends_with": "H"}},
    {"contact.a": {"starts_with": ""}},
    {"contact.a": {"exists": True}},
    {"contact.a": {"exists": False}},
    {"contact.a.b": 1},
    {"contact.a.b": {"exists": True}},
    {"contact.created_at": {"before": "2026-01-01"}},
    {"contact.created_at": {"older_than": "13 months"}},
    {"contact.id": {"starts_with": "c"}},
    {"trigger.a": {"exists": False}},
    {"did": "Order Completed"},
    {"did_not": "Order Completed", "within": "10 days"},
    {"did": "Order Completed", "where": {"event.a": {"gte": 1}}, "count": {"eq": 1}},
    {"did": "Order Completed", "where": {"contact.a": {"gte": 1}}, "count": {"ne": 0}},
    {"did": "Order Completed", "within": "1 months", "count": {"lt": 2}},
    {"subscribed": "news"},
    {"subscribed": "cart"},
    {"subscribed": "club"},
    {"subscribed": "orders"},
    {"consented": "email"},
    {"consented": "sms"},
    {"in_journey": "j-1"},
    {"finished": "j-1"},
    {"finished": "j-2", "within": "10 days"},
    {"in_segment": "a-one"},
    {"in_segment": "both"},
    {"none": [{"contact.a": 5}, {"not": {"did": "Cart Viewed"}}]},
]
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, 5, 5.0, 2.5, -1, 0.1 + 0.2, 0.3, 2**53, 2**70, 1e300, "", "C", "CH", "ch"),
    *("5", "true", "2026-01-01", "Zürich 🎿", "C\x00H", "'; --", [], ["CH"], [5], {"b": 1}, {"b": {"b": 1}}),
]
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def everybody() -> list[World]:
    """Every value, and every history, consent and way through journeys of a short list."""
    plain = World({}, {}, {}, [], NOW, NOW, NOW)
    people = [replace(plain, contact={"a": value}) for value in VALUES]
    hours = [0, 1, 240, 239, 24 * 31 + 1, -1]
    for name in ("Order Completed", "Cart Viewed"):
        for hour in hours:
            at = NOW - timedelta(hours=hour)
            people.append(replace(plain, past=[(name, at, at, {"a": 1})], contact={"a": 1}))
            people.append(replace(plain, past=[(name, at, at, {"a": 0})] * 2))
    for topic in ("news", "cart", "club", "orders", "elsewhere", "*"):
        people += [replace(plain, topics={topic: yes}) for yes in (True, False, "asked")]
    people += [replace(plain, topics={"club": "asked", "*": yes}) for yes in (True, False)]
    people += [replace(plain, consents={"email": yes, "sms": yes}) for yes in (True, False)]
    for journey in ("j-1", "j-2"):
        for hour in (1, 240, 241):
            entered = NOW - timedelta(hours=hour)
            people.append(replace(plain, passes=[(journey, entered, None)]))
            people.append(replace(plain, passes=[(journey, entered, entered)]))
    return people


def test_what_sql_says_exactly_it_says_like_the_page(crowd: Crowd) -> None:
    people = everybody()
    keys = crowd.put(people)
    for data in EXACT:
        found = crowd.found(data, keys, NOW)
        for one, key, (may, surely) in zip(people, keys, found, strict=True):
            named = replace(one, contact={"id": f"c{key}", "created_at": "2025-01-01", **one.contact})
            right = truth(data, outside(named, NOW))
            has_nul = "\x00" in str(one.contact.get("a"))
            assert may >= right >= surely, (data, one)
            assert has_nul or may == surely, (data, one)


#: What it leaves to Python, and how far it narrows: nobody without a value is looked at.
OPEN: list[dict[str, Any]] = [
    {"contact.a": {"matches": "^C"}},
    {"contact.a": {"contains": "C"}},
    {"contact.a": {"before": "2026-02-01"}},
    {"contact.a": {"within": "300 days"}},
]


@pytest.mark.parametrize("data", OPEN)
def test_what_sql_leaves_open_it_narrows(crowd: Crowd, data: dict[str, Any]) -> None:
    people = everybody()
    found = crowd.found(data, crowd.put(people), NOW)
    looked_at = [one for one, (may, _) in zip(people, found, strict=True) if may]
    assert 0 < len(looked_at) < len(people)
    assert all(one.contact.get("a") is not None for one in looked_at)
    assert {id(one) for one in people if truth(data, outside(one, NOW))} <= set(map(id, looked_at))
