"""`split`: chance decides the way, always the same way for the same contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from engine.model.fault import Path
from engine.model.journey import Step
from engine.model.result import GoTo, Result
from engine.model.view import View
from engine.steps import rules
from engine.steps.chance import chance
from engine.steps.contract import Frame, Reader, StepType


@dataclass(frozen=True, slots=True)
class Split:
    """Ways by name with their weights in percent; `salt` deals anew."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    salt: str


def read(data: Mapping[str, Any], reader: Reader) -> Split | None:
    """Names must differ and weights add up to 100."""
    ways = data["split"]
    names = tuple(str(way["name"]) for way in ways)
    weights = tuple(float(way["weight"]) for way in ways)
    is_right = True
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"Two ways of this split are named `{name}`."
            reader.wrong(
                ("split", index, "name"), rules.WAY_TWICE, message, "Give each way a name of its own."
            )
            is_right = False
    if abs(sum(weights) - 100) > 1e-9:
        written = " + ".join(f"{weight:g}" for weight in weights)
        message = f"The weights add up to {sum(weights):g}, not to 100 ({written})."
        help = "Weights are percent: change them so that they add up to 100."
        reader.wrong("split", rules.WEIGHTS, message, help, at_key=True)
        is_right = False
    return Split(names, weights, str(data.get("salt", ""))) if is_right else None


def _foresee(data: Mapping[str, Any], reader: Reader) -> bool:
    """`split: {a: 50, b: 50}`: names and weights without a list."""
    ways = data.get("split")
    if not isinstance(ways, Mapping) or not ways:
        return False
    name, weight = next(iter(ways.items()))
    plain = weight if isinstance(weight, int | float) and not isinstance(weight, bool) else 50
    first = f"`- {{ name: {name}, weight: {plain}, then: [] }}`"
    message = "The ways of a split are a list, one dash for each."
    reader.wrong("split", rules.SPLIT_MAPPING, message, f"Begin with {first}.", at_key=True)
    return True


def bind(split: Split, frame: Frame) -> Step:
    """A hash of contact, journey, step and salt picks the way."""
    bounds = tuple(accumulate(split.weights))
    results = tuple(
        Result(GoTo(frame.targets[str(index)]), why=name, remember={"way": name})
        for index, name in enumerate(split.names)
    )

    def run(view: View) -> Result:
        drawn = chance("split", view.journey, frame.id, view.contact.id, split.salt) * 100
        for bound, result in zip(bounds, results, strict=True):
            if drawn < bound:
                return result
        return results[-1]

    return Step(
        frame.id,
        "split",
        frame.next,
        run,
        text="split " + " / ".join(f"{weight:g}" for weight in split.weights),
        leads_to=tuple((name, frame.targets[str(index)]) for index, name in enumerate(split.names)),
    )


def nested(data: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """Each way's steps."""
    ways = data.get("split")
    return (
        [(str(index), ("split", index, "then")) for index in range(len(ways))]
        if isinstance(ways, list)
        else []
    )


SPLIT = StepType(
    word="split",
    keys=("split",),
    summary="Sends each contact one of several ways by weight; the same contact always goes the same way.",
    example="""\
- id: subject-test
  split:
    - name: plain
      weight: 50
      then:
        - { id: plain-way, end: plain }
    - name: question
      weight: 50
      then:
        - { id: question-way, end: question }
""",
    schema={
        "split": {
            "type": "array",
            "minItems": 2,
            "description": "Ways with a weight in percent; weights add up to 100.",
            "examples": [[{"name": "a", "weight": 50, "then": []}, {"name": "b", "weight": 50, "then": []}]],
            "items": {
                "title": "way",
                "type": "object",
                "examples": [{"name": "a", "weight": 50, "then": []}],
                "properties": {
                    "name": {
                        "type": "string",
                        "minLength": 1,
                        "description": "The way's name in reports.",
                        "examples": ["plain"],
                    },
                    "weight": {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 100,
                        "description": "Percent of the contacts.",
                        "examples": [50],
                    },
                    "then": {"$ref": "#/definitions/steps"},
                },
                "required": ["name", "weight", "then"],
                "additionalProperties": False,
            },
        },
        "salt": {"type": "string", "description": "Change it to deal the contacts anew."},
    },
    required=("split",),
    read=read,
    bind=bind,
    nested=nested,
    foresee=_foresee,
    later=("winner",),
)
