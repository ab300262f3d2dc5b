"""catalog.yaml."""

from __future__ import annotations

from engine.language.shapes.pieces import Schema, text

_TYPE = {
    "enum": ["text", "number", "boolean", "date", "instant", "list", "map"],
    "description": "What kind of value it is; an instant is a date with a time.",
}
_TYPED: Schema = {
    "examples": ["text"],
    "anyOf": [
        _TYPE,
        {
            "type": "object",
            "properties": {
                "type": _TYPE,
                "values": {
                    "type": "array",
                    "minItems": 1,
                    "items": {},
                    "description": "All the values that there are.",
                    "examples": [["CH", "DE"]],
                },
                "required": {
                    "type": "boolean",
                    "description": "It is never missing, so a message may print it without `default`.",
                },
                "description": {"type": "string", "description": "For people.", "examples": ["By invoice."]},
            },
            "required": ["type"],
            "additionalProperties": False,
        },
    ],
}

CATALOG: Schema = {
    "type": "object",
    "title": "catalog",
    "properties": {
        "contact": {
            "type": "object",
            "description": "Attributes of a contact.",
            "examples": [{"first_name": "text"}],
            "additionalProperties": _TYPED,
        },
        "events": {
            "type": "object",
            "description": "Events and their properties.",
            "examples": [{"Signed Up": {"source": "text"}}],
            "additionalProperties": {
                "type": ["object", "null"],
                "examples": [{"source": "text"}],
                "additionalProperties": _TYPED,
            },
        },
        "product": {
            "type": "object",
            "description": "Attributes of a product, besides name, price and the like.",
            "examples": [{"refill_days": "number"}],
            "additionalProperties": _TYPED,
        },
        "topics": {
            "type": "object",
            "description": "What contacts subscribe to.",
            "examples": [{"newsletter": {"name": "Newsletter", "consent": "opt_in"}}],
            "additionalProperties": {
                "type": "object",
                "title": "topic",
                "examples": [{"name": "Newsletter", "consent": "opt_in"}],
                "properties": {
                    "name": text("How contacts read it.", "Newsletter"),
                    "consent": {
                        "enum": ["opt_in", "double_opt_in", "opt_out", "none"],
                        "description": "opt_in: only after a yes; double_opt_in: only after a yes that was "
                        "confirmed by mail; opt_out: until a no; none: no marketing.",
                    },
                    "description": {
                        "type": "string",
                        "description": "For people.",
                        "examples": ["Once a month."],
                    },
                },
                "required": ["name", "consent"],
                "additionalProperties": False,
            },
        },
        "senders": {
            "type": "object",
            "description": "Whom mail comes from.",
            "examples": [{"shop": {"from": "hello@shop.example"}}],
            "additionalProperties": {
                "type": "object",
                "title": "sender",
                "examples": [{"from": "hello@shop.example"}],
                "x-for-text": "from",
                "properties": {
                    "from": text("The address, with or without a name.", "hello@shop.example"),
                    "reply_to": text("Where answers go.", "help@shop.example"),
                    "postal_address": text(
                        "It stands at the end of marketing mail.", "Bahnhofstrasse 1, 8001 Zürich"
                    ),
                },
                "required": ["from"],
                "additionalProperties": False,
            },
        },
        "defaults": {
            "type": "object",
            "description": "What holds where a contact, a journey or a message does not say it.",
            "examples": [{"timezone": "Europe/Zurich"}],
            "properties": {
                "sender": text("A sender of this file.", "shop"),
                "timezone": text("A zone by its city.", "Europe/Zurich"),
                "locale": text("How dates and sums of money are written.", "de-CH"),
                "currency": text("What sums of money are in.", "CHF"),
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
