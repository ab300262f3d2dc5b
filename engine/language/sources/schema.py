"""The JSON Schema of a source file: editors complete by it, the validator and the reference page read it."""

from __future__ import annotations

from typing import Any

from engine.language.sources.schemes import SCHEMES
from engine.model.consent import CHANNELS

Schema = dict[str, Any]

_SCALAR = ["string", "number", "boolean"]


def _text(description: str, *examples: str) -> Schema:
    return {"type": "string", "minLength": 1, "description": description, "examples": list(examples)}


def _texts(description: str, *examples: Any) -> Schema:
    """One text or a list of them."""
    text: Schema = {"type": "string", "minLength": 1}
    return {
        "description": description,
        "examples": list(examples),
        "anyOf": [text, {"type": "array", "minItems": 1, "items": {**text, "examples": ["email"]}}],
    }


#: What `where` compares with.
_WHERE: Schema = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "type": [*_SCALAR, "array", "object"],
        "properties": {"exists": {"type": "boolean", "description": "Whether there is something."}},
        "additionalProperties": False,
        "examples": ["paid"],
    },
    "description": "Paths and what they must lead to; of a list one will do; `{exists: false}`: nothing.",
    "examples": [{"status": ["processing", "completed"]}],
}

#: Ways to read a value; without any of them the value is taken as it stands.
AS = (
    "text",
    "number",
    "boolean",
    "instant",
    "list",
    "upper",
    "lower",
    "cents",
    "minor_units",
    "sum",
    "count",
)

_TABLE: Schema = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": _SCALAR},
    "description": "What becomes of each value; one that is not in the table is not said.",
    "examples": [{"paid": True, "pending": False}],
}

_WAYS: Schema = {
    "path": _texts(
        "Where it stands; of a list of paths the first that leads to something.", "customer.email"
    ),
    "constant": {
        "type": _SCALAR,
        "description": "Always this, whatever the payload says.",
        "examples": [True],
    },
    "join": {
        "type": "array",
        "minItems": 1,
        "items": _text("", "customer.first_name"),
        "description": "Several paths as one text; what is missing is left out.",
        "examples": [["customer.first_name", "customer.last_name"]],
    },
    "with": {
        "type": "string",
        "description": "What stands between the parts of `join`; a blank unless it says otherwise.",
        "examples": [", "],
    },
    "each": _text("A list whose items become items with `fields`.", "line_items"),
    "as": {
        "enum": list(AS),
        "description": "How it is read. instant: ISO 8601, seconds or milliseconds since 1970; list: a text"
        " with commas; upper, lower: in such letters; cents: divided by 100; minor_units: divided as the"
        " currency wants it; sum, count: of a list.",
    },
    "currency": _text("With `as: minor_units`: the path of the currency's code.", "currency"),
    "table": _TABLE,
    "default": {"type": _SCALAR, "description": "Where nothing is said.", "examples": ["unknown"]},
    "prefix": _text("What is put before it.", "hubspot-"),
}

#: A path, or several of which the first counts that leads to something.
_PATHS: tuple[Schema, ...] = (
    {"type": "string", "minLength": 1},
    {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "minLength": 1, "examples": ["email"]},
        "examples": [["customer.email", "email"]],
    },
)

_SINGLE: Schema = {
    "type": "object",
    "title": "value",
    "properties": {key: schema for key, schema in _WAYS.items() if key != "each"},
    "additionalProperties": False,
    "minProperties": 1,
    "examples": [{"path": "total_price", "as": "number"}],
}


def _value(description: str, *examples: Any) -> Schema:
    """A path, or one of the ways to read a value."""
    return {"description": description, "examples": list(examples), "anyOf": [*_PATHS, _SINGLE]}


_FIELD: Schema = {"examples": ["title"], "anyOf": [*_PATHS, _SINGLE]}
_VALUE: Schema = {
    "examples": ["customer.first_name"],
    "anyOf": [
        *_PATHS,
        {
            **_SINGLE,
            "properties": {
                **_WAYS,
                "where": {**_WHERE, "description": "With `each`: the items that count, as in a rule."},
                "fields": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": _FIELD,
                    "description": "With `each`: what becomes of an item; paths begin at the item.",
                    "examples": [{"product_id": "product_id", "name": "title"}],
                },
            },
            "dependencies": {"each": ["fields"], "fields": ["each"], "where": ["each"]},
        },
    ],
}


def _pairs(description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "examples": [{"each": "answers", "name": "field.ref", "value": "text"}],
        "properties": {
            "each": _text("The list.", "form_response.answers"),
            "name": _text("Where an item says the name, as a path from the item.", "field.ref"),
            "value": {
                **_texts(
                    "Where an item says the value; of a list of paths the first that leads to something.",
                    "text",
                    ["text", "choice.label"],
                )
            },
            "only": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": "string", "minLength": 1},
                "description": "The names that are taken, and what they are called here; without it, all.",
                "examples": [{"Newsletter-Sprache": "language"}],
            },
        },
        "required": ["each", "name", "value"],
        "additionalProperties": False,
    }


CONTACT: Schema = {
    "type": "object",
    "title": "contact",
    "description": "How to find the contact. Without an id the e-mail address, in small letters, is the id.",
    "examples": [{"id": "customer.id", "email": "email"}],
    "properties": {
        "id": _value("The id of the contact.", "customer.id"),
        "email": _value("Its e-mail address, which it is told as well.", "email"),
        "anonymous": _value(
            "A number that only the other system knows it by. What comes with it alone waits until a payload"
            " names it together with an id or an address.",
            {"path": "customer", "prefix": "stripe-"},
        ),
    },
    "additionalProperties": False,
    "minProperties": 1,
}

SIGNATURE: Schema = {
    "type": "object",
    "title": "signature",
    "description": "How a request proves whose it is; without that nothing is taken.",
    "examples": [{"scheme": "shopify", "secret": "${SHOPIFY_WEBHOOK_SECRET}"}],
    "properties": {
        "scheme": {
            "enum": list(SCHEMES),
            "description": "; ".join(f"{one.word}: {one.summary}" for one in SCHEMES.values()) + ".",
        },
        "secret": _texts(
            "A variable of the environment or a file of $CREDENTIALS_DIRECTORY, never the secret itself;"
            " several while one replaces another.",
            "${SHOPIFY_WEBHOOK_SECRET}",
        ),
        "user": _text("With `basic`: the user; the password is the secret.", "insightly"),
        "header": _text("With `hmac` and `token`: the header that holds it.", "X-Signature"),
        "encoding": {
            "enum": ["base64", "hex"],
            "description": "With `hmac`: how it is spelled; base64 unless it says otherwise.",
        },
        "prefix": _text("With `hmac` and `token`: what stands before it in the header.", "sha256="),
        "signs": _text(
            "With `hmac`: what is signed, of `{body}`, `{timestamp}`, `{method}`, `{url}` and"
            " `{header.NAME}`; the body alone unless it says otherwise.",
            "{timestamp}.{body}",
        ),
        "timestamp": _text("With `hmac`: the header with the time of sending.", "X-Timestamp"),
    },
    "required": ["scheme", "secret"],
    "additionalProperties": False,
}

_CONSENT: Schema = {
    "type": "object",
    "title": "consent",
    "examples": [{"topic": "newsletter", "path": "accepts_marketing"}],
    "properties": {
        "topic": _text("The topic of catalog.yaml that it is about.", "newsletter"),
        "channel": {"enum": list(CHANNELS), "description": "Instead of a topic: the channel."},
        "path": _text("Where the answer stands.", "customer.email_marketing_consent.state"),
        "table": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "boolean"},
            "description": "Which answers are a yes and which a no; others say nothing.",
            "examples": [{"subscribed": True, "unsubscribed": False}],
        },
        "at": _texts(
            "When it was said. A yes without a time counts only where nobody said no.", "updated_at"
        ),
    },
    "required": ["path"],
    "oneOf": [{"required": ["topic"]}, {"required": ["channel"]}],
    "additionalProperties": False,
}

FETCH: Schema = {
    "type": "object",
    "title": "fetch",
    "description": "Asks the other system for what the payload only names; `fetched.PATH` is in its answer.",
    "examples": [{"url": "https://api.shop.example/orders/{data.id}"}],
    "properties": {
        "url": _text(
            "What is asked (GET), with paths of the payload in braces and `${NAME}` for variables.",
            "https://api.shop.example/orders/{data.id}",
        ),
        "headers": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "string", "minLength": 1},
            "description": "What is sent with it; secrets as `${NAME}`.",
            "examples": [{"X-Auth-Token": "${SHOP_TOKEN}"}],
        },
    },
    "required": ["url"],
    "additionalProperties": False,
}

_RULE: Schema = {
    "type": "object",
    "title": "rule",
    "examples": [{"when": "orders/create", "event": "Order Completed"}],
    "x-for-text": "event",
    "properties": {
        "when": _texts(
            "What `select` must lead to, or a list of such words; without it every payload.",
            "orders/create",
            ["orders/create", "orders/paid"],
        ),
        "where": _WHERE,
        "fetch": FETCH,
        "contact": {**CONTACT, "description": "Who it is, where it is another than at the top of the file."},
        "attributes": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": _VALUE,
            "description": "What becomes known of the contact, by attribute.",
            "examples": [{"first_name": "customer.first_name"}],
        },
        "attributes_from": _pairs("A list of names and values that become attributes."),
        "consent": {
            "type": "array",
            "minItems": 1,
            "items": _CONSENT,
            "description": "What the contact agreed to there. It is taken only where a file says so, and a"
            " no that came later stays a no.",
            "examples": [[{"topic": "newsletter", "path": "accepts_marketing"}]],
        },
        "event": _text("The event that it becomes.", "Order Completed"),
        "properties": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": _VALUE,
            "description": "The properties of the event.",
            "examples": [{"order_id": "id", "total": {"path": "total_price", "as": "number"}}],
        },
        "properties_from": _pairs("A list of names and values that become properties."),
        "at": _texts("When it happened; without it, when it came.", "created_at"),
        "id": _texts(
            "What makes it this one and no other, so that it counts once however often it comes. Without it"
            " the content of the payload does.",
            "id",
            ["id", "updated_at"],
        ),
    },
    "additionalProperties": False,
    "dependencies": {"properties": ["event"], "properties_from": ["event"]},
}

SOURCE: Schema = {
    "type": "object",
    "title": "source",
    "properties": {
        "name": _text("For people.", "Shopify"),
        "description": {
            "type": "string",
            "description": "For people.",
            "examples": ["Orders and customers."],
        },
        "signature": SIGNATURE,
        "select": _texts(
            "Where a request says what it is about; of a list of paths the first that leads to something.",
            "header.X-Shopify-Topic",
        ),
        "each": _text("A list in the payload whose items are taken one by one.", "events"),
        "contact": CONTACT,
        "nobody": {
            "enum": ["reject", "ignore"],
            "description": "What becomes of a payload that names nobody: reject keeps it to be looked at.",
        },
        "ping": _text(
            "A trial request without a signature begins with this; it is answered and not read.",
            "webhook_id=",
        ),
        "challenge": _text(
            "The parameter of a GET whose value is answered, to prove the address.", "challenge"
        ),
        "answer": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": _SCALAR},
            "description": "What is answered, where a vendor reads it.",
            "examples": [{"op": "success"}],
        },
        "take": {
            "type": "array",
            "minItems": 1,
            "items": _RULE,
            "description": "What becomes of a payload. Every rule that fits is taken, in this order; what"
            " none fits is ignored and counted.",
            "examples": [[{"when": "orders/create", "event": "Order Completed"}]],
        },
    },
    "required": ["signature", "take"],
    "additionalProperties": False,
}
