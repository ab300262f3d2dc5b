"""Steps and triggers, each kind with its own keys, built from their tables."""

from __future__ import annotations

from functools import cache

from engine.language.shapes.pieces import CONDITION, Schema
from engine.steps.contract import StepType
from engine.steps.table import STEPS
from engine.triggers.contract import TriggerType
from engine.triggers.table import TRIGGERS

#: Keys that every step may have besides those of its verb.
STEP_KEYS: Schema = {
    "id": {
        "type": "string",
        "pattern": "^[a-z0-9][a-z0-9_-]*$",
        "description": "It is unique in the file, because people stand here.",
        "examples": ["first-reminder"],
    },
    "when": {**CONDITION, "description": "If this does not hold, the step is passed over."},
    "note": {"type": "string", "description": "For people.", "examples": ["why this step is here"]},
}


@cache
def _trigger_of(word: str) -> Schema:
    kind = TRIGGERS[word]
    return {
        "type": "object",
        "title": f"trigger by {word}",
        "description": kind.summary,
        "properties": dict(kind.schema),
        "required": [kind.word],
        "additionalProperties": False,
    }


def trigger_schema(kind: TriggerType) -> Schema:
    """One kind of trigger, by its word."""
    return _trigger_of(kind.word)


@cache
def _step_of(word: str) -> Schema:
    kind = STEPS[word]
    schema: Schema = {
        "type": "object",
        "title": f"{word} step",
        "description": kind.summary,
        "properties": {**STEP_KEYS, **kind.schema},
        "required": ["id", *kind.required],
        "additionalProperties": False,
        "x-elsewhere": _homes_of_keys(word),
    }
    if not kind.required:
        schema["anyOf"] = [{"required": [key]} for key in kind.keys]
    return schema


def _homes_of_keys(word: str) -> dict[str, str]:
    """Keys of other verbs, as far as they belong to one of them alone."""
    others = [kind for kind in STEPS.values() if kind.word != word]
    keys = {key for kind in others for key in kind.schema} - STEPS[word].schema.keys()
    homes = {key: [kind.word for kind in others if key in kind.schema] for key in keys}
    return {key: verbs[0] for key, verbs in homes.items() if len(verbs) == 1 and verbs[0] != key}


def step_schema(kind: StepType) -> Schema:
    """One verb with the keys that every step may have."""
    return _step_of(kind.word)
