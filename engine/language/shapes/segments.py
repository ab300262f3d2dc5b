"""segments.yaml."""

from __future__ import annotations

from engine.language.shapes.pieces import CONDITION, Schema

SEGMENT: Schema = {
    "type": "object",
    "title": "segment",
    "examples": [{"when": {"contact.country": "CH"}}],
    "properties": {
        "when": {**CONDITION, "description": "Who is in it."},
        "description": {
            "type": "string",
            "description": "For people.",
            "examples": ["Five orders or more"],
        },
    },
    "required": ["when"],
    "additionalProperties": False,
}
SEGMENTS: Schema = {"type": "object", "additionalProperties": SEGMENT}
