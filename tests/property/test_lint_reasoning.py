"""What lint claims about conditions, against contacts tried one by one.

`implies`, `excludes`, `never_holds` and `always_holds` may stay silent, but must never be wrong: each claim
is held against the plain evaluator of test_conditions on random contacts, with values on and between limits.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.conditions.names import Names
from engine.conditions.table import read_condition
from engine.language.lint.reasoning import always_holds, excludes, implies, never_holds
from engine.model.predicate import Predicate
from tests.property.test_conditions import World, truth

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
NUMBERS = st.sampled_from([0, 1, 2, 3, 2.5])
TEXTS = st.sampled_from(["CH", "DE", "AT"])

NUMBER_TESTS = st.one_of(
    NUMBERS,
    st.dictionaries(st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), NUMBERS, min_size=1, max_size=2),
    st.tuples(NUMBERS, NUMBERS).map(lambda ends: {"between": sorted(ends)}),
    st.lists(NUMBERS, min_size=1, max_size=2).map(lambda found: {"in": found}),
    st.lists(NUMBERS, min_size=1, max_size=2).map(lambda found: {"not_in": found}),
    st.booleans().map(lambda found: {"exists": found}),
)
TEXT_TESTS = st.one_of(
    TEXTS,
    st.dictionaries(st.sampled_from(["eq", "ne"]), TEXTS, min_size=1),
    st.lists(TEXTS, min_size=1, max_size=2).map(lambda found: {"in": found}),
    st.lists(TEXTS, min_size=1, max_size=2).map(lambda found: {"not_in": found}),
    st.booleans().map(lambda found: {"exists": found}),
)
COMPARISONS = st.one_of(
    NUMBER_TESTS.map(lambda test: {"contact.orders": test}),
    TEXT_TESTS.map(lambda test: {"contact.country": test}),
)


@st.composite
def histories(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {draw(st.sampled_from(["did", "did_not"])): draw(st.sampled_from(["A", "B"]))}
    if draw(st.booleans()):
        found["within"] = draw(st.sampled_from(["1 day", "3 days"]))
    if draw(st.booleans()):
        found["where"] = {"event.total": draw(st.sampled_from([{"gte": 1}, {"lt": 1}]))}
    if "did" in found and draw(st.booleans()):
        operator = draw(st.sampled_from(["eq", "gt", "gte", "lt", "lte"]))
        found["count"] = {operator: draw(st.integers(0, 3))}
    return found


CONDITIONS = st.recursive(
    st.one_of(COMPARISONS, COMPARISONS, histories()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"none": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["A", "B"]), st.sampled_from([0, 12, 40, 90]), st.sampled_from([0, 1, 2])),
    max_size=4,
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    contact: dict[str, Any] = {}
    if draw(st.booleans()):
        contact["orders"] = draw(st.sampled_from([-1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, "CH"]))
    if draw(st.booleans()):
        contact["country"] = draw(st.sampled_from(["CH", "DE", "AT", "FR", 2]))
    past = [
        (name, NOW - timedelta(hours=hours), NOW - timedelta(hours=hours), {"total": total})
        for name, hours, total in sorted(draw(EVENTS), key=lambda event: -event[1])
    ]
    return World(contact, {}, {}, past, NOW, NOW, NOW)


def read(data: dict[str, Any]) -> Predicate | None:
    return read_condition(data, (), lambda _mistake: None, Names(roots=frozenset({"contact", "event"})))


@given(CONDITIONS, CONDITIONS, st.lists(worlds(), min_size=5, max_size=5))
@settings(max_examples=150, deadline=None)
@example({"contact.orders": {"gte": 2}}, {"contact.orders": {"gt": 1}}, [])
def test_a_claim_about_two_conditions_is_never_wrong(
    one: dict[str, Any], other: dict[str, Any], tried: list[World]
) -> None:
    a, b = read(one), read(other)
    if a is None or b is None:
        return
    for world in tried:
        if implies(a, b):
            assert not truth(one, world) or truth(other, world), (one, other, world)
        if excludes(a, b):
            assert not (truth(one, world) and truth(other, world)), (one, other, world)


@given(CONDITIONS, st.lists(worlds(), min_size=5, max_size=5))
@settings(max_examples=150, deadline=None)
def test_a_claim_about_one_condition_is_never_wrong(one: dict[str, Any], tried: list[World]) -> None:
    predicate = read(one)
    if predicate is None:
        return
    for world in tried:
        if never_holds(predicate):
            assert not truth(one, world), (one, world)
        if always_holds(predicate):
            assert truth(one, world), (one, world)
