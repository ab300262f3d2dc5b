"""The words that are always there: types, fields of every contact, built-in events, roots of paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TypeWord = Literal["text", "number", "boolean", "date", "instant", "list", "map"]

#: How each type is called in a complaint.
TYPE_PHRASES: Mapping[TypeWord, str] = {
    "text": "text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date",
    "instant": "a point in time",
    "list": "a list",
    "map": "a map",
}


@dataclass(frozen=True, slots=True)
class AttributeType:
    """What is known of an attribute or a property. `values` are the only ones allowed, or None; `source` is
    what allows them, as in a sentence."""

    type: TypeWord
    values: tuple[object, ...] | None = None
    source: str = "catalog.yaml"


@dataclass(frozen=True, slots=True)
class Brought:
    """What `trigger.*` is for those who enter by one trigger: the properties of its event, or its fields.
    With neither nobody knows."""

    word: str  # the kind of trigger
    event: str | None = None
    fields: Mapping[str, AttributeType] | None = None


#: What a step remembers, by field: its type, or the name of an event whose properties stand there.
Remembered = Mapping[str, AttributeType | str]

#: None: the event is known, but nobody said which properties it has.
Properties = Mapping[str, AttributeType] | None

TEXT = AttributeType("text")

#: Fields of every contact, whatever the catalog says (engine.model.contact.BUILT_IN).
CONTACT_FIELDS: Mapping[str, AttributeType] = {
    "id": TEXT,
    "email": TEXT,
    "phone": TEXT,
    "timezone": TEXT,
    "locale": TEXT,
    "stage": TEXT,
    "created_at": AttributeType("instant"),
}

#: Fields of every product, whatever the catalog says (engine.model.stock.BUILT_IN).
PRODUCT_FIELDS: Mapping[str, AttributeType] = {
    "id": TEXT,
    "name": TEXT,
    "price": AttributeType("number"),
    "url": TEXT,
    "image": TEXT,
    "category": TEXT,
    "stock": AttributeType("number"),
    "created_at": AttributeType("instant"),
}

_OF_A_MESSAGE = {"journey": TEXT, "step": TEXT, "topic": TEXT, "channel": TEXT}

#: Events that the engine itself tells; usable like any other, declared or not.
BUILT_IN_EVENTS: Mapping[str, Properties] = {
    "Message Sent": _OF_A_MESSAGE,
    "Message Delivered": _OF_A_MESSAGE,
    "Message Opened": _OF_A_MESSAGE,
    "Message Clicked": {**_OF_A_MESSAGE, "link": TEXT},
    "Message Scanned": {**_OF_A_MESSAGE, "link": TEXT, "what": TEXT},
    "Message Bounced": {**_OF_A_MESSAGE, "hard": AttributeType("boolean"), "reason": TEXT},
    "Message Complained": {**_OF_A_MESSAGE, "type": TEXT},
    "Message Replied": _OF_A_MESSAGE,
    "Topic Subscribed": {"topic": TEXT},
    "Topic Unsubscribed": {"topic": TEXT},
    "Subscription Requested": {"topic": TEXT},
    "Subscription Confirmed": {"topic": TEXT},
    "Stage Changed": {"from": TEXT, "to": TEXT},
}

#: Those of them that this version tells; the others are refused.
TOLD = frozenset(
    {"Message Sent", "Message Opened", "Message Clicked", "Message Scanned", "Message Bounced"}
    | {"Message Complained", "Topic Subscribed", "Topic Unsubscribed"}
    | {"Subscription Requested", "Subscription Confirmed", "Stage Changed"}
)

#: Those that it takes in and tells nothing of by itself.
TOLD_FROM_OUTSIDE = frozenset({"Message Delivered", "Message Replied"})

#: Every word that a condition begins with, paths apart; so that those who mix them get advice about mixing.
WORDS = (
    *("all", "any", "none", "not", "did", "did_not", "some", "every", "none_of"),
    *("in_segment", "stage", "subscribed", "consented", "in_journey", "finished"),
    *("received", "opened", "clicked", "bounced"),
)

#: The first word of a path, with an example and what it reads.
ROOTS: Mapping[str, tuple[str, str]] = {
    "contact": ("contact.orders", "A field or an attribute of the contact."),
    "event": ("event.total", "A property of the event under test; only in a `where`."),
    "trigger": ("trigger.cart_id", "A property of what started the journey for this contact."),
    "product": ("product.stock", "A field of the product that the journey's header names by `product`."),
    "item": ("item.category", "A field of the item under test; only in the `where` of a list of items."),
    "step": ("step.came-back.event.total", "What an earlier step remembers: step.ID.FIELD."),
}
