"""`wait_for`: waits for something to happen, but not for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.calendar.durations import add, read_duration
from engine.conditions.names import check_event, within_event
from engine.conditions.products import reads_products
from engine.conditions.table import compile_condition, read_condition
from engine.conditions.vocabulary import AttributeType, Remembered
from engine.conditions.wording import show
from engine.errors import ReadError
from engine.model.duration import Duration
from engine.model.event import Event
from engine.model.fault import Path
from engine.model.journey import Step
from engine.model.predicate import Condition
from engine.model.result import GoTo, Result, WaitFor
from engine.model.view import View
from engine.steps import rules
from engine.steps.contract import Frame, Reader, StepType


@dataclass(frozen=True, slots=True)
class Watch:
    """Either an event (with `where`) or a condition, for at most `up_to`."""

    event: str | None
    where: Condition | None
    condition: Condition | None
    up_to: Duration
    since_start: bool


def read(data: Mapping[str, Any], reader: Reader) -> Watch | None:
    """An event's name, or {condition: …}; `up_to` always."""
    wanted = data["wait_for"]
    up_to = reader.take("up_to", read_duration, data["up_to"]) if "up_to" in data else None
    if "up_to" not in data:
        message = "This wait_for has no `up_to`: people would stand here for ever."
        help = "Add how long at most, for example `up_to: 3 days`."
        reader.wrong("wait_for", rules.NO_UP_TO, message, help, at_key=True)
    if isinstance(wanted, Mapping):
        condition = _condition(wanted, data, reader)
        if condition is None or up_to is None:
            return None
        return Watch(None, None, condition, up_to, False)
    event = str(wanted)
    is_known = check_event(event, (*reader.path, "wait_for"), reader.report, reader.names)
    where = _where(event, data, reader)
    if up_to is None or not is_known or ("where" in data and where is None):
        return None
    return Watch(event, where, None, up_to, data.get("since") == "journey_start")


def _where(event: str, data: Mapping[str, Any], reader: Reader) -> Condition | None:
    if "where" not in data:
        return None
    names = within_event(reader.names, event)
    predicate = read_condition(data["where"], (*reader.path, "where"), reader.report, names)
    return None if predicate is None else compile_condition(predicate)


def _condition(wanted: Mapping[str, Any], data: Mapping[str, Any], reader: Reader) -> Condition | None:
    for key in ("where", "since"):
        if key in data:
            message = f"`{key}` goes with an event, not with a condition."
            help = f"Take `{key}` away, or write it into the condition."
            reader.wrong(key, rules.EVENT_ONLY, message, help, at_key=True)
            return None
    path = (*reader.path, "wait_for", "condition")
    predicate = read_condition(wanted["condition"], path, reader.report, reader.names)
    return None if predicate is None else compile_condition(predicate)


def _foresee(data: Mapping[str, Any], reader: Reader) -> bool:
    """A time instead of an event; an event or a condition in a mapping of its own."""
    wanted = data.get("wait_for")
    help = ""
    if isinstance(wanted, str) and _is_time(wanted) and wanted not in (reader.names.events or ()):
        message = f"`{wanted}` is a time, and `wait_for` waits for an event."
        help = f"Write `wait: {wanted}`."
    elif isinstance(wanted, Mapping) and isinstance(wanted.get("event"), str):
        message = "The event stands directly behind `wait_for`."
        help = f"Write `wait_for: {wanted['event']}`" + (
            ", and `where` as a key of its own below it." if "where" in wanted else "."
        )
    elif isinstance(wanted, Mapping) and wanted and "condition" not in wanted:
        message = "A condition is announced by `condition`."
        help = f"Write `wait_for: {{condition: {show(wanted)}}}`."
    if help:
        reader.wrong("wait_for", rules.NOT_AN_EVENT, message, help)
    return bool(help)


def _is_time(text: str) -> bool:
    try:
        read_duration(text)
    except ReadError:
        return False
    return True


def bind(watch: Watch, frame: Frame) -> Step:
    """On arrival, when its event comes, when the contact changes and at the end of `up_to`."""
    text = f"wait for {watch.event or (watch.condition.text if watch.condition else '')}"
    then, otherwise = frame.targets["then"], frame.targets["else"]

    def passed(view: View, event: Event | None) -> Result:
        memory: dict[str, Any] = {"passed": True, **_caught_before(view, frame.id)}
        if event is not None:
            memory |= {"event": dict(event.properties), "message_id": event.message_id}
        return Result(GoTo(then), why=event.name if event else text, remember=memory)

    def run(view: View) -> Result:
        if view.caught is not None:
            return passed(view, view.caught)
        deadline = add(view.arrived_at or view.now, watch.up_to, view.zone)
        if watch.condition is not None:
            if watch.condition.holds(view):
                return passed(view, None)
            look_at = watch.condition.next_change(view)
        else:
            look_at = None
            early = _earlier(watch, view) if watch.since_start else None
            if early is not None:
                return passed(view, early)
        if deadline <= view.now:
            memory = {"passed": False, **_caught_before(view, frame.id)}
            return Result(GoTo(otherwise), why=f"nothing within {watch.up_to}", remember=memory)
        return Result(WaitFor(deadline, look_at if look_at and look_at < deadline else None), why=text)

    return Step(
        frame.id,
        "wait_for",
        frame.next,
        run,
        wakes_on=watch.event,
        wakes_if=watch.where,
        events=_events(watch),
        journeys=watch.condition.journeys if watch.condition is not None else frozenset(),
        text=f"{text}, up to {watch.up_to}",
        leads_to=(("then", then), ("else", otherwise)),
        products=watch.condition is not None and reads_products(watch.condition.predicate),
    )


def _events(watch: Watch) -> frozenset[str]:
    """The history it reads."""
    names = watch.condition.events if watch.condition is not None else frozenset[str]()
    if watch.where is not None:
        names |= watch.where.events
    return names | {watch.event} if watch.since_start and watch.event else names


def _earlier(watch: Watch, view: View) -> Event | None:
    """With `since: journey_start`: the first event after the entry that no other wait_for has caught."""
    caught = {memory.get("message_id") for memory in view.steps.values()}
    caught.update(id for memory in view.steps.values() for id in memory.get("caught", ()))
    for event in view.history.get(watch.event or "", ()):
        if _is_after_start(event, view) and event.message_id not in caught:
            view.event = event
            holds = watch.where is None or watch.where.holds(view)
            view.event = None
            if holds:
                return event
    return None


def _caught_before(view: View, step: str) -> dict[str, Any]:
    """What it caught in earlier turns of a repeat, so that one event passes one wait_for."""
    if not view.iteration:
        return {}
    memory = view.steps.get(step, {})
    caught = [*memory.get("caught", ()), *([memory["message_id"]] if "message_id" in memory else [])]
    return {"caught": caught} if caught else {}


def _is_after_start(event: Event, view: View) -> bool:
    """Received after the entry, or in the same batch but done after the trigger, which never counts; or taken
    after it."""
    if view.entered_at is None or event.received_at > view.now:
        return False
    if view.took_at_once(event):
        return True
    if event.received_at == view.entered_at:
        return view.triggered_at is not None and event.at > view.triggered_at
    return event.received_at > view.entered_at


def nested(data: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """What follows in time, and what follows when nothing happened."""
    del data
    return [("then", ("then",)), ("else", ("else",))]


def remembers(data: Mapping[str, Any]) -> Remembered:
    """Whether it came, and what came."""
    wanted = data["wait_for"]
    passed = {"passed": AttributeType("boolean")}
    return passed if isinstance(wanted, Mapping | list) else {**passed, "event": str(wanted)}


WAIT_FOR = StepType(
    word="wait_for",
    keys=("wait_for",),
    summary="Waits for an event or a condition, at most `up_to`; then or else.",
    example="""\
- id: came-back
  wait_for: Cart Viewed
  up_to: 23 hours
  then:
    - { id: came, end: came back }
  else:
    - { id: gone, end: did not come back }
""",
    schema={
        "wait_for": {
            "description": "An event's name, or {condition: …}.",
            "examples": ["Cart Viewed"],
            "x-if-list": "Name one event; for several write a condition:"
            " `wait_for: {condition: {any: [{did: A, since: journey_start}, …]}}`.",
            "anyOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "object",
                    "properties": {"condition": {"$ref": "#/definitions/condition"}},
                    "required": ["condition"],
                    "additionalProperties": False,
                },
            ],
        },
        "where": {"$ref": "#/definitions/condition", "description": "Only such events."},
        "up_to": {"$ref": "#/definitions/duration", "description": "How long at most."},
        "since": {
            "enum": ["journey_start"],
            "description": "Also events since the contact entered the journey.",
        },
        "then": {"$ref": "#/definitions/steps", "description": "When it came."},
        "else": {"$ref": "#/definitions/steps", "description": "When it did not come."},
    },
    required=("wait_for",),
    read=read,
    bind=bind,
    nested=nested,
    foresee=_foresee,
    remembers=remembers,
)
