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
from engine.steps import rules
from engine.steps.contract import Frame, Reader, StepType


def read(data: Mapping[str, Any], reader: Reader) -> tuple[Condition, ...] | None:
    """The conditions of the ways that have one, in order; the last way is `else`."""
    ways = data["branch"]
    is_right = _has_its_else(ways, reader)
    conditions: list[Condition | None] = []
    for index, way in enumerate(ways):
        if "else" in way:
            continue
        path = (*reader.path, "branch", index, "if")
        predicate = read_condition(way.get("if"), path, reader.report, reader.names)
        conditions.append(compile_condition(predicate) if predicate is not None else None)
    found = tuple(condition for condition in conditions if condition is not None)
    return found if is_right and len(found) == len(conditions) else None


def _has_its_else(ways: list[Mapping[str, Any]], reader: Reader) -> bool:
    """Whether there is one `else`, at the end; one complaint where not."""
    places = [index for index, way in enumerate(ways) if "else" in way]
    if places == [len(ways) - 1]:
        return True
    if places:
        message = "`else` stands before other ways, which nobody could reach."
        help = "Keep one `else`, at the end of the list."
        reader.wrong(("branch", places[0], "else"), rules.ELSE_TOO_EARLY, message, help, at_key=True)
    else:
        message = "A branch needs a last `else`: the way of everybody else."
        help = "Add `- else: []` at the end of the branch if they simply go on."
        reader.wrong("branch", rules.NO_ELSE, message, help, at_key=True)
    return False


def _foresee(data: Mapping[str, Any], reader: Reader) -> bool:
    """`branch: {if: …, then: …, else: …}`: the ways without their dashes."""
    ways = data.get("branch")
    if not isinstance(ways, Mapping) or not {"if", "then", "else"} & set(ways):
        return False
    message = "The ways of a branch are a list, one dash for each."
    help = "Begin the first way with `- if: …` and `then: …`, the last one with `- else: …`."
    reader.wrong("branch", rules.BRANCH_MAPPING, message, help, at_key=True)
    return True


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
        journeys=frozenset().union(*(condition.journeys for condition in conditions)),
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
            "examples": [[{"if": {"contact.country": "CH"}, "then": []}, {"else": []}]],
            "items": {
                "title": "way",
                "x-if-both": "Give `else` a dash of its own, at the end of the list: `- else: …`.",
                "type": "object",
                "examples": [{"else": []}],
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
    foresee=_foresee,
)
