"""`wait`: time passes, by the contact's clock.

The end is worked out from the arrival each time the step is asked, so a changed zone or date moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendar.clock_times import read_span, read_time_of_day, read_weekdays
from engine.calendar.durations import add, read_duration, read_offset
from engine.calendar.instants import as_instant
from engine.calendar.waits import WaitRule, check_rule, date_wait_end, wait_end, with_jitter
from engine.calendar.zones import zone_of
from engine.conditions.products import is_of_product
from engine.conditions.wording import sentence
from engine.errors import ReadError
from engine.model.duration import Duration
from engine.model.journey import Step
from engine.model.result import GoTo, Leave, Result, WaitUntil
from engine.model.spelling import did_you_mean
from engine.model.view import View
from engine.steps import rules
from engine.steps.chance import chance
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.lookup import read_path, value_at
from engine.steps.zones import check_zone


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait as written. `number_path` and `unit` read the length from a number of the view."""

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
_IF_PAST = ("proceed", "exit")
_NUMBER_EXAMPLE = "{days: contact.refill_days, default: 30 days}"


def read(data: Mapping[str, Any], reader: Reader) -> Wait | None:
    """Reads each sibling; every wrong one is a mistake of its own."""
    mistakes: list[object] = []

    def take(key: str, reads: Callable[[Any], Any]) -> Any:
        if key not in data:
            return None
        value = reader.take(key, reads, data[key])
        if value is None:
            mistakes.append(key)
        return value

    duration, number_path, unit = _read_length(data.get("wait"), reader, mistakes)
    rule = WaitRule(
        duration, take("until", read_time_of_day), take("days", read_weekdays), take("between", read_span)
    )
    wait = Wait(
        rule,
        number_path,
        unit,
        _read_until_date(data, reader, mistakes),
        take("offset", read_offset),
        take("at", read_time_of_day),
        str(data.get("if_past", "proceed")),
        take("jitter", read_duration),
        _read_zone(data, reader, mistakes),
        _in_words(data),
    )
    _check(wait, data, reader, mistakes)
    return None if mistakes else wait


def _read_length(
    value: object, reader: Reader, mistakes: list[object]
) -> tuple[Duration | None, tuple[str, ...] | None, str]:
    if value is None:
        return None, None, "days"
    if not isinstance(value, Mapping):
        duration = reader.take("wait", read_duration, value)
        if duration is None:
            mistakes.append("wait")
        return duration, None, "days"
    units = [key for key in value if key in _UNITS]
    if len(units) != 1 or "default" not in value:
        message = "A wait that reads a number needs one unit with a path, and a `default`."
        help = f"Write for example `wait: {_NUMBER_EXAMPLE}`."
        reader.wrong("wait", rules.NUMBER_WAIT, message, help)
        mistakes.append("wait")
        return None, None, "days"
    path = read_path(value[units[0]], reader, ("wait", units[0]), ("number",))
    default = reader.take(("wait", "default"), read_duration, value["default"])
    if path is None or default is None:
        mistakes.append("wait")
    return default, path, units[0]


def _read_until_date(
    data: Mapping[str, Any], reader: Reader, mistakes: list[object]
) -> tuple[str, ...] | None:
    if "until_date" not in data:
        return None
    written = data["until_date"]
    if as_instant(written) is not None:
        message = f"`until_date` reads the date of each contact, and `{written}` is the same for all."
        help = "Name an attribute that holds a date, such as `until_date: contact.renewal_at`."
        reader.wrong("until_date", rules.PATH_MISFIT, message, help)
        path = None
    else:
        path = read_path(written, reader, ("until_date",), ("date", "instant"))
    if path is None:
        mistakes.append("until_date")
    return path


def _read_zone(data: Mapping[str, Any], reader: Reader, mistakes: list[object]) -> str | None:
    name = data.get("timezone")
    if name is None:
        return None
    if not check_zone(name, (*reader.path, "timezone"), reader.report):
        mistakes.append("timezone")
    return str(name)


def _check(wait: Wait, data: Mapping[str, Any], reader: Reader, mistakes: list[object]) -> None:
    for key in ("offset", "at", "if_past"):
        if key in data and "until_date" not in data:
            message = f"`{key}` goes with `until_date`, which is missing here."
            help = f"Add for example `until_date: contact.renewal_at`, or take `{key}` away."
            if key == "at":
                help = f"Write `until: {data[key]}` for a time of day; `at` goes with `until_date`."
            reader.wrong(key, rules.NEEDS_UNTIL_DATE, message, help, at_key=True)
            mistakes.append(key)
            return
    _check_if_past(wait.if_past, reader, mistakes)
    if not mistakes:
        try:
            check_rule(wait.rule)
        except ReadError as error:
            key = "until" if "until" in data else "wait" if "wait" in data else "between"
            reader.wrong(key, rules.NEVER_ENDS, sentence(error.message), sentence(error.help))
            mistakes.append("rule")


def _check_if_past(name: str, reader: Reader, mistakes: list[object]) -> None:
    later = reader.later_steps
    if name in _IF_PAST or later is None or name in later:
        return
    if name in (reader.names.steps or ()):
        message = f"The step `{name}` does not come after this one; nobody goes back."
    else:
        message = f"`if_past: {name}` names no step.{did_you_mean(name, (*_IF_PAST, *later))}"
    help = "Write `proceed`, `exit` or the id of a step further down."
    reader.wrong("if_past", rules.IF_PAST, message, help)
    mistakes.append("if_past")


def _foresee(data: Mapping[str, Any], reader: Reader) -> bool:
    """`until: monday`; and `wait: {days: 3}`, a number where its path is read from."""
    value = data.get("wait")
    if _is_weekday(data.get("until")):
        message = f"`{data['until']}` is a day of the week, and `until` takes a time of day."
        reader.wrong("until", rules.UNREADABLE_TIME, message, f"Write `days: {data['until']}`.")
        return True
    if not isinstance(value, Mapping):
        return False
    unit = next((key for key in value if key in _UNITS), None)
    number = value.get(unit) if unit is not None else None
    if unit is None or isinstance(number, bool) or not isinstance(number, int | float):
        return False
    message = f"`{unit}: {number}` is a length, and is written as one."
    reader.wrong("wait", rules.NUMBER_WAIT, message, f"Write `wait: {number} {unit}`.")
    return True


def _is_weekday(value: object) -> bool:
    if not isinstance(value, str) or ":" in value:  # a time of day has a colon, a day of the week has none
        return False
    try:
        return bool(read_weekdays(value))
    except ReadError:
        return False


def _in_words(data: Mapping[str, Any]) -> str:
    parts = []
    for key in ("wait", "until", "days", "between", "until_date", "offset", "at"):
        if key in data:
            value = data[key]
            if isinstance(value, Mapping):
                value = " ".join(f"{unit} {path}" for unit, path in value.items() if unit != "default")
            parts.append(str(value) if key == "wait" else f"{key.replace('_', ' ')} {value}")
    return ", ".join(parts)


def bind(wait: Wait, frame: Frame) -> Step:
    """Asked again at the end, it finds the end reached and goes on."""
    go_on = Result(GoTo(frame.next), why=wait.text)

    def run(view: View) -> Result:
        arrived_at = view.arrived_at or view.now
        zone = view.zone if wait.zone is None else _own_zone(wait.zone, view)
        start, is_past = _start(wait, view, arrived_at, zone)
        if is_past and wait.if_past != "proceed":
            return _past(wait)
        end = _jittered(wait, view, wait_end(_rule(wait, view), start, zone), zone)
        return go_on if end <= view.now else Result(WaitUntil(end), why=wait.text)

    paths = (wait.number_path, wait.until_date)
    reads = any(path is not None and is_of_product(path) for path in paths)
    length = _mere_length(wait)
    asked = run if length is None else _running_for(length, go_on, wait.text)
    return Step(frame.id, "wait", frame.next, asked, text=f"wait {wait.text}", products=reads)


def _mere_length(wait: Wait) -> Duration | None:
    """Nearly every wait is a length and nothing else."""
    others = (wait.number_path, wait.until_date, wait.jitter, wait.zone)
    rule = wait.rule
    is_mere = all(other is None for other in (*others, rule.until, rule.days, rule.between))
    return rule.duration if is_mere else None


def _running_for(length: Duration, go_on: Result, why: str) -> Callable[[View], Result]:
    """As `run`, for a mere length: it is asked twice for every advance, when it begins and when it ends."""

    def run(view: View) -> Result:
        end = add(view.arrived_at or view.now, length, view.zone)
        return go_on if end <= view.now else Result(WaitUntil(end), why=why)

    return run


def _own_zone(name: str, view: View) -> ZoneInfo:
    return view.contact_zone if name == "contact" else zone_of(name)[0]


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


WAIT = StepType(
    word="wait",
    keys=("wait", "until", "days", "between", "until_date"),
    summary="Waits for a time to pass or a moment to come, by the contact's clock.",
    example="- { id: pause, wait: 2 days, until: 09:30, days: mon-fri }\n",
    schema={
        "wait": {
            "description": f"How long; or a number of the contact: {_NUMBER_EXAMPLE}.",
            "examples": ["2 days"],
            "anyOf": [
                {"$ref": "#/definitions/duration"},
                {
                    "type": "object",
                    "properties": {
                        **{unit: {"type": "string", "examples": ["contact.refill_days"]} for unit in _UNITS},
                        "default": {"$ref": "#/definitions/duration"},
                    },
                    "additionalProperties": False,
                },
            ],
        },
        "until": {"type": "string", "description": "Then until this time of day.", "examples": ["09:30"]},
        "days": {
            "description": "Only on these days: `mon-fri`, `saturday`.",
            "examples": ["mon-fri"],
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string", "examples": ["mon"]}, "minItems": 1},
            ],
        },
        "between": {
            "type": "string",
            "description": "Only within these hours.",
            "examples": ["09:00-18:00"],
        },
        "until_date": {
            "type": "string",
            "description": "A date or an instant.",
            "examples": ["contact.renewal_at"],
        },
        "offset": {
            "type": "string",
            "description": "So long before or after the date.",
            "examples": ["-7 days"],
        },
        "at": {"type": "string", "description": "On that day at this time.", "examples": ["09:00"]},
        "if_past": {
            "type": "string",
            "description": "When the date is past or missing: `proceed`, `exit` or a later step's id.",
            "examples": ["exit"],
        },
        "jitter": {
            "$ref": "#/definitions/duration",
            "description": "Up to so much longer, by chance, the same for each enrollment.",
        },
        "timezone": {
            "type": "string",
            "description": "`contact`, or a zone by its city.",
            "examples": ["Europe/Zurich"],
        },
    },
    required=(),
    read=read,
    bind=bind,
    foresee=_foresee,
)
