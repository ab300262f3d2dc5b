"""JSON Schemas (draft-07) of each kind of file, built from the tables of steps, triggers and conditions.

`editor_schema` is what editors and other programs get: complete, `oneOf` by verb, numbers allowed where a
text is wanted. The validator takes the same fragments one at a time (language/shape.py), so that one
mistake gives one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.table import condition_schema
from engine.steps.contract import StepType
from engine.steps.table import STEPS
from engine.triggers.contract import TriggerType
from engine.triggers.table import TRIGGERS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_ID = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}

#: Keys that every step may have besides those of its verb.
STEP_KEYS: Schema = {
    "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$", "description": "Unique in the file; people stand here."},
    "when": {"$ref": "#/definitions/condition"},
    "note": {"type": "string", "description": "For people."},
}

RE_ENTRY: Schema = {
    "description": "Whether a contact may come in again: never (default), always, or {after: 7 days, if_running: restart}.",
    "anyOf": [
        {"enum": ["never", "always"]},
        {
            "type": "object",
            "properties": {
                "after": {"$ref": "#/definitions/duration"},
                "if_running": {"enum": ["ignore", "restart", "update", "parallel"]},
                "max": {"type": "integer", "minimum": 1},
            },
            "additionalProperties": False,
            "minProperties": 1,
        },
    ],
}

EXIT_RULE: Schema = {
    "type": "object",
    "properties": {
        "event": {**_TEXT, "description": "An event that ends the enrollment at once."},
        "where": {"$ref": "#/definitions/condition"},
        "when": {"$ref": "#/definitions/condition"},
    },
    "additionalProperties": False,
    "oneOf": [{"required": ["event"]}, {"required": ["when"]}],
}

GOAL: Schema = {
    "type": "object",
    "description": "What the journey is for; reaching it ends it unless `exit: false`.",
    "properties": {
        "event": _TEXT,
        "where": {"$ref": "#/definitions/condition"},
        "when": {"$ref": "#/definitions/condition"},
        "within": {"$ref": "#/definitions/duration"},
        "from": {"enum": ["sent", "entered"]},
        "revenue": {"type": "string", "description": "A numeric property of the event: `event.total`."},
        "exit": {"type": "boolean"},
    },
    "additionalProperties": False,
    "oneOf": [{"required": ["event"]}, {"required": ["when"]}],
}

DEFAULTS: Schema = {
    "type": "object",
    "description": "What holds for every step that does not say otherwise.",
    "properties": {
        "topic": _TEXT,
        "quiet_hours": {**_TEXT, "description": "Nothing is sent then: `21:00-08:00`."},
        "timezone": {**_TEXT, "description": "`contact`, or a zone such as `Europe/Zurich`."},
        "max_lateness": {"$ref": "#/definitions/duration"},
    },
    "additionalProperties": False,
}

#: The header, key by key; `steps` and `trigger` are filled in by `editor_schema`.
HEADER: Schema = {
    "dsl": {"const": 1, "description": "Version of the language."},
    "journey": {**_ID, "description": "Id in kebab-case, equal to the folder or file name."},
    "name": _TEXT,
    "description": {"type": "string"},
    "owner": {**_TEXT, "description": "Who answers for it; a live journey needs one."},
    "tags": {"type": "array", "items": _TEXT},
    "stage": {**_TEXT, "description": "Where it belongs in the customer lifecycle."},
    "activity": {**_TEXT, "description": "The always-on activity that it covers."},
    "status": {"enum": ["draft", "live", "stopping"]},
    "priority": {"type": "integer", "description": "The higher one enters first; default 0."},
    "in_flight": {"enum": ["follow"], "description": "follow: people inside move to a new version, keeping their step."},
    "trigger": {},
    "enter_when": {"$ref": "#/definitions/condition"},
    "re_entry": RE_ENTRY,
    "exit_when": {"type": "array", "minItems": 1, "items": EXIT_RULE},
    "goal": GOAL,
    "defaults": DEFAULTS,
    "steps": {"$ref": "#/definitions/steps"},
}

REQUIRED = ("dsl", "journey", "trigger", "steps")

#: Words of the language's header that do not run in this version, and values likewise.
LATER_KEYS = ("starts", "ends", "holdout", "tracking", "product", "entry_grace", "moved", "removed")
LATER_VALUES: Mapping[str, tuple[str, ...]] = {"status": ("shadow", "paused", "stopped"), "in_flight": ("pin",)}

DURATION: Schema = {
    "type": "string",
    "description": "`90 seconds`, `2 days`, `1 hour 30 minutes`, `P2D`.",
    "pattern": "^(P.*|\\s*\\d+(\\.\\d+)?\\s*[a-zA-Z]+.*)$",
}

_TYPE = {"enum": ["text", "number", "boolean", "date", "instant", "list", "map"]}
_TYPED: Schema = {
    "anyOf": [
        _TYPE,
        {
            "type": "object",
            "properties": {
                "type": _TYPE,
                "values": {"type": "array", "minItems": 1},
                "required": {"type": "boolean"},
                "description": {"type": "string"},
            },
            "required": ["type"],
            "additionalProperties": False,
        },
    ]
}

CATALOG: Schema = {
    "type": "object",
    "properties": {
        "contact": {"type": "object", "description": "Attributes of a contact.", "additionalProperties": _TYPED},
        "events": {
            "type": "object",
            "description": "Events and their properties.",
            "additionalProperties": {"type": ["object", "null"], "additionalProperties": _TYPED},
        },
        "topics": {
            "type": "object",
            "description": "What contacts subscribe to.",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "name": _TEXT,
                    "consent": {"enum": ["opt_in", "opt_out", "none"]},
                    "description": {"type": "string"},
                },
                "required": ["name", "consent"],
                "additionalProperties": False,
            },
        },
        "senders": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"from": _TEXT, "reply_to": _TEXT, "postal_address": _TEXT},
                "required": ["from"],
                "additionalProperties": False,
            },
        },
        "defaults": {
            "type": "object",
            "properties": {"sender": _TEXT, "timezone": _TEXT, "locale": _TEXT, "currency": _TEXT},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}

SEGMENTS: Schema = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {"when": {"$ref": "#/definitions/condition"}, "description": {"type": "string"}},
        "required": ["when"],
        "additionalProperties": False,
    },
}

_EXPECTED: Schema = {
    "type": "object",
    "properties": {"at": _TEXT, "send": _TEXT, "leave": _TEXT},
    "required": ["at"],
    "additionalProperties": False,
    "oneOf": [{"required": ["send"]}, {"required": ["leave"]}],
}

TESTS: Schema = {
    "type": "object",
    "properties": {
        "tests": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "name": _TEXT,
                    "contact": {"type": "object", "description": "As in `simulate --contact`."},
                    "start": {**_TEXT, "description": "2026-03-28 20:00 Europe/Zurich"},
                    "events": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"at": _TEXT, "event": _TEXT, "properties": {"type": "object"}},
                            "required": ["at", "event"],
                            "additionalProperties": False,
                        },
                    },
                    "expect": {"type": "array", "items": _EXPECTED},
                    "never": {"type": "array", "items": _TEXT},
                    "allow_others": {"type": "boolean"},
                    "until": {**_TEXT, "description": "Where the test's time ends: an offset or a time."},
                },
                "required": ["name", "start"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["tests"],
    "additionalProperties": False,
}

MESSAGE: Schema = {
    "type": "object",
    "properties": {
        "subject": _TEXT,
        "preheader": {"type": "string"},
        "from": {**_TEXT, "description": "A sender of the catalog."},
        "reply_to": _TEXT,
        "layout": {**_TEXT, "description": "A layout of _layouts, or none."},
        "topic": _TEXT,
    },
    "required": ["subject"],
    "additionalProperties": False,
}
LATER_MESSAGE_KEYS = ("attachments",)


def editor_schemas() -> dict[str, Schema]:
    """File name → complete schema, for editors and other programs."""
    return {
        "journey.schema.json": _complete("A journey", journey_schema()),
        "catalog.schema.json": _complete("What may be named in journeys", CATALOG),
        "segments.schema.json": _complete("Named conditions", SEGMENTS),
        "tests.schema.json": _complete("Tests of a journey on a virtual clock", TESTS),
        "message.schema.json": _complete("The front matter of a message", MESSAGE),
    }


def journey_schema() -> Schema:
    """The whole file: header, trigger, steps by verb."""
    one_trigger = {"oneOf": [trigger_schema(kind) for kind in TRIGGERS.values()]}
    trigger = {"anyOf": [one_trigger, {"type": "array", "minItems": 1, "items": one_trigger}]}
    return {
        "type": "object",
        "properties": {**HEADER, "trigger": trigger},
        "required": list(REQUIRED),
        "additionalProperties": False,
    }


def trigger_schema(kind: TriggerType) -> Schema:
    """One kind of trigger, by its word."""
    return {
        "type": "object",
        "description": kind.summary,
        "properties": dict(kind.schema),
        "required": [kind.word],
        "additionalProperties": False,
    }


def step_schema(kind: StepType) -> Schema:
    """One verb with the keys that every step may have."""
    schema: Schema = {
        "type": "object",
        "description": kind.summary,
        "properties": {**STEP_KEYS, **kind.schema},
        "required": ["id", *kind.required],
        "additionalProperties": False,
    }
    if not kind.required:
        schema["anyOf"] = [{"required": [key]} for key in kind.keys]
    return schema


def _complete(title: str, schema: Schema) -> Schema:
    text = _lenient(schema)
    conditions = condition_schema()
    definitions = {
        "duration": DURATION,
        "steps": {"type": "array", "items": {"$ref": "#/definitions/step"}},
        "step": {"oneOf": [step_schema(kind) for kind in STEPS.values()]},
        **conditions["definitions"],
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        **text,
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
    lenient = {key: _lenient(value) for key, value in schema.items()}
    if schema.get("type") == "string" and "pattern" not in schema:
        lenient["type"] = ["string", "number"]
    return lenient
