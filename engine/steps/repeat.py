"""`repeat`: its steps again and again, a given number of times at most. The only loop there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.conditions.table import compile_condition, read_condition
from engine.conditions.vocabulary import AttributeType
from engine.model.fault import Path
from engine.model.iteration import after_repeat, in_turn, turn_of
from engine.model.journey import Step
from engine.model.predicate import Condition
from engine.model.result import GoTo, Result
from engine.model.view import View
from engine.steps import rules
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.wait import WAIT
from engine.steps.wait_for import WAIT_FOR

#: Once a day for a year; without a limit a slip of the pen would write to somebody for ever.
_MOST = 366


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often at most; `condition` is asked before each turn."""

    times: int
    condition: Condition | None


def read(data: Mapping[str, Any], reader: Reader) -> Repeat | None:
    """`times`, `while`, and steps among which somebody waits. A version holds the steps elsewhere."""
    plain = data["repeat"]
    if "steps" in plain and not _waits(plain["steps"]):
        message = "Nothing waits inside this repeat: its turns would follow each other at once."
        help = "Add a `wait` or a `wait_for` to its `steps`."
        reader.wrong(("repeat", "steps"), rules.REPEAT_WITHOUT_WAIT, message, help, at_key=True)
        return None
    if "while" not in plain:
        return Repeat(plain["times"], None)
    path = (*reader.path, "repeat", "while")
    predicate = read_condition(plain["while"], path, reader.report, reader.names)
    return None if predicate is None else Repeat(plain["times"], compile_condition(predicate))


def _waits(data: Any) -> bool:
    """Whether a step that waits stands anywhere in these steps, nested ones included."""
    if isinstance(data, list):
        return any(_waits(item) for item in data)
    if not isinstance(data, Mapping):
        return False
    is_wait = "id" in data and any(key in data for key in (*WAIT.keys, *WAIT_FOR.keys))
    return is_wait or any(_waits(value) for value in data.values())


def _foresee(data: Mapping[str, Any], reader: Reader) -> bool:
    """`repeat: 3`, and the steps themselves behind `repeat`."""
    written = data.get("repeat")
    if isinstance(written, list):
        message = "The steps of a repeat stand below `steps`, beside `times`."
        help = "Write `repeat: {times: 3, steps: […]}`."
    elif isinstance(written, str | int | float) and not isinstance(written, bool):
        message = f"`repeat: {written}` does not say which steps are repeated."
        times = written if isinstance(written, int) else 3
        help = f"Write `repeat:`, and below it `times: {times}` and the list of `steps`."
    else:
        return False
    reader.wrong("repeat", rules.REPEAT_SHAPE, message, help, at_key=True)
    return True


def bind(repeat: Repeat, frame: Frame) -> Step:
    """Reached from outside it begins with turn 1; the last of its steps leads back to it."""
    first = frame.targets["steps"]

    def run(view: View) -> Result:
        turn = turn_of(view.iteration, frame.id) + 1
        if turn > repeat.times:
            return _over(view, "done once" if repeat.times == 1 else f"done {repeat.times} times")
        if repeat.condition is not None and not repeat.condition.holds(view):
            return _over(view, f"not: {repeat.condition.text}")
        there = GoTo(first, in_turn(view.iteration, frame.id, turn))
        return Result(there, why=f"turn {turn} of {repeat.times}", remember={"turn": turn})

    def _over(view: View, why: str) -> Result:
        return Result(GoTo(frame.next, after_repeat(view.iteration, frame.id)), why=why)

    condition = repeat.condition
    times = f"{repeat.times} times" if repeat.times > 1 else "once"
    return Step(
        frame.id,
        "repeat",
        frame.next,
        run,
        events=frozenset() if condition is None else condition.events,
        journeys=frozenset() if condition is None else condition.journeys,
        text=f"repeat {times}" + ("" if condition is None else f" while {condition.text}"),
        leads_to=(("each time", first), ("then", frame.next)),
        is_loop=True,
    )


def nested(data: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """The steps of a turn."""
    return [("steps", ("repeat", "steps"))] if isinstance(data.get("repeat"), Mapping) else []


REPEAT = StepType(
    word="repeat",
    keys=("repeat",),
    summary="Does its steps again and again: at most `times`, and only `while` a condition holds.",
    example="""\
- id: reminders
  repeat:
    times: 3
    while: { did_not: Order Completed, since: journey_start }
    steps:
      - { id: pause, wait: 2 days }
      - id: reminder
        send: email
        topic: cart
        subject: Your cart is still here
        body: Come back whenever you like.
""",
    schema={
        "repeat": {
            "type": "object",
            "description": "How often at most, while which condition holds, and what is done each time.",
            "examples": [{"times": 3, "steps": [{"id": "pause", "wait": "1 day"}]}],
            "properties": {
                "times": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": _MOST,
                    "description": "How often at most.",
                    "examples": [3],
                },
                "while": {
                    "$ref": "#/definitions/condition",
                    "description": "Asked before each turn; if it does not hold, the repeat is over.",
                },
                "steps": {
                    "$ref": "#/definitions/steps",
                    "description": "What is done each time; among it is a wait.",
                    "examples": [[{"id": "pause", "wait": "1 day"}]],
                },
            },
            "required": ["times", "steps"],
            "additionalProperties": False,
        }
    },
    required=("repeat",),
    read=read,
    bind=bind,
    nested=nested,
    foresee=_foresee,
    comes_back=True,
    remembers=lambda _data: {"turn": AttributeType("number")},
)
