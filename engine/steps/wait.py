"""`wait`: time passes, by the contact's clock.

The end is worked out from the arrival each time the step is asked, so a changed zone or date moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendar.clock_times import read_span, read_time_of_day, read_weekdays
from engine.calendar.durations import read_duration, read_offset
from engine.calendar.waits import WaitRule, check_rule, date_wait_end, wait_end, with_jitter
from engine.calendar.zones import find_zone, suggest_zone, zone_of
from engine.errors import ReadError
from engine.model.duration import Duration
from engine.model.journey import Step
from engine.model.result import GoTo, Leave, Result, WaitUntil
from engine.model.view import View
from engine.steps.chance import chance
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.lookup import read_path, value_at


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait as written. `number_path` and `unit` read the length from a number of the contact or trigger."""

    rule: WaitRule
    number_path: tuple[str, ...] | None = None
    unit: str = "days"
    until_date: tuple[str, ...] | None = None
    offset: tuple[int, Duration] | None = None
    at: time | None = None
    if_past: str = "proceed"
    jitter: Duration | None = None
    zone: str | None = None
    text: str = ""


_UNITS = ("hours", "days", "weeks", "months")


def read(data: Mapping[str, Any], reader: Reader) -> Wait | None:
    """Reads each sibling; every wrong one is a mistake of its own."""
    mistakes: list[object] = []

    def take(key: str, reads: Any) -> Any:
        if key not in data:
            return None
        value = reader.take(key, "J350", reads, data[key])
        if value is None:
            mistakes.append(key)
        return value

    duration, number_path, unit = _read_length(data.get("wait"), reader, mistakes)
    rule = WaitRule(duration, take("until", read_time_of_day), take("days", read_weekdays), take("between", read_span))
    until_date = read_path(data["until_date"], reader, ("until_date",)) if "until_date" in data else None
    if "until_date" in data and until_date is None:
        mistakes.append("until_date")
    wait = Wait(
        rule,
        number_path,
        unit,
        until_date,
        take("offset", read_offset),
        take("at", read_time_of_day),
        str(data.get("if_past", "proceed")),
        take("jitter", read_duration),
        _read_zone(data, reader, mistakes),
        _in_words(data),
    )
    _check(wait, data, reader, mistakes)
    return None if mistakes else wait


def _read_length(value: object, reader: Reader, mistakes: list[object]) -> tuple[Duration | None, tuple[str, ...] | None, str]:
    if value is None:
        return None, None, "days"
    if not isinstance(value, Mapping):
        duration = reader.take("wait", "J350", read_duration, value)
        if duration is None:
            mistakes.append("wait")
        return duration, None, "days"
    units = [key for key in value if key in _UNITS]
    if len(units) != 1 or "default" not in value:
        reader.wrong("wait", "J351", "A wait that reads a number needs one unit with a path, and a `default`.",
                     "Write for example `wait: {days: contact.refill_days, default: 30 days}`.")
        mistakes.append("wait")
        return None, None, "days"
    path = read_path(value[units[0]], reader, ("wait", units[0]))
    try:
        default = read_duration(value["default"])
    except ReadError as error:
        reader.wrong(("wait", "default"), "J350", error.message, error.help)
        default = None
    if path is None or default is None:
        mistakes.append("wait")
    return default, path, units[0]


def _read_zone(data: Mapping[str, Any], reader: Reader, mistakes: list[object]) -> str | None:
    name = data.get("timezone")
    if name is None or name == "contact" or find_zone(str(name)) is not None:
        return None if name is None else str(name)
    reader.wrong("timezone", "J352", f"There is no time zone `{name}`.",
                 suggest_zone(str(name)) or "Write `contact`, or a zone such as `Europe/Zurich`.")
    mistakes.append("timezone")
    return None


def _check(wait: Wait, data: Mapping[str, Any], reader: Reader, mistakes: list[object]) -> None:
    if not any(key in data for key in ("wait", "until", "days", "between", "until_date")):
        reader.wrong((), "J353", "This wait says neither how long nor until when.", "Add `wait`, `until`, `days`, `between` or `until_date`.")
        mistakes.append("wait")
    for key in ("offset", "at", "if_past"):
        if key in data and "until_date" not in data:
            reader.wrong(key, "J354", f"`{key}` goes with `until_date`, which is missing here.",
                         f"Add `until_date: contact.…`, or take `{key}` away.", at_key=True)
            mistakes.append(key)
    later = reader.later_steps
    if wait.if_past not in ("proceed", "exit") and later is not None and wait.if_past not in later:
        reader.wrong("if_past", "J355", f"`if_past: {wait.if_past}` names no later step.",
                     "Write `proceed`, `exit` or the id of a step further down.")
        mistakes.append("if_past")
    if not mistakes:
        try:
            check_rule(wait.rule)
        except ReadError as error:
            reader.wrong((), "J356", error.message, error.help)
            mistakes.append("rule")


def _in_words(data: Mapping[str, Any]) -> str:
    parts = []
    for key in ("wait", "until", "days", "between", "until_date", "offset", "at"):
        if key in data:
            value = data[key]
            if isinstance(value, Mapping):
                value = " ".join(f"{unit} {path}" for unit, path in value.items() if unit != "default")
            parts.append(str(value) if key == "wait" else f"{key.replace('_', ' ')} {value}")
    return " ".join(parts)


def bind(wait: Wait, frame: Frame) -> Step:
    """Asked again at the end, it finds the end reached and goes on."""
    go_on = Result(GoTo(frame.next), why=wait.text)
    is_plain = wait.number_path is None and wait.until_date is None and wait.jitter is None

    def run(view: View) -> Result:
        arrived_at = view.arrived_at or view.now
        zone = _zone(wait, view)
        if is_plain:
            end = wait_end(wait.rule, arrived_at, zone)
        else:
            start, is_past = _start(wait, view, arrived_at, zone)
            if is_past and wait.if_past != "proceed":
                return _past(wait)
            end = wait_end(_rule(wait, view), start, zone)
            end = _jittered(wait, view, end, zone)
        return go_on if end <= view.now else Result(WaitUntil(end), why=wait.text)

    return Step(frame.id, "wait", frame.next, run, text=f"wait {wait.text}")


def _zone(wait: Wait, view: View) -> ZoneInfo:
    if wait.zone is None:
        return view.zone
    return view.contact_zone if wait.zone == "contact" else zone_of(wait.zone)[0]


def _start(wait: Wait, view: View, arrived_at: datetime, zone: ZoneInfo) -> tuple[datetime, bool]:
    """Where the rule counts from, and whether the date of `until_date` is past (or missing)."""
    if wait.until_date is None:
        return arrived_at, False
    date = date_wait_end(value_at(view, wait.until_date), wait.offset, wait.at, zone)
    if date is None or date < arrived_at:
        return arrived_at, True
    return date, False


def _rule(wait: Wait, view: View) -> WaitRule:
    """The rule with the length that a number of the contact or the trigger gives."""
    if wait.number_path is None:
        return wait.rule
    number = value_at(view, wait.number_path)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 36_500:
        return wait.rule
    whole = round(number)
    length = {
        "hours": Duration(0, 0, round(number * 3600), f"{number:g} hours"),
        "days": Duration(0, whole, 0, f"{whole} days"),
        "weeks": Duration(0, 7 * whole, 0, f"{whole} weeks"),
        "months": Duration(whole, 0, 0, f"{whole} months"),
    }[wait.unit]
    return WaitRule(length, wait.rule.until, wait.rule.days, wait.rule.between)


def _jittered(wait: Wait, view: View, end: datetime, zone: ZoneInfo) -> datetime:
    if wait.jitter is None:
        return end
    entered = view.entered_at.isoformat() if view.entered_at else ""
    fraction = chance("jitter", view.journey, view.step, view.contact.id, view.entry_key, entered)
    return with_jitter(end, wait.rule, zone, fraction, wait.jitter)


def _past(wait: Wait) -> Result:
    if wait.if_past == "exit":
        return Result(Leave("exit", detail="if_past"), why="the date is past")
    return Result(GoTo(wait.if_past), why="the date is past")


_CLOCK = "a time of day such as `09:30`"

WAIT = StepType(
    word="wait",
    keys=("wait", "until", "days", "between", "until_date"),
    summary="Waits for a time to pass or a moment to come, by the contact's clock.",
    example="- { id: pause, wait: 2 days, until: 09:30, days: mon-fri }\n",
    schema={
        "wait": {
            "description": "How long: `2 days`, `1 hour 30 minutes`; or {days: contact.refill_days, default: 30 days}.",
            "anyOf": [
                {"$ref": "#/definitions/duration"},
                {
                    "type": "object",
                    "properties": {
                        **{unit: {"type": "string"} for unit in _UNITS},
                        "default": {"$ref": "#/definitions/duration"},
                    },
                    "additionalProperties": False,
                },
            ],
        },
        "until": {"type": "string", "description": f"Then until {_CLOCK}."},
        "days": {
            "description": "Only on these days: `mon-fri`, `saturday`.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
        },
        "between": {"type": "string", "description": "Only within these hours: `09:00-18:00`."},
        "until_date": {"type": "string", "description": "A date or an instant: `contact.renewal_at`."},
        "offset": {"type": "string", "description": "So long before or after the date: `-7 days`."},
        "at": {"type": "string", "description": f"On that day at {_CLOCK}."},
        "if_past": {"type": "string", "description": "When the date is past or missing: `proceed`, `exit` or a later step's id."},
        "jitter": {"$ref": "#/definitions/duration"},
        "timezone": {"type": "string", "description": "`contact`, or a zone such as `Europe/Zurich`."},
    },
    required=(),
    read=read,
    bind=bind,
)
