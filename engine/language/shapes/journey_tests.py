"""tests.yaml."""

from __future__ import annotations

from engine.language.shapes.pieces import Schema, text
from engine.model.consent import CHANNELS

_PRODUCT: Schema = {
    "type": "object",
    "title": "product",
    "examples": [{"id": "p-knife", "name": "Paring knife", "price": 32, "stock": 4}],
    "properties": {"id": text("How events name it: their `product_id`.", "p-knife")},
    "required": ["id"],
}

_AT = text("An offset from `start`, or a local time.", "2 hours")
_EXPECTED: Schema = {
    "type": "object",
    "title": "line",
    "examples": [{"at": "1 hour", "send": "first-reminder"}],
    "properties": {
        "at": _AT,
        "send": text("The step whose message leaves then.", "first-reminder"),
        "leave": text("How the journey ends then: a reason, or the name that `end` gives.", "goal"),
    },
    "required": ["at"],
    "additionalProperties": False,
    "oneOf": [{"required": ["send"]}, {"required": ["leave"]}],
}

TEST: Schema = {
    "type": "object",
    "title": "test",
    "examples": [{"name": "an order ends it", "start": "2026-03-28 20:00"}],
    "properties": {
        "name": text("What it shows, in a sentence.", "an order ends it"),
        "contact": {
            "type": "object",
            "description": "Who goes through the journey.",
            "examples": [{"email": "ada@shop.example"}],
            "x-for-text": "email",
            "properties": {
                "topics": {
                    "type": "object",
                    "description": "What it said of topics.",
                    "examples": [{"newsletter": True}],
                    "additionalProperties": {"type": "boolean"},
                },
                "consent": {
                    "type": "object",
                    "description": "What it said of channels.",
                    "examples": [{"sms": True}],
                    "properties": {channel: {"type": "boolean"} for channel in CHANNELS},
                    "additionalProperties": False,
                },
                "suppressed": {
                    "type": "object",
                    "description": "Channels over which nothing may go to it, with the reason.",
                    "examples": [{"email": "hard_bounce"}],
                    "properties": dict.fromkeys(CHANNELS, text("Why not.", "hard_bounce")),
                    "additionalProperties": False,
                },
                "history": {
                    "type": "array",
                    "description": "What it did before the start.",
                    "examples": [[{"event": "Order Completed", "at": "2026-01-05"}]],
                    "items": {
                        "type": "object",
                        "title": "event",
                        "examples": [{"event": "Order Completed", "at": "2026-01-05"}],
                        "properties": {
                            "event": text("The name of the event.", "Order Completed"),
                            "at": text("When it was.", "2026-01-05"),
                            "properties": {
                                "type": "object",
                                "description": "What the event says.",
                                "examples": [{"total": 180}],
                            },
                        },
                        "required": ["event", "at"],
                        "additionalProperties": False,
                    },
                },
                "paused_until": text("Until when it wants no messages.", "2026-04-01"),
            },
        },
        "start": text(
            "When its time begins, in the contact's zone or with a zone of its own.", "2026-03-28 20:00"
        ),
        "events": {
            "type": "array",
            "description": "What happens to the contact.",
            "examples": [[{"at": "0 minutes", "event": "Cart Updated"}]],
            "items": {
                "type": "object",
                "title": "event",
                "examples": [{"at": "0 minutes", "event": "Cart Updated"}],
                "properties": {
                    "at": _AT,
                    "event": text("The name of the event.", "Cart Updated"),
                    "properties": {
                        "type": "object",
                        "description": "What the event says.",
                        "examples": [{"total": 180}],
                    },
                },
                "required": ["at", "event"],
                "additionalProperties": False,
            },
        },
        "products": {
            "type": "array",
            "description": "Rows of the product table; with `at` as they become then.",
            "items": {**_PRODUCT, "properties": {**_PRODUCT["properties"], "at": _AT}},
            "examples": [[{"id": "p-knife", "stock": 0}, {"id": "p-knife", "stock": 5, "at": "2 days"}]],
        },
        "orders": {
            "type": "array",
            "description": "What other customers ordered lately: lists of product ids, for `recommend`.",
            "items": {"type": "array", "items": text("", "p-knife"), "examples": [["p-knife", "p-board"]]},
            "examples": [[["p-knife", "p-board"], ["p-knife"]]],
        },
        "coupons": {
            "type": "object",
            "description": "How many codes a pool holds; one that is not named holds enough.",
            "examples": [{"winback-10": 0}],
            "additionalProperties": {"type": "integer", "minimum": 0, "examples": [0]},
        },
        "expect": {
            "type": "array",
            "items": _EXPECTED,
            "description": "The messages and leavings that must occur, in this order; others are a failure.",
            "examples": [[{"at": "1 hour", "send": "first-reminder"}]],
        },
        "never": {
            "type": "array",
            "items": text("", "last-call"),
            "description": "Steps that must not send.",
            "examples": [["last-call"]],
        },
        "allow_others": {
            "type": "boolean",
            "description": "`true`: messages that `expect` does not name are no failure.",
        },
        "until": text("Where the test's time ends: an offset or a time.", "30 days"),
    },
    "required": ["name", "start"],
    "additionalProperties": False,
}

TESTS: Schema = {
    "type": "object",
    "title": "file of tests",
    "properties": {
        "tests": {
            "type": "array",
            "minItems": 1,
            "items": TEST,
            "description": "The tests, each with a contact and a time of its own.",
            "examples": [[{"name": "an order ends it", "start": "2026-03-28 20:00"}]],
        },
        "products": {
            "type": "array",
            "description": "The product table of all tests of this file.",
            "items": _PRODUCT,
            "examples": [[{"id": "p-knife", "name": "Paring knife", "price": 32, "stock": 4}]],
        },
    },
    "required": ["tests"],
    "additionalProperties": False,
}
