"""Schemas with a shop's names: they accept exactly what the plain ones accept, and know the names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from engine.language.schema import editor_schemas
from engine.language.shop_schema import shop_schemas
from engine.language.workspace import read_workspace
from tests.golden.test_faults import CASES, read_case
from tests.unit.language.test_editor_schemas import SHIPPED, data_of, journeys, kind_of

PLAIN = {name: Draft7Validator(schema) for name, schema in editor_schemas().items()}
SHOP = shop_schemas(read_workspace(SHIPPED), SHIPPED)
VALIDATORS = {name: Draft7Validator(schema) for name, schema in SHOP.items()}


def verdicts(file: str, text: bytes) -> list[bool]:
    """Whether the plain schema, the shop's and those of the shop's journeys accept a file."""
    kind = kind_of(file)
    if kind is None:
        return []
    data = data_of(file, text)
    own = [validator for name, validator in VALIDATORS.items() if name == kind or name.endswith(f".{kind}")]
    return [PLAIN[kind].is_valid(data), *(validator.is_valid(data) for validator in own)]


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_the_verdict_stays_the_same(file: Path) -> None:
    for name, text in read_case(file)[0].items():
        assert len(set(verdicts(name, text))) <= 1, name


@pytest.mark.parametrize("text", journeys())
def test_unknown_names_are_accepted(text: str) -> None:
    assert set(verdicts("journeys/demo/journey.yaml", text.encode())) == {True}


@pytest.mark.parametrize("file", SHIPPED, ids=str)
def test_shipped_files_please_their_editor(file: str) -> None:
    assert set(verdicts(file, SHIPPED[file])) <= {True}


def test_every_schema_is_one() -> None:
    for schema in SHOP.values():
        Draft7Validator.check_schema(schema)


def test_each_journey_has_schemas_of_its_own() -> None:
    ids = {file.split("/")[1] for file in SHIPPED if file.endswith("/journey.yaml")}
    own = {f"{id}.{kind}.schema.json" for id in ids for kind in ("journey", "tests")}
    assert SHOP.keys() == editor_schemas().keys() | own


def names(schema: Any, key: str) -> set[str]:
    """Every name offered behind a key, anywhere in a schema."""
    if isinstance(schema, list):
        return {name for item in schema for name in names(item, key)}
    if not isinstance(schema, dict):
        return set()
    found = {name for value in schema.values() for name in names(value, key)}
    properties = schema.get("properties")
    if isinstance(properties, dict) and isinstance(properties.get(key), dict):
        one = properties[key]
        for way in (one, one.get("items", {})):
            found |= {name for enum in way.get("anyOf", []) for name in enum.get("enum", ())}
    return found


@pytest.mark.parametrize(
    ("file", "key", "some"),
    [
        ("journey", "event", {"Cart Updated", "Order Completed", "Message Clicked"}),
        ("journey", "did", {"Cart Viewed"}),
        ("journey", "wait_for", {"Cart Viewed"}),
        ("journey", "topic", {"newsletter", "cart"}),
        ("journey", "unsubscribe", {"newsletter", "all"}),
        ("journey", "message", {"reminder-1", "last-reminder"}),
        ("journey", "if_past", {"proceed", "exit", "cool-off"}),
        ("journey", "key", {"event.cart_id"}),
        ("journey", "contact.wants_to_stay", {True, False}),
        ("message", "from", {"shop"}),
        ("message", "topic", {"winback"}),
        ("catalog", "sender", {"shop"}),
        ("tests", "send", {"cool-off", "first-reminder"}),
        ("tests", "never", {"last-reminder"}),
        ("abandoned-cart.journey", "message", {"reminder-1"}),
    ],
)
def test_names_are_offered(file: str, key: str, some: set[str]) -> None:
    assert some <= names(SHOP[f"{file}.schema.json"], key)


def test_a_journeys_own_schema_knows_nothing_of_others() -> None:
    own = SHOP["abandoned-cart.journey.schema.json"]
    assert names(own, "message") == {
        "reminder-1",
        "reminder-2",
        "reminder-sms",
        "free-delivery",
        "last-reminder",
    }
    assert not names(own, "if_past") & set(names(SHOP["reactivation.journey.schema.json"], "if_past")) - {
        "proceed",
        "exit",
    }


def test_attributes_and_properties_are_keys_of_conditions() -> None:
    condition = SHOP["journey.schema.json"]["definitions"]["condition"]
    assert {"contact.country", "contact.email", "event.items_count", "trigger.total", "did"} <= set(
        condition["properties"]
    )


def test_without_a_catalog_only_what_is_built_in_is_offered() -> None:
    schema = shop_schemas(read_workspace({}), {})["journey.schema.json"]
    assert "Message Clicked" in names(schema, "event")
    assert names(schema, "topic") == set()
