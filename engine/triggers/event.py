"""`event`: a contact enters when it does something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.conditions.names import Names, check_event, read_named, within_event
from engine.conditions.table import compile_condition, read_condition
from engine.conditions.vocabulary import TYPE_PHRASES, Brought
from engine.model.entry_key import key_of
from engine.model.journey import Entry, Happened, NoEntry, Occasion, Trigger
from engine.model.predicate import Condition
from engine.model.spelling import suggest
from engine.model.view import View
from engine.triggers import rules
from engine.triggers.contract import TriggerReader, TriggerType


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """The event's name, `where` on the event, and the path of its entry key."""
    name = str(data["event"])
    is_known = check_event(name, (*reader.path, "event"), reader.report, reader.names)
    names = within_event(replace(reader.names, roots=frozenset({"contact"})), name)
    where: Condition | None = None
    if "where" in data:
        predicate = read_condition(data["where"], (*reader.path, "where"), reader.report, names)
        where = compile_condition(predicate) if predicate is not None else None
    key = _read_key(data["key"], reader, names) if "key" in data else None
    if not is_known or ("where" in data and where is None) or ("key" in data and key is None):
        return None
    return _trigger(name, where, key)


def _read_key(written: object, reader: TriggerReader, names: Names) -> tuple[str, ...] | None:
    """The path of the entry key within the event: a single value that can be compared as text."""
    if not isinstance(written, str) or not written.startswith("event."):
        message = f"The key `{written}` is no property of the event."
        help = f"Write for example `key: event.{_meant(str(written), names)}`."
        reader.wrong("key", rules.KEY_NOT_OF_EVENT, message, help)
        return None
    found = read_named(written, (*reader.path, "key"), reader.report, names)
    if found is None:
        return None
    if found.type is not None and found.type.type in ("list", "map"):
        message = f"The key `{written}` is {TYPE_PHRASES[found.type.type]}, which tells nothing apart."
        reader.wrong("key", rules.KEY_MISFIT, message, "Name a text or a number, such as `event.order_id`.")
        return None
    return found.reference.path[1:]


def _meant(written: str, names: Names) -> str:
    """The property that was probably meant by `cart_id` or `trigger.cart_id`; or one that the event has."""
    name = written.rpartition(".")[2]
    declared = names.properties_of(names.event)
    if declared is None:
        return name if name.isidentifier() else "cart_id"
    ids = [one for one in declared if one.endswith("id")]
    return suggest(name, declared) or next(iter((*ids, *declared)), "cart_id")


def _trigger(name: str, where: Condition | None, key: tuple[str, ...] | None) -> Trigger:
    def fires(occasion: Occasion, view: View) -> Entry | NoEntry | None:
        if not isinstance(occasion, Happened) or occasion.event.name != name:
            return None
        view.event = occasion.event
        holds = where is None or where.holds(view)
        view.event = None
        if not holds:
            return None
        properties = occasion.event.properties
        if key is None:
            return Entry("", properties)
        text = key_text(properties, key)
        if text is None:
            return NoEntry("key_missing", f"the event has no usable {'.'.join(key)}")
        return Entry(text, properties)

    if where is None:
        return Trigger("event", fires, event=name)
    return Trigger("event", fires, event=name, events=where.events, journeys=where.journeys)


def key_text(properties: Mapping[str, Any], path: tuple[str, ...]) -> str | None:
    """The entry key that a path leads to. None when there is none."""
    value: Any = properties
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return key_of(value)


EVENT = TriggerType(
    word="event",
    summary="Enters the contact on each such event; `key` makes one enrollment per key.",
    example="""\
trigger:
  event: Cart Updated
  where: { event.items_count: { gte: 1 } }
  key: event.cart_id
""",
    schema={
        "event": {
            "type": "string",
            "minLength": 1,
            "description": "The event's name.",
            "examples": ["Cart Updated"],
            "x-if-list": "Write a list of triggers, each with a dash: `- event: …`.",
        },
        "where": {"$ref": "#/definitions/condition", "description": "Only such events."},
        "key": {
            "type": "string",
            "description": "A property of the event that makes the enrollment unique.",
            "examples": ["event.cart_id"],
        },
    },
    read=read,
    brings=lambda plain: Brought("event", event=str(plain["event"])),
)
