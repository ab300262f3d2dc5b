"""`branch`: the first condition that holds decides the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.table import compile_condition, read_condition
from engine.model.fault import Path
from engine.model.journey import Step
from engine.model.predicate import Condition
from engine.model.result import GoTo, Result
from engine.model.view import View
from engine.steps.contract import Frame, Reader, StepType


def read(data: Mapping[str, Any], reader: Reader) -> tuple[Condition, ...] | None:
    """The conditions of the ways that have one, in order; the last way is `else`."""
    ways = data["branch"]
    conditions: list[Condition | None] = []
    for index, way in enumerate(ways):
        is_last = index == len(ways) - 1
        if "else" in way:
            if not is_last:
                reader.wrong(("branch", index, "else"), "J310", "`else` stands before other ways, which nobody could reach.",
                             "Move `else` to the end of the list.", at_key=True)
            continue
        predicate = read_condition(way.get("if"), (*reader.path, "branch", index, "if"), reader.report, reader.names)
        conditions.append(compile_condition(predicate) if predicate is not None else None)
    if "else" not in ways[-1]:
        reader.wrong(("branch", len(ways) - 1), "J311", "A branch needs a last `else`: the way of everybody else.",
                     "Add `- else: []` at the end of the branch if they simply go on.")
    found = tuple(condition for condition in conditions if condition is not None)
    return found if len(found) == len(conditions) else None


def bind(conditions: tuple[Condition, ...], frame: Frame) -> Step:
    """Asks one condition after the other."""
    ways = tuple(
        (condition, Result(GoTo(frame.targets[str(index)]), why=condition.text))
        for index, condition in enumerate(conditions)
    )
    otherwise = Result(GoTo(frame.targets["else"]), why="else")

    def run(view: View) -> Result:
        for condition, result in ways:
            if condition.holds(view):
                return result
        return otherwise

    return Step(
        frame.id,
        "branch",
        frame.next,
        run,
        events=frozenset().union(*(condition.events for condition in conditions)),
        text="branch",
        leads_to=(
            *((condition.text, frame.targets[str(index)]) for index, condition in enumerate(conditions)),
            ("else", frame.targets["else"]),
        ),
    )


def nested(data: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """Each way's steps; `else` holds its list itself."""
    ways = data.get("branch")
    if not isinstance(ways, list):
        return []
    return [
        ("else", ("branch", index, "else")) if "else" in way else (str(index), ("branch", index, "then"))
        for index, way in enumerate(ways)
        if isinstance(way, Mapping)
    ]


BRANCH = StepType(
    word="branch",
    keys=("branch",),
    summary="Goes the first way whose condition holds; the last way is `else`.",
    example="""\
- id: big-cart
  branch:
    - if: { contact.orders: { gte: 5 } }
      then:
        - { id: thank-a-regular, end: regular }
    - else: []
""",
    schema={
        "branch": {
            "type": "array",
            "minItems": 1,
            "description": "Ways, first match wins; the last is `else`.",
            "items": {
                "type": "object",
                "properties": {
                    "if": {"$ref": "#/definitions/condition"},
                    "then": {"$ref": "#/definitions/steps"},
                    "else": {"$ref": "#/definitions/steps"},
                },
                "additionalProperties": False,
                "oneOf": [{"required": ["if", "then"]}, {"required": ["else"]}],
            },
        }
    },
    required=("branch",),
    read=read,
    bind=bind,
    nested=nested,
)
