"""Every operator against fitting, missing and odd values, and every root of a path."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.conditions.operators import OPERATORS
from engine.model.contact import Contact
from tests.unit.conditions.asking import condition, event, holds, view

MISSING = object()
ODD = (
    MISSING,
    None,
    True,
    False,
    0,
    1,
    5,
    5.0,
    7.5,
    "",
    "5",
    "CH",
    "ch",
    "true",
    [],
    ["CH"],
    [5],
    [True],
    {},
    {"a": 1},
)

# operator and operand as written -> the odd values for which it holds
HOLDS_FOR: dict[str, tuple[Any, ...]] = {
    "eq: 5": (5, 5.0),
    "eq: 1": (1,),
    "eq: 0": (0,),
    "eq: CH": ("CH",),
    "eq: true": (True,),
    "eq: false": (False,),
    'eq: "5"': ("5",),
    'eq: ""': ("",),
    "ne: 5": (0, 1, 7.5),
    "ne: CH": ("", "5", "ch", "true"),
    "ne: true": (False,),
    "in: [CH, 5]": ("CH", 5, 5.0),
    "in: [1, true]": (1, True),
    "in: [AT]": (),
    "not_in: [CH, DE]": ("", "5", "ch", "true"),
    "not_in: [5, CH]": (0, 1, 7.5, "", "5", "ch", "true"),
    "not_in: [true]": (False,),
    "gt: 5": (7.5,),
    "gte: 5": (5, 5.0, 7.5),
    "lt: 5": (0, 1),
    "lte: 5": (0, 1, 5, 5.0),
    "gt: -1": (0, 1, 5, 5.0, 7.5),
    "between: [1, 5]": (1, 5, 5.0),
    "between: [2026-01-01, 2026-12-31]": (),
    "contains: CH": ("CH", ["CH"]),
    "contains: 5": ([5],),
    "contains: 1": (),
    "contains: true": ([True],),
    "contains: C": ("CH",),
    "contains_any: [CH, 5]": ("CH", ["CH"], [5]),
    "contains_any: [r, h]": ("CH".lower(), "true"),
    "contains_all: [C, H]": ("CH",),
    "contains_all: [CH]": ("CH", ["CH"]),
    "contains_all: [CH, 5]": (),
    "starts_with: C": ("CH",),
    "starts_with: 5": ("5",),
    "ends_with: H": ("CH",),
    "matches: H$": ("CH",),
    "matches: (?i)^ch$": ("CH", "ch"),
    "matches: r": ("true",),
    "exists: true": tuple(one for one in ODD if one is not MISSING and one is not None),
    "exists: false": (MISSING, None),
    "before: 2026-01-01": (),
    "after: 2026-01-01": (),
    "within: 30 days": (),
    "in_next: 30 days": (),
    "older_than: 30 days": (),
    "same_as: trigger.five": (5, 5.0),
    "same_as: trigger.text": ("CH",),
    "same_as: trigger.nothing": (),
    "same_as: trigger.list": (),
    "ne: {value: trigger.nothing}": (),
    "ne: {value: trigger.list}": (),
    "gte: {value: trigger.five}": (5, 5.0, 7.5),
    "gte: {value: trigger.text}": (),
    "in: {value: trigger.list}": ("CH",),
    "in: {value: trigger.five}": (),
    "not_in: {value: trigger.list}": ("", "5", "ch", "true"),
    "between: {value: trigger.pair}": (1, 5, 5.0),
    "between: {value: trigger.list}": (),
    "contains: {value: trigger.text}": ("CH", ["CH"]),
    "contains_any: {value: trigger.list}": ("CH", ["CH"]),
    "contains_all: {value: trigger.list}": ("CH", ["CH"]),
    "contains_all: {value: trigger.text}": (),
    "starts_with: {value: trigger.text}": ("CH",),
    "starts_with: {value: trigger.five}": (),
    "ends_with: {value: trigger.text}": ("CH",),
    "matches: {value: trigger.text}": ("CH",),
    "matches: {value: trigger.bad_pattern}": (),
    "exists: {value: trigger.no}": (MISSING, None),
    "before: {value: trigger.text}": (),
    "within: {value: trigger.text}": (),
}
TRIGGER = {"five": 5, "text": "CH", "list": ["CH"], "pair": [1, 5], "no": False, "bad_pattern": "("}


@pytest.mark.parametrize("written", HOLDS_FOR)
def test_operator_on_odd_values(written: str) -> None:
    asked = condition(
        f"contact.x: {{ {written} }}" if "(?i)" not in written else 'contact.x: { matches: "(?i)^ch$" }'
    )
    for value in ODD:
        attributes = {} if value is MISSING else {"x": value}
        wanted = any(
            value is one or (type(value) is type(one) and value == one) for one in HOLDS_FOR[written]
        )
        assert asked.holds(view(attributes, trigger=TRIGGER)) is wanted, (written, value)


def test_the_table_above_asks_every_operator() -> None:
    assert {written.partition(":")[0] for written in HOLDS_FOR} == set(OPERATORS)


def test_matches_takes_no_time_on_a_pattern_that_stops_other_engines() -> None:
    assert not holds('contact.x: { matches: "(a+)+$" }', {"x": "a" * 5_000 + "b"})


def test_half_a_surrogate_matches_nothing() -> None:
    assert not holds("contact.x: { matches: a }", {"x": "a\ud800"})


@pytest.mark.parametrize(
    ("written", "value", "wanted"),
    [
        ("eq: 2026-03-29", "2026-03-29T00:00:00Z", True),
        ("eq: 2026-03-29", "2026-03-29T02:00:00+02:00", True),
        ("eq: 2026-03-29", "2026-03-29T02:00:00Z", False),
        ("ne: 2026-03-29", "2026-03-29T02:00:00+02:00", False),
        ("ne: 2026-03-29", "2026-03-30", True),
        ("ne: 2026-03-29", "spring", True),
        ("ne: 2026-03-29", 5, False),
        ("in: [2026-03-29]", "2026-03-29T00:00:00Z", True),
        ("not_in: [2026-03-29]", "2026-03-29T00:00:00Z", False),
        ("contains: 2026-03-29", ["2026-03-29T00:00:00Z"], True),
        ("contains: 2026-03-29", "from 2026-03-29 on", True),
        ("gt: 2026-03-29", "2026-03-29", False),
        ("gte: 2026-03-29", "2026-03-29", True),
        ("gt: 2026-03-29", "2026-03-29T01:00:00+02:00", False),
        ("lt: 2026-03-29", "2026-03-29T01:00:00+02:00", True),
        ("gt: 2026-03-29", "zzz", False),
        ("gt: 2026-03-29", 20260330, False),
        ("gt: 5", "2026-03-29", False),
        ("between: [2026-03-01, 2026-03-29]", "2026-03-29", True),
        ("between: [2026-03-01, 2026-03-29]", "2026-03-29T00:00:01Z", False),
        ("before: 2026-03-29", "2026-03-28T23:59:59Z", True),
        ("before: 2026-03-29", "2026-03-29", False),
        ("after: 2026-03-29", "2026-03-29", False),
        ("after: 2026-03-29", "2026-03-29T00:00:01Z", True),
        ("before: {value: trigger.day}", "2026-03-31", True),
        ("before: {value: trigger.day}", "2026-04-01", False),
        ("after: {value: trigger.nothing}", "2026-04-01", False),
    ],
)
def test_dates_compare_as_instants(written: str, value: Any, wanted: bool) -> None:
    assert holds(f"contact.x: {{ {written} }}", {"x": value}, trigger={"day": "2026-04-01"}) is wanted


# now is 2026-04-15 12:00 UTC
@pytest.mark.parametrize(
    ("written", "value", "wanted"),
    [
        ("within: 10 days", "2026-04-15T12:00:00Z", True),
        ("within: 10 days", "2026-04-15T12:00:01Z", False),
        ("within: 10 days", "2026-04-05T12:00:00Z", False),
        ("within: 10 days", "2026-04-05T12:00:01Z", True),
        ("within: 1 month", "2026-03-15T12:00:00Z", False),
        ("within: 1 month", "2026-03-15T12:00:01Z", True),
        ("in_next: 10 days", "2026-04-15T12:00:00Z", False),
        ("in_next: 10 days", "2026-04-15T12:00:01Z", True),
        ("in_next: 10 days", "2026-04-25T12:00:00Z", True),
        ("in_next: 10 days", "2026-04-25T12:00:01Z", False),
        ("older_than: 10 days", "2026-04-05T12:00:00Z", True),
        ("older_than: 10 days", "2026-04-05T12:00:01Z", False),
        ("older_than: 10 days", "2020-01-01", True),
        ("within: 12h", "2026-04-15", False),
        ("within: 13h", "2026-04-15", True),
        ("older_than: 30 days", "9999-12-31", False),
        ("within: {value: trigger.days}", "2026-04-14", True),
        ("within: {value: trigger.days}", "2026-04-12", False),
        ("within: {value: trigger.nothing}", "2026-04-14", False),
        ("within: {value: trigger.number}", "2026-04-14", False),
    ],
)
def test_windows_have_one_open_and_one_closed_end(written: str, value: str, wanted: bool) -> None:
    trigger = {"days": "2 days", "number": 2}
    assert holds(f"contact.x: {{ {written} }}", {"x": value}, trigger=trigger) is wanted


def test_a_window_follows_the_fields_of_the_contact_too() -> None:
    contact = Contact("c1", created_at=datetime(2026, 4, 14, tzinfo=UTC))
    assert holds("contact.created_at: { within: 3 days }", contact=contact)
    assert holds("contact.created_at: 2026-04-14", contact=contact)
    assert not holds("contact.created_at: { ne: 2026-04-14 }", contact=contact)
    assert holds("contact.created_at: { gt: 2026-04-13 }", contact=contact)
    assert holds(
        "contact.created_at: { same_as: trigger.day }", contact=contact, trigger={"day": "2026-04-14"}
    )


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("contact.email: ada@shop.example", True),
        ("contact.id: c1", True),
        ("contact.phone: { exists: false }", True),
        ("contact.country: CH", True),
        ("contact.address.city: Chur", True),
        ("contact.address.street.name: { exists: true }", False),
        ("contact.country.name: { exists: false }", True),
        ("event.total: 12.5", True),
        ("event.shipping.city: Chur", True),
        ("trigger.cart.id: k1", True),
        ("trigger.cart_id: { exists: true }", False),
        ("step.came-back.event.total: { gt: 10 }", True),
        ("step.elsewhere.event.total: { gt: 10 }", False),
    ],
)
def test_roots_and_nested_paths(written: str, wanted: bool) -> None:
    attributes = {"country": "CH", "address": {"city": "Chur"}, "email": "an attribute is no field"}
    more: dict[str, Any] = {
        "trigger": {"cart": {"id": "k1"}},
        "steps": {"came-back": {"event": {"total": 12}}},
        "event": event(
            "Order Completed", datetime(2026, 4, 1, tzinfo=UTC), {"total": 12.5, "shipping": {"city": "Chur"}}
        ),
    }
    assert holds(written, attributes, **more) is wanted


def test_without_an_event_under_test_its_properties_are_missing() -> None:
    assert holds("event.total: { exists: false }")
    assert holds("event.a.b: { exists: false }")


def test_several_operators_and_several_keys_must_all_hold() -> None:
    assert holds("contact.orders: { gte: 1, lt: 5 }", {"orders": 4})
    assert not holds("contact.orders: { gte: 1, lt: 5 }", {"orders": 5})
    assert holds(
        "{contact.orders: 4, contact.country: CH, contact.vip: true, contact.x: 1}",
        {"orders": 4, "country": "CH", "vip": True, "x": 1},
    )
    assert not holds(
        "{contact.orders: 4, contact.country: CH, contact.vip: true, contact.x: 1}",
        {"orders": 4, "country": "CH", "vip": True, "x": 2},
    )


def test_a_bare_value_of_a_path_means_equals() -> None:
    assert holds("contact.country: { value: trigger.country }", {"country": "CH"}, trigger={"country": "CH"})
    assert holds(
        "contact.country: { same_as: { value: trigger.country } }",
        {"country": "CH"},
        trigger={"country": "CH"},
    )
