"""The header of a journey: everything in its file but what stands inside steps and triggers."""

from __future__ import annotations

from engine.language.shapes.pieces import A_DURATION, CONDITION, WHERE, Schema, text

RE_ENTRY: Schema = {
    "description": "Whether a contact may come in again: never, unless it says otherwise.",
    "examples": [{"after": "7 days", "if_running": "restart"}],
    "anyOf": [
        {"enum": ["never", "always"], "x-otherwise": "`re_entry: {after: 7 days}`"},
        {
            "type": "object",
            "properties": {
                "after": {
                    **A_DURATION,
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
        "event": text("An event that ends the enrollment at once.", "Order Completed"),
        "where": WHERE,
        "when": {**CONDITION, "description": "Instead of an event: ends it as soon as this holds."},
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
        "event": text("The event that reaches it.", "Order Completed"),
        "where": WHERE,
        "when": {**CONDITION, "description": "Instead of an event: what must become true inside."},
        "within": {
            **A_DURATION,
            "description": "How long it counts: 7 days unless it says otherwise, at most 90.",
            "examples": ["3 days"],
        },
        "from": {
            "enum": ["sent", "entered"],
            "description": "What `within` counts from: the last message before it (the default), or entry.",
        },
        "revenue": text("A numeric property of the event.", "event.total"),
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
        "topic": text("The topic of its messages.", "cart"),
        "quiet_hours": text("Nothing is sent then.", "21:00-08:00"),
        "timezone": text("`contact`, or a zone by its city.", "Europe/Zurich"),
        "max_lateness": {
            **A_DURATION,
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
            "from": text("The id that the step had.", "old-id"),
            "to": text("The id that it has now.", "new-id"),
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
            "step": text("The id that the step had.", "old-id"),
            "people": text(
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
        text("", "2026-12-24 18:00"),
        {
            "type": "object",
            "properties": {
                "at": text("From when on nobody enters.", "2026-12-24 18:00"),
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
    "name": text("For people.", "Abandoned cart"),
    "description": {
        "type": "string",
        "description": "For people.",
        "examples": ["Reminds of a cart that was left."],
    },
    "owner": text("Who answers for it; a live journey needs one.", "ada@shop.example"),
    "tags": {
        "type": "array",
        "items": text("", "cart"),
        "description": "For people.",
        "examples": [["cart", "mail"]],
    },
    "stage": text("Where it belongs in the customer lifecycle.", "conversion"),
    "activity": text("The always-on activity that it covers.", "cart-reminder"),
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
    "starts": text("Nobody enters before.", "2026-12-01 00:00"),
    "ends": ENDS,
    "entry_grace": {
        **A_DURATION,
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
    "enter_when": {**CONDITION, "description": "Nobody enters for whom this does not hold at that moment."},
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
    "product": text("Where the id of the product stands that `product.*` reads.", "trigger.product_id"),
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
