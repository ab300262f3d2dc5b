"""The editors' schemas with what this shop may name: attributes, events, topics, segments, senders, messages.

Names become completions and never refusals: a schema lies on disk while the catalog goes on, and what may
be named is for `journeys validate` to say. An editor accepts with these schemas what it accepted without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.conditions.vocabulary import BUILT_IN_EVENTS, CONTACT_FIELDS, PRODUCT_FIELDS, AttributeType
from engine.language.catalog import Catalog
from engine.language.journey_file import JourneyFile
from engine.language.messages import message_files
from engine.language.schema import editor_schemas
from engine.language.shapes.pieces import Schema
from engine.language.workspace import Workspace

#: Where a text is a name: the key that it stands behind, whatever the step, trigger or condition.
_NAMES_BEHIND: Mapping[str, tuple[str, ...]] = {
    "event": ("events",),
    "did": ("events",),
    "did_not": ("events",),
    "wait_for": ("events",),
    "emit": ("events",),
    "topic": ("topics",),
    "subscribe": ("topics", "all"),
    "unsubscribe": ("topics", "all"),
    "subscribed": ("topics",),
    "in_segment": ("segments",),
    "enters": ("segments", "stages"),
    "leaves": ("segments", "stages"),
    "stage": ("stages",),
    "activity": ("activities",),
    "from": ("senders",),
    "sender": ("senders",),
    "message": ("messages",),
    "if_past": ("steps", "proceed", "exit"),
    "in_journey": ("journeys",),
    "finished": ("journeys",),
    "start": ("journeys",),
    "until_date": ("dates",),
    "attribute": ("dates",),
    "key": ("keys",),
    "revenue": ("numbers",),
}
#: In tests.yaml `send` and the lines of `never` name steps; in a journey `send` names a channel.
_NAMES_IN_TESTS: Mapping[str, tuple[str, ...]] = {
    "send": ("steps",),
    "never": ("steps",),
    "event": ("events",),
}
_NAMES_IN_SOURCES: Mapping[str, tuple[str, ...]] = {"event": ("events",), "topic": ("topics",)}
_NAMES_IN_MESSAGES: Mapping[str, tuple[str, ...]] = {"from": ("senders",), "topic": ("topics",)}


@dataclass(frozen=True, slots=True)
class _Shop:
    """Everything that may be named, by kind; `attributes` and `properties` with their types."""

    names: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    properties: Mapping[str, AttributeType] = field(default_factory=dict)
    products: Mapping[str, AttributeType] = field(default_factory=dict)
    behind: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NAMES_BEHIND)


def shop_schemas(workspace: Workspace, files: Mapping[str, bytes]) -> dict[str, Schema]:
    """File name → schema: the seven of every shop, and for each journey one of its own and one for its tests.

    `ID.journey.schema.json` and `ID.tests.schema.json` know the messages and step ids of that journey alone.
    """
    plain = editor_schemas()
    journeys = list(workspace.journeys.values())
    shop = _shop(workspace, journeys, files)
    found = {
        "journey.schema.json": _schema_with_names(plain["journey.schema.json"], shop),
        "catalog.schema.json": _schema_with_names(
            plain["catalog.schema.json"], replace(shop, behind={"sender": ("senders",)})
        ),
        "segments.schema.json": _schema_with_names(plain["segments.schema.json"], shop),
        "lifecycle.schema.json": _schema_with_names(plain["lifecycle.schema.json"], shop),
        "tests.schema.json": _tests(plain, shop),
        "message.schema.json": _schema_with_names(
            plain["message.schema.json"], replace(shop, behind=_NAMES_IN_MESSAGES)
        ),
        "source.schema.json": _schema_with_names(
            plain["source.schema.json"], replace(shop, behind=_NAMES_IN_SOURCES)
        ),
    }
    for journey in journeys:
        own = _shop(workspace, [journey], files)
        found[f"{journey.id}.journey.schema.json"] = _schema_with_names(plain["journey.schema.json"], own)
        found[f"{journey.id}.tests.schema.json"] = _tests(plain, own)
    return found


def _tests(plain: Mapping[str, Schema], shop: _Shop) -> Schema:
    return _schema_with_names(plain["tests.schema.json"], replace(shop, behind=_NAMES_IN_TESTS))


# --- what may be named ----------------------------------------------------------------------------


def _shop(workspace: Workspace, journeys: list[JourneyFile], files: Mapping[str, bytes]) -> _Shop:
    catalog = workspace.catalog
    attributes = {**(catalog.attributes or {}), **CONTACT_FIELDS}
    properties = _properties(catalog)
    folders = {journey.file.rpartition("/")[0] for journey in journeys}
    return _Shop(
        {
            "events": (*(catalog.events or ()), *BUILT_IN_EVENTS),
            "topics": tuple(catalog.topics or ()),
            "segments": tuple(workspace.segments),
            "stages": tuple(stage["id"] for stage in workspace.lifecycle.get("stages", ())),
            "activities": _unique(
                activity
                for stage in workspace.lifecycle.get("stages", ())
                for activity in stage.get("activities", ())
            ),
            "senders": tuple(catalog.senders),
            "messages": _unique(
                name for folder in sorted(folders) for name, _, _ in message_files(files, folder)
            ),
            "steps": _unique(step for journey in journeys for step in journey.steps),
            "journeys": tuple(workspace.journeys),
            "dates": _paths("contact", attributes, ("date", "instant")),
            "keys": _paths("event", properties, ("text", "number")),
            "numbers": _paths("event", properties, ("number",)),
        },
        attributes,
        properties,
        {**(catalog.products or {}), **PRODUCT_FIELDS},
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _properties(catalog: Catalog) -> dict[str, AttributeType]:
    """The properties of all events together; the same name in two events is one completion."""
    events = {**BUILT_IN_EVENTS, **(catalog.events or {})}
    return {name: kind for properties in events.values() for name, kind in (properties or {}).items()}


def _paths(root: str, names: Mapping[str, AttributeType], types: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{root}.{name}" for name, kind in names.items() if kind.type in types)


# --- into the schema ------------------------------------------------------------------------------


def _schema_with_names(schema: Schema, shop: _Shop) -> Schema:
    """The schema with completions wherever something of the shop may be named."""
    named: Schema = _with_names(schema, shop)
    return named


def _with_names(schema: Any, shop: _Shop) -> Any:
    if isinstance(schema, list):
        return [_with_names(item, shop) for item in schema]
    if not isinstance(schema, dict):
        return schema
    named = {key: _with_names(value, shop) for key, value in schema.items()}
    properties = named.get("properties")
    if isinstance(properties, dict):
        named["properties"] = {
            key: _suggest(value, key, shop) for key, value in properties.items()
        } | _assignments(properties, shop)
    if "patternProperties" in named and named.get("additionalProperties") is False:
        named["properties"] = {
            **_known_paths(named["patternProperties"], shop),
            **named.get("properties", {}),
        }
    return named


def _suggest(schema: Any, key: str, shop: _Shop) -> Any:
    """What stands behind a key that takes a name: the shop's names, or whatever it took before."""
    kinds = shop.behind.get(key)
    if kinds is None or not isinstance(schema, dict):
        return schema
    names = [name for kind in kinds for name in shop.names.get(kind, (kind,))]
    return _suggested(schema, names)


def _suggested(schema: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if not names or "enum" in schema:
        return schema
    if schema.get("type") == "array":
        return {**schema, "items": _suggested(schema["items"], names)}
    if "anyOf" in schema:
        return {**schema, "anyOf": [{"enum": names}, *schema["anyOf"]]}
    if not _is_text(schema):
        return schema
    described = {key: value for key, value in schema.items() if key in ("description", "title")}
    rest = {key: value for key, value in schema.items() if key not in ("description", "title", "examples")}
    return {**described, "anyOf": [{"enum": names}, rest]}


def _is_text(schema: Mapping[str, Any]) -> bool:
    types = schema.get("type")
    return "string" in (types if isinstance(types, list) else [types])


_OF_PATHS: Mapping[str, Callable[[_Shop], Mapping[str, AttributeType]]] = {
    "contact": lambda shop: shop.attributes,
    "event": lambda shop: shop.properties,
    "trigger": lambda shop: shop.properties,
    "product": lambda shop: shop.products,
    "item.product": lambda shop: shop.products,
}


def _known_paths(patterns: Mapping[str, Any], shop: _Shop) -> dict[str, Any]:
    """contact.NAME, event.NAME, trigger.NAME, as their patterns describe them, with the values they have."""
    found: dict[str, Any] = {}
    for root, names in _OF_PATHS.items():
        pattern = patterns.get(rf"^{root.partition('.')[0]}\..")
        if pattern is not None:
            found |= {f"{root}.{name}": _path(kind, pattern) for name, kind in names(shop).items()}
    return found


def _path(kind: AttributeType, pattern: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": f"{kind.type}. {pattern.get('description', '')}".strip()}
    values: Any = (
        kind.values if kind.values is not None else (True, False) if kind.type == "boolean" else None
    )
    if values is None:
        return described
    return {**described, "anyOf": [{"enum": list(values)}, {}]}


def _assignments(properties: Mapping[str, Any], shop: _Shop) -> dict[str, Any]:
    """`update` has no patterns of its own: its keys are the attributes."""
    update = properties.get("update")
    if not isinstance(update, dict) or update.get("type") != "object":
        return {}
    known = {f"contact.{name}": {"description": kind.type} for name, kind in shop.attributes.items()}
    return {"update": {**update, "properties": known}}
