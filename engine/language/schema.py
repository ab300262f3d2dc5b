"""Schemas for editors and other programs: complete, `oneOf` by verb, numbers allowed where a text is wanted.

The validator takes the same shapes one at a time (language/shape.py), so that one mistake gives one message.
"""

from __future__ import annotations

from typing import Any

from engine.conditions.table import condition_schema
from engine.language.shapes.catalog import CATALOG
from engine.language.shapes.header import HEADER, REQUIRED, TOGETHER
from engine.language.shapes.journey_tests import TESTS
from engine.language.shapes.kinds import step_schema, trigger_schema
from engine.language.shapes.lifecycle import LIFECYCLE
from engine.language.shapes.message import MESSAGE
from engine.language.shapes.pieces import DURATION, Schema
from engine.language.shapes.segments import SEGMENTS
from engine.language.sources.schema import SOURCE
from engine.steps.table import STEPS
from engine.triggers.table import TRIGGERS


def editor_schemas() -> dict[str, Schema]:
    """File name → complete schema, for editors and other programs."""
    return {
        "journey.schema.json": _complete("A journey", journey_schema()),
        "catalog.schema.json": _complete("What may be named in journeys", CATALOG),
        "segments.schema.json": _complete("Named conditions", SEGMENTS),
        "lifecycle.schema.json": _complete("The stages of the customer lifecycle", LIFECYCLE),
        "tests.schema.json": _complete("Tests of a journey on a virtual clock", TESTS),
        "message.schema.json": _complete("The front matter of a message", MESSAGE),
        "source.schema.json": _complete("How a webhook becomes contacts and events", SOURCE),
    }


_STEPS: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/step"}}


def journey_schema() -> Schema:
    """The whole file: header, trigger, steps by verb."""
    one_trigger = {"oneOf": [trigger_schema(kind) for kind in TRIGGERS.values()]}
    trigger = {"anyOf": [one_trigger, {"type": "array", "minItems": 1, "items": one_trigger}]}
    return {
        "type": "object",
        "properties": {**HEADER, "trigger": trigger, "steps": {**_STEPS, **HEADER["steps"]}},
        "required": list(REQUIRED),
        "dependencies": TOGETHER,
        "additionalProperties": False,
    }


def _complete(title: str, schema: Schema) -> Schema:
    text = _lenient(schema)
    conditions = condition_schema()
    definitions = {
        "duration": DURATION,
        "steps": {"type": ["array", "null"], "items": {"$ref": "#/definitions/step"}},
        "step": {"oneOf": [step_schema(kind) for kind in STEPS.values()]},
        **conditions["definitions"],
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **text,
        "title": title,
        "definitions": _used(text, _lenient(definitions)),
    }


def _used(schema: Schema, definitions: Schema) -> Schema:
    """Only the definitions that the schema refers to, directly or through others."""
    waiting, found = [schema], dict[str, Any]()
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
    return {name: found[name] for name in sorted(found)}


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for item in schema for name in _references(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else []
    return own + [name for value in schema.values() for name in _references(value)]


def _lenient(schema: Any) -> Any:
    """A number is allowed where a text is wanted, because it is taken as the text that was written."""
    if isinstance(schema, list):
        return [_lenient(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    lenient = {key: _lenient(value) for key, value in schema.items() if not key.startswith("x-")}
    if schema.get("type") == "string" and "x-exact" not in schema:
        lenient["type"] = ["string", "number"]
    return lenient
