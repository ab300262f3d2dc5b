"""`start`: the contact enters another journey besides this one, if that one lets it; nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.model.entry_key import key_of
from engine.model.journey import Step
from engine.model.result import Enroll, GoTo, Result
from engine.model.spelling import did_you_mean
from engine.model.view import View
from engine.steps import rules
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.given import Given, is_liquid, maker, read_given
from engine.steps.lookup import read_path, value_at

_ROOTS = ("contact.", "trigger.", "step.", "event.", "product.")


@dataclass(frozen=True, slots=True)
class Start:
    """The journey, what it sees as trigger.*, and its entry key: a path, a text with Liquid, or a text."""

    journey: str
    values: tuple[Given, ...]
    key: tuple[str, ...] | str | None


def read(data: Mapping[str, Any], reader: Reader) -> Start | None:
    """Another journey of the workspace. Whether it is `manual` is looked at when all have been read."""
    is_right = _is_known(str(data["start"]), reader)
    values = read_given(data.get("with") or {}, "with", reader)
    key = data.get("key")
    if isinstance(key, str) and key.startswith(_ROOTS) and not is_liquid(key):
        key = read_path(key, reader, ("key",), ("text", "number", "date"))
        is_right = is_right and key is not None
    return Start(str(data["start"]), values, key) if is_right and values is not None else None


def _is_known(journey: str, reader: Reader) -> bool:
    if journey == reader.journey:
        message = "A journey cannot start itself."
        help = "To do steps again write `repeat`; to let people come again see `re_entry`."
        reader.wrong("start", rules.STARTS_ITSELF, message, help)
        return False
    known = reader.names.journeys
    if known is None or journey in known:
        return True
    others = [one for one in known if one != reader.journey]
    message = f"There is no journey `{journey}`.{did_you_mean(journey, others)}"
    help = "Write the id of a journey, which is the name of its folder."
    reader.wrong("start", rules.UNKNOWN_JOURNEY, message, help)
    return False


def bind(start: Start, frame: Frame) -> Step:
    """Values and key are worked out when the step is reached."""
    make, make_key = maker(start.values, frame), _key_maker(start.key, frame)

    def run(view: View) -> Result:
        enroll = Enroll(start.journey, make(view), make_key(view))
        return Result(GoTo(frame.next), (enroll,), why=start.journey)

    return Step(frame.id, "start", frame.next, run, text=f"start {start.journey}", changes_contact=True)


def _key_maker(key: tuple[str, ...] | str | None, frame: Frame) -> Callable[[View], str | None]:
    """Keys compare as text; one that leads nowhere is missing."""
    if isinstance(key, tuple):
        return lambda view: key_of(value_at(view, key))
    if is_liquid(key) and frame.make_text is not None:
        make = frame.make_text(str(key))
        return lambda view: make(view).strip() or None
    return lambda view: key or ""


START = StepType(
    word="start",
    keys=("start",),
    summary="Lets the contact enter another journey besides this one, which does not wait for it.",
    example="""\
- id: welcome
  start: welcome-series
  with: { plan: { value: trigger.plan }, source: trial }
  key: trigger.account_id
""",
    schema={
        "start": {
            "type": "string",
            "minLength": 1,
            "description": "The id of the journey; it needs the trigger `manual: true`.",
            "examples": ["welcome-series"],
            "x-if-list": "Make a step of each journey.",
        },
        "with": {
            "type": "object",
            "description": "What it sees as trigger.NAME: a value, Liquid, or {value: trigger.total}.",
            "examples": [{"cart_id": {"value": "trigger.cart_id"}}],
        },
        "key": {
            "type": "string",
            "minLength": 1,
            "description": "The entry key there: a path, or a text.",
            "examples": ["trigger.cart_id"],
        },
    },
    required=("start",),
    read=read,
    bind=bind,
)
