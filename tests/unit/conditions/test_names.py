"""Paths, events and values that other floors check with the same words."""

from __future__ import annotations

from typing import Any

import pytest

from engine.conditions.names import (
    check_event,
    check_value,
    fit_value,
    read_attribute_path,
    read_reference,
    within_event,
)
from engine.model.fault import Mistake
from engine.model.predicate import Reference
from engine.model.spelling import did_you_mean, suggest
from tests.unit.conditions.asking import CATALOG

AT = ("steps", 0)


def test_a_path_is_read_and_checked() -> None:
    mistakes: list[Mistake] = []
    names = within_event(CATALOG, "Cart Updated")
    assert read_reference("event.cart_id", AT, mistakes.append, names) == Reference(("event", "cart_id"))
    assert not mistakes
    assert read_reference("event.cart", AT, mistakes.append, names) is None
    assert read_reference("cart_id", AT, mistakes.append, names) is None
    assert read_reference(5, AT, mistakes.append, names) is None
    assert [(one.path, one.rule) for one in mistakes] == [(AT, "J407"), (AT, "J403"), (AT, "J403")]


def test_only_attributes_can_be_written() -> None:
    mistakes: list[Mistake] = []
    assert read_attribute_path("contact.orders", AT, mistakes.append, CATALOG) == ("contact", "orders")
    assert read_attribute_path("trigger.cart_id", AT, mistakes.append, CATALOG) is None
    assert read_attribute_path("contact.colour", AT, mistakes.append, CATALOG) is None
    assert [(one.rule, one.at_key) for one in mistakes] == [("J404", True), ("J405", True)]


def test_an_event_is_known_by_the_catalog() -> None:
    mistakes: list[Mistake] = []
    assert check_event("Order Completed", AT, mistakes.append, CATALOG)
    assert not check_event("Order Complete", AT, mistakes.append, CATALOG)
    assert "Did you mean `Order Completed`?" in mistakes[0].message


@pytest.mark.parametrize(
    ("attribute", "value", "fitting"),
    [
        ("orders", 5, 5),
        ("orders", "five", None),
        ("zip", 8001, "8001"),
        ("vip", False, False),
        ("vip", "no", None),
        ("country", "CH", "CH"),
        ("country", "FR", None),
        ("interests", ["ski"], ["ski"]),
        ("interests", "ski", None),
        ("address", {"city": "Chur"}, {"city": "Chur"}),
        ("address", [], None),
        ("birthday", "2000-02-29", "2000-02-29"),
        ("birthday", "2001-02-29", None),
        ("colour", "red", None),
    ],
)
def test_a_value_must_fit_its_attribute(attribute: str, value: Any, fitting: Any) -> None:
    mistakes: list[Mistake] = []
    path = ("contact", attribute)
    assert fit_value(path, value, AT, mistakes.append, CATALOG) == fitting
    assert [one.path for one in mistakes] == ([] if fitting is not None else [AT])
    assert check_value(path, value, AT, mistakes.append, CATALOG) is (fitting is not None)
    assert not any("compared" in one.message for one in mistakes)


def test_suggestions_look_past_the_case() -> None:
    assert suggest("order completed", ["Cart Viewed", "Order Completed"]) == "Order Completed"
    assert suggest("zebra", ["Cart Viewed", "Order Completed"]) is None
    assert did_you_mean("ordrs", ["orders"]) == " Did you mean `orders`?"
    assert did_you_mean("zebra", ["orders"]) == ""
