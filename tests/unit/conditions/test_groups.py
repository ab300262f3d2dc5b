"""all, any, none, not: plain logic, also with many parts, and `not` over several keys."""

from __future__ import annotations

from itertools import product

import pytest

from tests.unit.conditions.asking import condition, view


def parts(count: int) -> str:
    return "[" + ", ".join(f"{{contact.{name}: true}}" for name in "abcd"[:count]) + "]"


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("word", "wanted"), [("all", all), ("any", any), ("none", lambda given: not any(given))]
)
def test_lists(word: str, wanted: object, count: int) -> None:
    asked = condition(f"{word}: {parts(count)}")
    for given in product([True, False], repeat=count):
        attributes = dict(zip("abcd", given, strict=False))
        assert asked.holds(view(attributes)) is wanted(given)  # type: ignore[operator]


def test_not_turns_one_round_and_over_several_keys_means_not_all_of_them() -> None:
    one, two = condition("not: {contact.a: 1}"), condition("not: {contact.a: 1, contact.b: 1}")
    assert one.holds(view({}))
    assert not one.holds(view({"a": 1}))
    assert two.holds(view({"a": 1, "b": 2}))
    assert not two.holds(view({"a": 1, "b": 1}))


def test_not_of_an_incomparable_comparison_holds() -> None:
    assert condition("not: {contact.a: {ne: 1}}").holds(view({"a": "text"}))


def test_groups_stand_beside_paths() -> None:
    asked = condition("{contact.a: 1, any: [{contact.b: 1}, {contact.c: 1}], none: [{contact.d: 1}]}")
    assert asked.holds(view({"a": 1, "c": 1}))
    assert not asked.holds(view({"a": 1, "c": 1, "d": 1}))
    assert not asked.holds(view({"c": 1}))


def test_events_of_all_parts_are_named() -> None:
    asked = condition("any: [{did: A}, {not: {did: B}}, {did_not: C, where: {did: D}}, {contact.a: 1}]")
    assert asked.events == {"A", "B", "C", "D"}
