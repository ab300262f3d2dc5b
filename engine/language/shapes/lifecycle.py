"""lifecycle.yaml."""

from __future__ import annotations

from engine.language.shapes.pieces import CONDITION, Schema, text

STAGE: Schema = {
    "type": "object",
    "title": "stage",
    "examples": [{"id": "retention", "when": {"did": "Order Completed", "within": "90 days"}}],
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "description": "How conditions, triggers and journeys name the stage.",
            "examples": ["at-risk"],
        },
        "name": text("For people.", "At risk"),
        "when": {**CONDITION, "description": "The first stage whose condition holds is the contact's."},
        "activities": {
            "type": "array",
            "items": text("", "post-purchase"),
            "description": "What a shop should always have on in this stage; journeys name what they cover.",
            "examples": [["post-purchase", "review-request"]],
        },
        "description": {"type": "string", "description": "For people.", "examples": ["Bought lately."]},
    },
    "required": ["id", "when"],
    "additionalProperties": False,
}
LIFECYCLE: Schema = {
    "type": "object",
    "title": "lifecycle",
    "properties": {
        "model": text("The name of the model, for people.", "five-phases"),
        "stages": {
            "type": "array",
            "minItems": 1,
            "items": STAGE,
            "description": "In this order: a contact is in the first stage whose condition holds.",
            "examples": [[{"id": "retention", "when": {"did": "Order Completed", "within": "90 days"}}]],
        },
    },
    "required": ["stages"],
    "additionalProperties": False,
}
