"""`event`: a contact enters when it does something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.names import check_event, read_reference, within_event
from engine.conditions.table import compile_condition, read_condition
from engine.model.journey import Entry, Happened, NoEntry, Occasion, Trigger
from engine.model.predicate import Condition
from engine.model.view import View
from engine.triggers.contract import TriggerReader, TriggerType


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """The event's name, `where` on the event, and the path of its entry key."""
    name = str(data["event"])
    is_right = check_event(name, (*reader.path, "event"), reader.report, reader.names)
    names = within_event(reader.names, name)
    where: Condition | None = None
    if "where" in data:
        predicate = read_condition(data["where"], (*reader.path, "where"), reader.report, names)
        is_right = is_right and predicate is not None
        where = compile_condition(predicate) if predicate is not None else None
    key: tuple[str, ...] | None = None
    if "key" in data:
        reference = read_reference(data["key"], (*reader.path, "key"), reader.report, names)
        if reference is not None and reference.path[0] != "event":
            reader.wrong("key", "J380", f"The key `{data['key']}` is no property of the event.", "Write a property of the event: `key: event.cart_id`.")
            reference = None
        is_right = is_right and reference is not None
        key = reference.path[1:] if reference is not None else None
    return _trigger(name, where, key) if is_right else None


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

    return Trigger("event", fires, event=name, events=where.events if where is not None else frozenset())


def key_text(properties: Mapping[str, Any], path: tuple[str, ...]) -> str | None:
    """An entry key as text: keys compare as text, so 12 and "12" are one. None when there is none."""
    value: Any = properties
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value) or None
    return None


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
        "event": {"type": "string", "minLength": 1, "description": "The event's name."},
        "where": {"$ref": "#/definitions/condition"},
        "key": {"type": "string", "description": "A property that makes the enrollment unique: `event.cart_id`."},
    },
    read=read,
)
