"""`date`: a contact enters on a day of its own: a birthday each year, a renewal once, some days before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from engine.calendar.anniversaries import DateRule, next_occurrence
from engine.calendar.clock_times import read_time_of_day
from engine.calendar.durations import read_offset
from engine.conditions.names import read_named
from engine.conditions.references import Getter, getter
from engine.conditions.vocabulary import TYPE_PHRASES, AttributeType, Brought
from engine.model.duration import Duration
from engine.model.journey import Clock, Entry, NoEntry, Occasion, Strike, Struck, Trigger
from engine.model.view import View
from engine.triggers import rules
from engine.triggers.contract import TriggerReader, TriggerType, clock_id_of


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """The attribute, how often, the offset from its day and the time of day."""
    plain: Mapping[str, Any] = data["date"]
    inside = reader.inside("date")
    value = _read_attribute(plain["attribute"], inside)
    offset: tuple[int, Duration] | None = inside.take("offset", read_offset, plain)
    at: time | None = inside.take("at", read_time_of_day, plain)
    if value is None or any(one is None for key, one in (("offset", offset), ("at", at)) if key in plain):
        return None
    rule = DateRule(plain["every"] == "year", offset, at)
    return _trigger(Clock(clock_id_of("date", plain), _in_words(plain), _strikes(value, rule)))


def _read_attribute(written: object, reader: TriggerReader) -> Getter | None:
    """A date or an instant of the contact."""
    if isinstance(written, str) and "." not in written:
        message = f"`{written}` does not say whose it is."
        reader.wrong("attribute", rules.NO_DATE, message, f"Write `attribute: contact.{written}`.")
        return None
    names = replace(reader.names, roots=frozenset({"contact"}))
    found = read_named(written, (*reader.path, "attribute"), reader.report, names)
    if found is None:
        return None
    if found.type is not None and found.type.type not in ("date", "instant"):
        message = f"`{written}` is {TYPE_PHRASES[found.type.type]}, and this trigger needs a date."
        help = "Name an attribute of type date or instant, such as `contact.birthday`."
        reader.wrong("attribute", rules.NO_DATE, message, help)
        return None
    return getter(found.reference)


def _strikes(value: Getter, rule: DateRule) -> Callable[[View], Strike | None]:
    def next(view: View) -> Strike | None:
        found = next_occurrence(value(view), rule, view.now, view.contact_zone)
        return None if found is None else Strike(found[0], found[1].isoformat())

    return next


def _trigger(clock: Clock) -> Trigger:
    def fires(occasion: Occasion, view: View) -> Entry | NoEntry | None:
        del view
        if isinstance(occasion, Struck) and occasion.clock == clock.id:
            return Entry(occasion.key, {"date": occasion.key})
        return None

    return Trigger("date", fires, clock=clock)


def _in_words(plain: Mapping[str, Any]) -> str:
    """`7 days before contact.birthday, every year, at 09:00`."""
    words = str(plain["attribute"])
    if "offset" in plain:
        sign, length = read_offset(plain["offset"])
        words = f"{length} {'before' if sign < 0 else 'after'} {words}"
    words += ", every year" if plain["every"] == "year" else ""
    return words + (f", at {plain['at']}" if "at" in plain else "")


DATE = TriggerType(
    word="date",
    summary="Enters the contact on a day of its own, each year or once, in its own time zone.",
    example="""\
trigger:
  date: { attribute: contact.birthday, every: year, offset: -7 days, at: 09:00 }
""",
    schema={
        "date": {
            "type": "object",
            "description": "A day of the contact, such as its birthday.",
            "examples": [{"attribute": "contact.birthday", "every": "year", "at": "09:00"}],
            "properties": {
                "attribute": {
                    "type": "string",
                    "minLength": 1,
                    "description": "An attribute of type date or instant.",
                    "examples": ["contact.birthday"],
                },
                "every": {
                    "enum": ["year", "once"],
                    "description": "year: each year, a 29 February on the 28th if need be; once: that day.",
                },
                "offset": {
                    "type": "string",
                    "minLength": 1,
                    "description": "So long before (with a minus) or after the day.",
                    "examples": ["-7 days"],
                },
                "at": {
                    "type": "string",
                    "minLength": 1,
                    "description": "The time of day where the contact is; midnight unless it says otherwise.",
                    "examples": ["09:00"],
                },
            },
            "required": ["attribute", "every"],
            "additionalProperties": False,
        },
    },
    read=read,
    brings=lambda _plain: Brought("date", fields={"date": AttributeType("date")}),
)
