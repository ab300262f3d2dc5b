"""`emit`: an event of this contact, which journeys hear as if the shop had sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.conditions.names import check_event
from engine.conditions.vocabulary import BUILT_IN_EVENTS
from engine.conditions.wording import show
from engine.model.journey import Step
from engine.model.result import EmitEvent, GoTo, Result
from engine.model.spelling import did_you_mean
from engine.model.view import View
from engine.steps import rules
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.given import Given, maker, read_given


@dataclass(frozen=True, slots=True)
class Emit:
    """The event's name and its properties."""

    event: str
    properties: tuple[Given, ...]


def read(data: Mapping[str, Any], reader: Reader) -> Emit | None:
    """An event of the catalog with properties of its own."""
    event = str(data["emit"])
    if not _is_emittable(event, reader):
        return None
    properties = _properties(event, data.get("properties") or {}, reader)
    return None if properties is None else Emit(event, properties)


def _is_emittable(event: str, reader: Reader) -> bool:
    if event in BUILT_IN_EVENTS:
        message = f"`{event}` is told by the engine itself, when it happens."
        reader.wrong("emit", rules.EMIT_BUILT_IN, message, "Emit an event of your own, under another name.")
        return False
    return check_event(event, (*reader.path, "emit"), reader.report, reader.names)


def _properties(event: str, data: Mapping[str, Any], reader: Reader) -> tuple[Given, ...] | None:
    declared = reader.names.properties_of(event)
    if declared is None:
        return read_given(data, "properties", reader)
    unknown = [str(name) for name in data if name not in declared]
    for name in unknown:
        message = f"catalog.yaml gives `{event}` no property `{name}`.{did_you_mean(name, declared)}"
        help = "Correct the name, or add the property to the event in catalog.yaml."
        reader.wrong(("properties", name), rules.UNKNOWN_PROPERTY, message, help, at_key=True)
    known = {name: value for name, value in data.items() if name in declared}
    given = read_given(known, "properties", reader, declared)
    return None if unknown else given


def _foresee(data: Mapping[str, Any], reader: Reader) -> bool:
    """`emit: {event: …}`: the event in a mapping of its own."""
    written = data.get("emit")
    if not isinstance(written, Mapping):
        return False
    event = next((written[key] for key in ("event", "name") if key in written), "Went Quiet")
    message = "The event stands directly behind `emit`, its properties beside it."
    help = f"Write `emit: {show(event)}`, and `properties` as a key of its own below it."
    reader.wrong("emit", rules.EMIT_SHAPE, message, help, at_key=True)
    return True


def bind(emit: Emit, frame: Frame) -> Step:
    """The properties are worked out when the step is reached."""
    make = maker(emit.properties, frame)

    def run(view: View) -> Result:
        return Result(GoTo(frame.next), (EmitEvent(emit.event, make(view)),), why=emit.event)

    return Step(frame.id, "emit", frame.next, run, text=f"emit {emit.event}", changes_contact=True)


EMIT = StepType(
    word="emit",
    keys=("emit",),
    summary="Tells an event of this contact; this journey and others hear it as if the shop had sent it.",
    example="""\
- id: tell-sales
  emit: Lead Qualified
  properties:
    score: 5
    cart_id: { value: trigger.cart_id }
    greeting: "For {{ contact.first_name | default: 'you' }}"
""",
    schema={
        "emit": {
            "type": "string",
            "minLength": 1,
            "description": "The event's name.",
            "examples": ["Went Quiet"],
            "x-if-list": "Make a step of each event.",
        },
        "properties": {
            "type": "object",
            "description": "NAME: a value, a text with Liquid, or {value: trigger.total}.",
            "examples": [{"cart_id": {"value": "trigger.cart_id"}}],
        },
    },
    required=("emit",),
    read=read,
    bind=bind,
    foresee=_foresee,
)
