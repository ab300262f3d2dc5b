"""JSON Schemas (draft-07) of each kind of file, built from the tables of steps, triggers and conditions.

`editor_schema` is what editors and other programs get: complete, `oneOf` by verb, numbers allowed where a
text is wanted. The validator takes the same fragments one at a time (language/shape.py), so that one
mistake gives one message.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from engine.conditions.table import condition_schema
from engine.language.sources.schema import SOURCE
from engine.model.consent import CHANNELS
from engine.steps.contract import StepType
from engine.steps.table import STEPS
from engine.triggers.contract import TriggerType
from engine.triggers.table import TRIGGERS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_CONDITION: Schema = {"$ref": "#/definitions/condition"}
_DURATION: Schema = {"$ref": "#/definitions/duration"}
_WHERE: Schema = {**_CONDITION, "description": "Only such events: a condition on `event.*`."}


def _text(description: str = "", *examples: str) -> Schema:
    """A text that is not empty, with what it is for and how it looks."""
    described = {"description": description} if description else {}
    return {**_TEXT, **described, **({"examples": list(examples)} if examples else {})}


#: Keys that every step may have besides those of its verb.
STEP_KEYS: Schema = {
    "id": {
        "type": "string",
        "pattern": "^[a-z0-9][a-z0-9_-]*$",
        "description": "It is unique in the file, because people stand here.",
        "examples": ["first-reminder"],
    },
    "when": {**_CONDITION, "description": "If this does not hold, the step is passed over."},
    "note": {"type": "string", "description": "For people.", "examples": ["why this step is here"]},
}

RE_ENTRY: Schema = {
    "description": "Whether a contact may come in again: never, unless it says otherwise.",
    "examples": [{"after": "7 days", "if_running": "restart"}],
    "anyOf": [
        {"enum": ["never", "always"], "x-otherwise": "`re_entry: {after: 7 days}`"},
        {
            "type": "object",
            "properties": {
                "after": {
                    **_DURATION,
                    "description": "How long after the last time ended.",
                    "examples": ["7 days"],
                },
                "if_running": {
                    "enum": ["ignore", "restart", "update", "parallel"],
                    "description": "While the contact is inside: ignore what would let it in; restart: begin"
                    " again; update: keep the place, with the new `trigger.*`; parallel: several at once.",
                },
                "max": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "How often in all.",
                    "examples": [3],
                },
            },
            "additionalProperties": False,
            "minProperties": 1,
            "examples": [{"after": "7 days", "if_running": "restart"}],
        },
    ],
}

EXIT_RULE: Schema = {
    "type": "object",
    "title": "exit rule",
    "examples": [{"event": "Order Completed"}],
    "x-for-text": "event",
    "properties": {
        "event": _text("An event that ends the enrollment at once.", "Order Completed"),
        "where": _WHERE,
        "when": {**_CONDITION, "description": "Instead of an event: ends it as soon as this holds."},
    },
    "additionalProperties": False,
    "oneOf": [{"required": ["event"]}, {"required": ["when"]}],
    "dependencies": {"where": ["event"]},
}

GOAL: Schema = {
    "type": "object",
    "title": "goal",
    "description": "What the journey is for; reaching it ends it unless `exit: false`.",
    "examples": [{"event": "Order Completed", "within": "7 days"}],
    "x-for-text": "event",
    "properties": {
        "event": _text("The event that reaches it.", "Order Completed"),
        "where": _WHERE,
        "when": {**_CONDITION, "description": "Instead of an event: what must become true inside."},
        "within": {
            **_DURATION,
            "description": "How long it counts: 7 days unless it says otherwise, at most 90.",
            "examples": ["3 days"],
        },
        "from": {
            "enum": ["sent", "entered"],
            "description": "What `within` counts from: the last message before it (the default), or entry.",
        },
        "revenue": _text("A numeric property of the event.", "event.total"),
        "exit": {
            "type": "boolean",
            "description": "Whether reaching it ends the journey; `true` by default.",
        },
    },
    "additionalProperties": False,
    "oneOf": [{"required": ["event"]}, {"required": ["when"]}],
    "dependencies": {"where": ["event"], "revenue": ["event"]},
}

DEFAULTS: Schema = {
    "type": "object",
    "description": "What holds for every step that does not say otherwise.",
    "examples": [{"topic": "cart", "quiet_hours": "21:00-08:00"}],
    "properties": {
        "topic": _text("The topic of its messages.", "cart"),
        "quiet_hours": _text("Nothing is sent then.", "21:00-08:00"),
        "timezone": _text("`contact`, or a zone by its city.", "Europe/Zurich"),
        "max_lateness": {
            **_DURATION,
            "description": "A message that is later than this is dropped.",
            "examples": ["24 hours"],
        },
    },
    "additionalProperties": False,
}

MOVED: Schema = {
    "type": "array",
    "minItems": 1,
    "description": "Steps that have another id now: the people there keep their place.",
    "examples": [[{"from": "old-id", "to": "new-id"}]],
    "items": {
        "type": "object",
        "title": "move",
        "examples": [{"from": "old-id", "to": "new-id"}],
        "properties": {
            "from": _text("The id that the step had.", "old-id"),
            "to": _text("The id that it has now.", "new-id"),
        },
        "required": ["from", "to"],
        "additionalProperties": False,
    },
}

REMOVED: Schema = {
    "type": "array",
    "minItems": 1,
    "description": "Steps that are gone, and where the people there go on.",
    "examples": [[{"step": "old-id", "people": "exit"}]],
    "items": {
        "type": "object",
        "title": "removal",
        "examples": [{"step": "old-id", "people": "exit"}],
        "properties": {
            "step": _text("The id that the step had.", "old-id"),
            "people": _text(
                "The step where they go on, or `exit`: they leave, or `finish`: on the old version.",
                *("next-id", "exit", "finish"),
            ),
        },
        "required": ["step", "people"],
        "additionalProperties": False,
    },
}

ENDS: Schema = {
    "description": "Nobody enters from then on; those inside go on, unless `inside: stop`.",
    "examples": ["2026-12-24 18:00"],
    "anyOf": [
        _text("", "2026-12-24 18:00"),
        {
            "type": "object",
            "properties": {
                "at": _text("From when on nobody enters.", "2026-12-24 18:00"),
                "inside": {"enum": ["stop"], "description": "Those inside leave then."},
            },
            "required": ["at"],
            "additionalProperties": False,
            "examples": [{"at": "2026-12-24 18:00", "inside": "stop"}],
        },
    ],
}

#: Keys of the header that say nothing without another one.
TOGETHER: Schema = {"entry_grace": ["enter_when"]}

#: The header, key by key; `steps` and `trigger` are filled in by `editor_schemas`.
HEADER: Schema = {
    "dsl": {"enum": [1], "description": "Version of the language."},
    "journey": {
        "type": "string",
        "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
        "description": "Id in kebab-case, equal to the folder or file name.",
        "examples": ["abandoned-cart"],
    },
    "name": _text("For people.", "Abandoned cart"),
    "description": {
        "type": "string",
        "description": "For people.",
        "examples": ["Reminds of a cart that was left."],
    },
    "owner": _text("Who answers for it; a live journey needs one.", "ada@shop.example"),
    "tags": {
        "type": "array",
        "items": _text("", "cart"),
        "description": "For people.",
        "examples": [["cart", "mail"]],
    },
    "stage": _text("Where it belongs in the customer lifecycle.", "conversion"),
    "activity": _text("The always-on activity that it covers.", "cart-reminder"),
    "status": {
        "enum": ["draft", "shadow", "live", "paused", "stopping", "stopped"],
        "description": "draft: it never runs; shadow: it runs, and what it would send or change is only"
        " written down; paused: people stay where they stand; stopping: nobody enters, the rest finish;"
        " stopped: everybody leaves.",
    },
    "priority": {
        "type": "integer",
        "description": "The higher one enters first and wins under a cap; 0 unless it says otherwise.",
        "examples": [10],
    },
    "holdout": {
        "type": "number",
        "minimum": 0,
        "maximum": 100,
        "description": "Percent of contacts that go through it without getting its messages, to compare.",
        "examples": [10],
    },
    "starts": _text("Nobody enters before.", "2026-12-01 00:00"),
    "ends": ENDS,
    "entry_grace": {
        **_DURATION,
        "description": "How long a false `enter_when` is asked again when the contact changes.",
        "examples": ["30 minutes"],
    },
    "tracking": {
        "type": "array",
        "minItems": 1,
        "items": {"enum": ["opens", "clicks"]},
        "description": "What is known of its messages after they were sent; `opened` and `clicked` need it.",
        "examples": [["opens", "clicks"]],
    },
    "in_flight": {
        "enum": ["follow", "pin"],
        "description": "follow: people inside move to a new version, keeping their step;"
        " pin: they finish on the version that they entered.",
    },
    "moved": MOVED,
    "removed": REMOVED,
    "trigger": {
        "description": "What lets contacts in: one trigger, or a list of them.",
        "examples": [{"event": "Signed Up"}],
    },
    "enter_when": {**_CONDITION, "description": "Nobody enters for whom this does not hold at that moment."},
    "re_entry": RE_ENTRY,
    "exit_when": {
        "type": "array",
        "minItems": 1,
        "items": EXIT_RULE,
        "description": "What ends it at once, also in the middle of a wait.",
        "examples": [[{"event": "Order Completed"}]],
    },
    "goal": GOAL,
    "defaults": DEFAULTS,
    "product": _text("Where the id of the product stands that `product.*` reads.", "trigger.product_id"),
    "steps": {
        "description": "What happens, in this order.",
        "examples": [[{"id": "pause", "wait": "2 days"}]],
    },
}

REQUIRED = ("dsl", "journey", "trigger", "steps")

#: The header as the validator looks at it: `trigger`, `steps` and conditions are looked at on their own.
HEADER_ALONE: Schema = {
    "type": "object",
    "title": "journey",
    "properties": HEADER,
    "required": list(REQUIRED),
    "dependencies": TOGETHER,
    "additionalProperties": False,
}

DURATION: Schema = {
    "type": "string",
    "description": "`90 seconds`, `2 days`, `1 hour 30 minutes`, `P2D`.",
    "x-exact": True,  # a bare number has no unit
    "pattern": "^(\\s*[pP].*|\\s*[0-9]+\\s*[a-zA-Z]+.*)$",
}

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
                    "name": _text("How contacts read it.", "Newsletter"),
                    "consent": {
                        "enum": ["opt_in", "opt_out", "none"],
                        "description": "opt_in: only after a yes; opt_out: until a no; none: no marketing.",
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
                    "from": _text("The address, with or without a name.", "hello@shop.example"),
                    "reply_to": _text("Where answers go.", "help@shop.example"),
                    "postal_address": _text(
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
                "sender": _text("A sender of this file.", "shop"),
                "timezone": _text("A zone by its city.", "Europe/Zurich"),
                "locale": _text("How dates and sums of money are written.", "de-CH"),
                "currency": _text("What sums of money are in.", "CHF"),
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}

SEGMENT: Schema = {
    "type": "object",
    "title": "segment",
    "examples": [{"when": {"contact.country": "CH"}}],
    "properties": {
        "when": {**_CONDITION, "description": "Who is in it."},
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

_PRODUCT: Schema = {
    "type": "object",
    "title": "product",
    "examples": [{"id": "p-knife", "name": "Paring knife", "price": 32, "stock": 4}],
    "properties": {"id": _text("How events name it: their `product_id`.", "p-knife")},
    "required": ["id"],
}
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
        "name": _text("For people.", "At risk"),
        "when": {**_CONDITION, "description": "The first stage whose condition holds is the contact's."},
        "activities": {
            "type": "array",
            "items": _text("", "post-purchase"),
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
        "model": _text("The name of the model, for people.", "five-phases"),
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

_AT = _text("An offset from `start`, or a local time.", "2 hours")
_EXPECTED: Schema = {
    "type": "object",
    "title": "line",
    "examples": [{"at": "1 hour", "send": "first-reminder"}],
    "properties": {
        "at": _AT,
        "send": _text("The step whose message leaves then.", "first-reminder"),
        "leave": _text("How the journey ends then: a reason, or the name that `end` gives.", "goal"),
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
        "name": _text("What it shows, in a sentence.", "an order ends it"),
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
                    "properties": dict.fromkeys(CHANNELS, _text("Why not.", "hard_bounce")),
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
                            "event": _text("The name of the event.", "Order Completed"),
                            "at": _text("When it was.", "2026-01-05"),
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
                "paused_until": _text("Until when it wants no messages.", "2026-04-01"),
            },
        },
        "start": _text(
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
                    "event": _text("The name of the event.", "Cart Updated"),
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
            "items": {"type": "array", "items": _text("", "p-knife"), "examples": [["p-knife", "p-board"]]},
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
            "items": _text("", "last-call"),
            "description": "Steps that must not send.",
            "examples": [["last-call"]],
        },
        "allow_others": {
            "type": "boolean",
            "description": "`true`: messages that `expect` does not name are no failure.",
        },
        "until": _text("Where the test's time ends: an offset or a time.", "30 days"),
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

MESSAGE: Schema = {
    "type": "object",
    "title": "message",
    "properties": {
        "subject": _text("What inboxes show; Liquid may stand in it.", "Your cart is still here"),
        "preheader": {
            "type": "string",
            "description": "What inboxes show behind the subject.",
            "examples": ["We have kept it for you."],
        },
        "from": _text("A sender of the catalog.", "shop"),
        "reply_to": _text("Where answers go, if not where the sender says.", "help@shop.example"),
        "layout": _text("A layout of _layouts, or none.", "none"),
        "topic": _text("The topic, if the step and the journey name none.", "newsletter"),
        "attachments": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "examples": ["return-form.pdf"]},
            "maxItems": 10,
            "description": "Files beside the journey that travel with the mail.",
            "examples": [["return-form.pdf"]],
        },
    },
    "required": ["subject"],
    "additionalProperties": False,
}
#: Of a message for sms, push, whatsapp or chat; a subject is the title of a push message.
TEXT_MESSAGE: Schema = {
    "type": "object",
    "title": "message",
    "properties": {key: MESSAGE["properties"][key] for key in ("subject", "topic")},
    "additionalProperties": False,
}


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
