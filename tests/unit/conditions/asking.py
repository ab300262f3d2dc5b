"""Asks a condition as a marketer wrote it: YAML text through the real reader, then read and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.conditions.names import AttributeType, Names
from engine.conditions.table import read_and_compile
from engine.conditions.vocabulary import Brought
from engine.language.yaml_text import read_yaml
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.fault import Mistake
from engine.model.predicate import Condition
from engine.model.view import View

NOW = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)
SEGMENTS = {
    "vip": {"when": {"contact.orders": {"gte": 5}}},
    "lapsed": {"when": {"did_not": "Order Completed", "within": "180 days"}},
    "lapsed-vip": {"when": {"all": [{"in_segment": "vip"}, {"in_segment": "lapsed"}]}},
}
ANYWHERE = Names(roots=frozenset({"contact", "trigger", "step", "event", "item"}), segments=SEGMENTS)

CATALOG = Names(
    products={"refill_days": AttributeType("number")},
    attributes={
        "first_name": AttributeType("text"),
        "country": AttributeType("text", ("CH", "DE", "AT")),
        "zip": AttributeType("text"),
        "orders": AttributeType("number"),
        "vip": AttributeType("boolean"),
        "birthday": AttributeType("date"),
        "renewal_at": AttributeType("instant"),
        "interests": AttributeType("list"),
        "address": AttributeType("map"),
    },
    events={
        "Order Completed": {
            "order_id": AttributeType("text"),
            "cart_id": AttributeType("text"),
            "total": AttributeType("number"),
        },
        "Cart Updated": {
            "cart_id": AttributeType("text"),
            "items_count": AttributeType("number"),
            "products": AttributeType("list"),
        },
        "Whatever": None,
    },
    triggers=(Brought("event", "Cart Updated"),),
    steps={
        "first-reminder": {},
        "came-back": {"passed": AttributeType("boolean"), "event": "Order Completed"},
    },
    segments=SEGMENTS,
    topics=frozenset({"cart", "newsletter"}),
    journeys=frozenset({"demo", "welcome-series"}),
    stages=frozenset({"retention", "at-risk"}),
)


def read(text: str) -> Any:
    """The plain data of a YAML text that has no faults of its own."""
    indented = "".join(f"\n  {line}" for line in text.splitlines())
    document = read_yaml(f"when:{indented}\n".encode(), "condition.yaml")
    assert not document.faults, document.faults
    return document.data["when"]


def condition(text: str, names: Names = ANYWHERE) -> Condition:
    """The condition of a text without mistakes."""
    mistakes: list[Mistake] = []
    found = read_and_compile(read(text), (), mistakes.append, names)
    assert found is not None, mistakes
    return found


def mistakes_of(text: str, names: Names = CATALOG) -> list[Mistake]:
    """What is wrong with a text; a condition comes out only when nothing is."""
    mistakes: list[Mistake] = []
    found = read_and_compile(read(text), (), mistakes.append, names)
    assert (found is None) == any(one.severity == "error" for one in mistakes)
    return mistakes


def view(attributes: Mapping[str, Any] | None = None, **more: Any) -> View:
    """A contact at NOW. `more` is fields of the view, and `events` as (name, at, properties)."""
    events = sorted((event(*one) for one in more.pop("events", ())), key=lambda one: one.at)
    history: dict[str, list[Event]] = {}
    for one in events:
        history.setdefault(one.name, []).append(one)
    now = more.pop("now", NOW)
    contact = more.pop("contact", None) or Contact("c1", "ada@shop.example", attributes=attributes or {})
    return View(contact, now, ZoneInfo("Europe/Zurich"), history, **more)


def event(
    name: str, at: datetime, properties: Mapping[str, Any] | None = None, received_at: datetime | None = None
) -> Event:
    """An event of the contact, received when it happened unless said otherwise."""
    return Event(f"{name}-{at}", "c1", name, at, received_at or at, properties or {})


def holds(text: str, attributes: Mapping[str, Any] | None = None, **more: Any) -> bool:
    """Whether the condition of a text holds."""
    return condition(text).holds(view(attributes, **more))
