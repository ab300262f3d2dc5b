"""The table: what stands in it is complete, its examples run, and the schema written from it takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

import engine.conditions
from engine.conditions.operators import OPERATORS
from engine.conditions.table import KINDS, compile_condition, condition_schema, read_condition
from engine.conditions.vocabulary import CONTACT_FIELDS, ROOTS, WORDS, TypeWord
from engine.model.contact import BUILT_IN
from engine.model.predicate import Predicate
from tests.unit.conditions.asking import ANYWHERE, condition, mistakes_of, read, view

SCHEMA = jsonschema.Draft7Validator(condition_schema())


def accepts(data: Any) -> bool:
    return SCHEMA.is_valid(data)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_example_reads_runs_and_fits_the_schema(kind: Any) -> None:
    data = read(kind.example)
    mistakes: list[Any] = []
    predicate = read_condition(data, (), mistakes.append, ANYWHERE)
    assert predicate is not None, mistakes
    assert compile_condition(predicate).holds(view()) in (True, False)
    assert accepts(data)
    assert kind.summary.endswith(".")


def test_every_file_with_a_kind_is_in_the_table() -> None:
    folder = Path(engine.conditions.__file__).parent
    makers = {path.stem for path in folder.glob("*.py") if " = Kind(" in path.read_text(encoding="utf-8")}
    assert makers == {kind.read.__module__.rsplit(".", 1)[1] for kind in KINDS}


def test_each_form_of_a_predicate_has_exactly_one_kind() -> None:
    forms = [form for kind in KINDS for form in kind.forms]
    assert sorted(map(repr, forms)) == sorted(map(repr, get_args(Predicate)))


def test_every_word_of_a_kind_is_known_as_one() -> None:
    assert sorted(WORDS) == sorted(word for kind in KINDS for word in kind.words)


def test_every_field_of_a_contact_has_a_type() -> None:
    assert tuple(CONTACT_FIELDS) == BUILT_IN


@pytest.mark.parametrize("word", OPERATORS)
def test_each_operator_runs_its_own_example(word: str) -> None:
    operator = OPERATORS[word]
    text = f"contact.x: {{ {word}: {operator.example} }}"
    asked = condition(text)
    assert asked.holds(view()) is False or word == "exists"
    assert asked.text.startswith("contact.x ")
    assert accepts(read(text))
    assert set(operator.fits) <= set(get_args(TypeWord))
    assert operator.summary.endswith(".")


def test_the_schema_is_draft_7_and_explains_every_word() -> None:
    schema = condition_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    definition = schema["definitions"]["condition"]
    assert all(one["description"] for one in definition["properties"].values())
    assert set(definition["patternProperties"]) == {rf"^{root}\.." for root in ROOTS}
    choices = schema["definitions"]["comparison"]["anyOf"][-1]["properties"]
    assert set(choices) == set(OPERATORS)


@pytest.mark.parametrize(
    "text",
    [
        "orders: 5",
        "contact: { orders: 5 }",
        "contact.orders: { gtee: 5 }",
        "contact.orders: { between: [1] }",
        "contact.orders: { in: [] }",
        "contact.orders: { eq: { path: trigger.x } }",
        "all: []",
        "{ within: 3 days }",
        "{ did: A, contact.orders: 5 }",
        "{ did: A, did_not: B }",
        "{ did_not: A, count: { gte: 1 } }",
        "{ did: A, count: 2 }",
        "{ did: A, since: monday }",
        "stage: [retention]",
        "in_segment: [vip]",
        "consented: mail",
        "{ finished: a, count: { gte: 1 } }",
        "{ finished: a, did: B }",
        "{ some: trigger.a, within: 3 days, where: { item.b: 1 } }",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    assert mistakes_of(text)
    assert not accepts(read(text))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("contact.orders: { gte: 5 }", "contact.orders is at least 5"),
        ("contact.orders: { between: [1, 5] }", "contact.orders is between 1 and 5"),
        ("contact.country: { in: [CH, DE] }", "contact.country is one of CH, DE"),
        ("contact.vip: true", "contact.vip is true"),
        ("contact.x: { exists: false }", "contact.x has no value"),
        ("contact.x: { exists: true }", "contact.x has a value"),
        ("contact.x: { within: 30 days }", "contact.x is within the last 30 days"),
        ("contact.x: { same_as: trigger.cart_id }", "contact.x is the same as trigger.cart_id"),
        ('contact.x: ""', 'contact.x is ""'),
        ("did: Order Completed\nwithin: 90 days", "did Order Completed within 90 days"),
        ("did_not: Order Completed\nwithin: 24 hours", "did not Order Completed within 24 hours"),
        ("{did: A, since: journey_start, count: {gte: 2}}", "did A at least 2 times since the journey began"),
        (
            "{did: A, count: {eq: 1}, sum: {event.total: {gt: 500}}}",
            "did A exactly 1 time, event.total in sum is more than 500",
        ),
        ("{did: A, where: {event.a: 1, event.b: 2}}", "did A where (event.a is 1 and event.b is 2)"),
        (
            "any: [{contact.a: 1, contact.b: 2}, {contact.c: 3}]",
            "(contact.a is 1 and contact.b is 2) or contact.c is 3",
        ),
        ("none: [{contact.a: 1}, {contact.b: 2}]", "not (contact.a is 1 or contact.b is 2)"),
        ("not: {did: A, count: {gt: 1}}", "not (did A more than 1 time)"),
        ('contact.x: "a\\nb"', "contact.x is a b"),
        ("stage: retention", "contact.stage is retention"),
        ("in_segment: vip", "in segment vip"),
        ("not: {in_segment: vip}", "not in segment vip"),
        ("{subscribed: cart, consented: sms}", "subscribed to cart and consented to sms"),
        ("any: [{in_journey: a}, {finished: b}]", "in journey a or finished journey b"),
        ("{finished: b, within: 3 days}", "finished journey b within 3 days"),
        ("{finished: b, since: journey_start}", "finished journey b since the journey began"),
        ("{some: trigger.a, where: {item.b: 1}}", "some of trigger.a: item.b is 1"),
        (
            "{every: trigger.a, where: {item.b: 1, item.c: 2}}",
            "every one of trigger.a: (item.b is 1 and item.c is 2)",
        ),
        ("{none_of: trigger.a, where: {item.b: 1}}", "none of trigger.a: item.b is 1"),
    ],
)
def test_the_line_for_people(text: str, line: str) -> None:
    assert condition(text).text == line
