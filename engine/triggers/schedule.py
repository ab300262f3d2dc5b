"""`schedule`: everyone in an audience enters at set times, such as every Monday at nine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendar.clock_times import read_time_of_day
from engine.calendar.cron import read_cron
from engine.calendar.recurrence import Every, Recurrence, firing_key, next_firing, read_every
from engine.calendar.zones import find_zone, suggest_zone
from engine.conditions.table import compile_condition, read_condition
from engine.conditions.vocabulary import TEXT, Brought
from engine.model.journey import Clock, Entry, NoEntry, Occasion, Schedule, Strike, Struck, Trigger
from engine.model.predicate import Condition
from engine.model.view import View
from engine.triggers import rules
from engine.triggers.contract import TriggerReader, TriggerType, clock_id_of


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """When it fires, for whom, and by whose clock."""
    plain: Mapping[str, Any] = data["schedule"]
    inside = reader.inside("schedule")
    recurrence = _read_recurrence(plain, inside)
    audience = _read_audience(plain["audience"], inside) if "audience" in plain else None
    has_zone = _check_zone(plain, inside)
    if recurrence is None or not has_zone or ("audience" in plain and audience is None):
        return None
    schedule = Schedule(_strikes(recurrence), audience, plain.get("timezone"))
    return _trigger(
        Clock(clock_id_of("schedule", plain), _in_words(plain), _strikes_for(schedule), schedule), audience
    )


def _read_recurrence(plain: Mapping[str, Any], reader: TriggerReader) -> Recurrence | None:
    if "cron" in plain:
        if "at" in plain:
            message = "`at` goes with `every`; a cron line says its own time."
            reader.wrong("at", rules.SCHEDULE_SHAPE, message, "Take `at` away.", at_key=True)
            return None
        cron: Recurrence | None = reader.take("cron", read_cron, plain)
        return cron
    if "at" not in plain:
        message = "This schedule says on which days it fires, and not when."
        help = f"Add the time of day: `schedule: {{ every: {_shown(plain['every'])}, at: 09:00 }}`."
        reader.wrong("every", rules.SCHEDULE_SHAPE, message, help, at_key=True)
        return None
    at = reader.take("at", read_time_of_day, plain)
    days = reader.take("every", lambda written: (read_every(written),), plain)
    return None if at is None or days is None else Every(at, days[0])


def _read_audience(written: object, reader: TriggerReader) -> Condition | None:
    """About the contact only: nothing has happened yet that could be named."""
    names = replace(reader.names, roots=frozenset({"contact"}))
    predicate = read_condition(written, (*reader.path, "audience"), reader.report, names)
    return None if predicate is None else compile_condition(predicate)


def _check_zone(plain: Mapping[str, Any], reader: TriggerReader) -> bool:
    name = plain.get("timezone", "contact")
    if name == "contact" or find_zone(name) is not None:
        return True
    meant = suggest_zone(str(name))
    hint = f" Did you mean `{meant}`?" if meant else ""
    help = f"Write `{meant}`." if meant else "Write `contact`, or a zone by its city: `Europe/Zurich`."
    reader.wrong("timezone", rules.UNKNOWN_ZONE, f"There is no time zone `{name}`.{hint}", help)
    return False


def _strikes(recurrence: Recurrence) -> Callable[[datetime, ZoneInfo], Strike | None]:
    def next(after: datetime, zone: ZoneInfo) -> Strike | None:
        at = next_firing(recurrence, after, zone)
        return None if at is None else Strike(at, firing_key(recurrence, at, zone))

    return next


def _strikes_for(schedule: Schedule) -> Callable[[View], Strike | None]:
    """For a single contact: by its own clock, the journey's, or that of a named zone."""
    named = find_zone(schedule.zone)

    def next(view: View) -> Strike | None:
        own = view.zone if schedule.zone is None else view.contact_zone
        return schedule.next(view.now, named or own)

    return next


def _trigger(clock: Clock, audience: Condition | None) -> Trigger:
    def fires(occasion: Occasion, view: View) -> Entry | NoEntry | None:
        del view
        if isinstance(occasion, Struck) and occasion.clock == clock.id:
            return Entry(occasion.key, {"firing": occasion.key})
        return None

    if audience is None:
        return Trigger("schedule", fires, clock=clock)
    return Trigger("schedule", fires, clock=clock, events=audience.events, journeys=audience.journeys)


def _in_words(plain: Mapping[str, Any]) -> str:
    """`every monday, thursday at 09:00, Europe/Zurich`."""
    words = (
        f"cron {plain['cron']}" if "cron" in plain else f"every {_days(plain['every'])} at {plain.get('at')}"
    )
    return f"{words}, {plain['timezone']}" if plain.get("timezone", "contact") != "contact" else words


def _days(written: object) -> str:
    return ", ".join(str(one) for one in written) if isinstance(written, list) else str(written)


def _shown(written: object) -> str:
    return f"[{_days(written)}]" if isinstance(written, list) else str(written)


_TEXT = {"type": "string", "minLength": 1}

SCHEDULE = TriggerType(
    word="schedule",
    summary="Enters everyone in an audience at set times, zone by zone or by one clock.",
    example="""\
trigger:
  schedule:
    every: monday
    at: 09:00
    audience: { contact.orders: { gte: 1 } }
""",
    schema={
        "schedule": {
            "type": "object",
            "description": "Set times at which everyone in the audience enters.",
            "examples": [{"every": "monday", "at": "09:00"}],
            "properties": {
                "every": {
                    "description": "Days of the week, `weekday`, `day`, or `month` for its first day.",
                    "examples": ["monday"],
                    "anyOf": [_TEXT, {"type": "array", "minItems": 1, "items": _TEXT}],
                },
                "at": {**_TEXT, "description": "The time of day.", "examples": ["09:00"]},
                "cron": {
                    **_TEXT,
                    "description": "Minute, hour, day of the month, month, day of the week.",
                    "examples": ["0 9 * * 1"],
                },
                "audience": {
                    "$ref": "#/definitions/condition",
                    "description": "Who enters, as of the firing; everybody unless it says otherwise.",
                },
                "timezone": {
                    **_TEXT,
                    "description": "`contact`, or a zone by its city; if left out, that of the journey.",
                    "examples": ["contact"],
                },
            },
            "additionalProperties": False,
            "oneOf": [{"required": ["every"]}, {"required": ["cron"]}],
        },
    },
    read=read,
    brings=lambda _plain: Brought("schedule", fields={"firing": TEXT}),
)
