"""`split`: chance decides the way, always the same way for the same contact; or a trial decides for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from typing import Any, get_args

from msgspec import structs

from engine.calendar.durations import add, read_duration
from engine.conditions.messaged import TRACKED
from engine.conditions.rules import NOT_TRACKED
from engine.conditions.vocabulary import AttributeType, Remembered
from engine.model.duration import Duration
from engine.model.fault import Path
from engine.model.journey import Step
from engine.model.result import GoTo, JoinTrial, Result, WaitUntil
from engine.model.trial import ZONE, Metric, TrialRule
from engine.model.view import View
from engine.steps import rules
from engine.steps.chance import chance
from engine.steps.contract import Frame, Reader, StepType


@dataclass(frozen=True, slots=True)
class Winner:
    """`test` percent are split; the rest wait for the winner."""

    metric: Metric
    test: float
    after: Duration
    sends: int | None
    confidence: float | None
    per_firing: bool


@dataclass(frozen=True, slots=True)
class Split:
    """Ways by name with their weights in percent; `salt` deals anew."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    salt: str
    winner: Winner | None = None


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
    winner = _read_winner(data["winner"], reader) if "winner" in data else None
    if "winner" in data and winner is None:
        return None
    return Split(names, weights, str(data.get("salt", "")), winner) if is_right else None


def _read_winner(data: Mapping[str, Any], reader: Reader) -> Winner | None:
    """What it counts must be measured in this journey."""
    metric: Metric = data["metric"]
    after = reader.take(("winner", "after"), read_duration, data["after"])
    is_measured = _is_measured(metric, reader)
    per_firing = data.get("per") == "firing"
    if per_firing and not reader.is_scheduled:
        message = (
            "`per: firing` makes a trial of each firing of a schedule, and this journey has other triggers."
        )
        help = "Take `per` away, so that there is one trial for the journey."
        reader.wrong(("winner", "per"), rules.WINNER_PER_FIRING, message, help)
        return None
    if after is None or not is_measured:
        return None
    confidence = data.get("confidence")
    certain = None if confidence is None else float(confidence)
    return Winner(metric, float(data["test"]), after, data.get("sends"), certain, per_firing)


def _is_measured(metric: Metric, reader: Reader) -> bool:
    wanted, tracking = TRACKED.get(metric), reader.names.tracking
    if wanted is not None and tracking is not None and wanted not in tracking:
        listed = ", ".join(sorted({*tracking, wanted}, reverse=True))
        message = f"`metric: {metric}` needs `tracking: [{wanted}]` in the header of the journey."
        reader.wrong(("winner", "metric"), NOT_TRACKED, message, f"Add `tracking: [{listed}]` there.")
        return False
    if metric == "converted" and not reader.has_goal:
        message = (
            "`metric: converted` needs a `goal` in the header of the journey: nobody converts without one."
        )
        help = "Add for example `goal: { event: Order Completed }` there."
        reader.wrong(("winner", "metric"), rules.WINNER_METRIC, message, help)
        return False
    return True


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

    def draw(view: View) -> Result:
        drawn = chance("split", view.journey, frame.id, view.contact.id, split.salt) * 100
        for bound, result in zip(bounds, results, strict=True):
            if drawn < bound:
                return result
        return results[-1]

    winner, text = split.winner, "split " + " / ".join(f"{weight:g}" for weight in split.weights)
    rule = None if winner is None else _rule(split, winner, frame)
    run: Callable[[View], Result] = draw
    if winner is not None and rule is not None:
        text += f", winner by {winner.metric} after {winner.after}"
        run = _trying(split, winner, rule, draw, results)
    return Step(
        frame.id,
        "split",
        frame.next,
        run,
        text=text,
        trial=rule,
        leads_to=tuple((name, frame.targets[str(index)]) for index, name in enumerate(split.names)),
    )


def _rule(split: Split, winner: Winner, frame: Frame) -> TrialRule:
    """Other ways, another metric or salt make another trial; the rest may be changed while it lasts."""
    parts = "\x1f".join((winner.metric, split.salt, *split.names))
    mark = blake2b(parts.encode(), digest_size=6).hexdigest()
    return TrialRule(
        *(frame.journey, frame.id, split.names, winner.metric, winner.after, mark),
        sends=winner.sends,
        confidence=winner.confidence,
    )


def _trying(
    split: Split, winner: Winner, rule: TrialRule, draw: Callable[[View], Result], ways: tuple[Result, ...]
) -> Callable[[View], Result]:
    """The winner's way once there is one; until then the tested go by chance, and the others wait."""

    def run(view: View) -> Result:
        firing = view.entry_key if winner.per_firing else ""
        until = add(view.arrived_at or view.now, rule.after, ZONE)
        standing = view.trials.standing(rule, firing, until, view.now)
        if standing.winner is not None:
            way = ways[split.names.index(standing.winner)]
            return structs.replace(way, why=f"{standing.winner}: {standing.why}")
        if not _is_tested(split, winner, view):
            return Result(WaitUntil(standing.until), why=f"waits for the winner by {winner.metric}")
        drawn = draw(view)
        join = JoinTrial(rule, firing, drawn.why)
        return structs.replace(drawn, effects=(join,), why=f"{drawn.why}, tested")

    return run


def _is_tested(split: Split, winner: Winner, view: View) -> bool:
    """By a hash of its own, so that the ways of the tested are as evenly drawn as without a trial."""
    return chance("winner", view.journey, view.step, view.contact.id, split.salt) * 100 < winner.test


def nested(data: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """Each way's steps."""
    ways = data.get("split")
    return (
        [(str(index), ("split", index, "then")) for index in range(len(ways))]
        if isinstance(ways, list)
        else []
    )


def remembers(data: Mapping[str, Any]) -> Remembered:
    """The name of the way."""
    ways = data["split"] if isinstance(data["split"], list) else []
    names = tuple(str(way["name"]) for way in ways if isinstance(way, Mapping) and "name" in way)
    return {"way": AttributeType("text", names, "The split")}


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
        "winner": {
            "title": "winner",
            "type": "object",
            "description": "Some are split, the rest wait here for the way that does best.",
            "examples": [{"metric": "converted", "test": 20, "after": "4 hours"}],
            "properties": {
                "metric": {
                    "enum": list(get_args(Metric)),
                    "description": "What the ways are compared by: the share of people who did it.",
                },
                "test": {
                    "type": "number",
                    "minimum": 1,
                    "maximum": 100,
                    "description": "Percent of the contacts who are split.",
                    "examples": [20],
                },
                "after": {
                    "type": "string",
                    "description": "How long after the first contact came here the winner is known.",
                    "examples": ["4 hours"],
                },
                "sends": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "Or when so many messages were released to those who are tested.",
                    "examples": [1000],
                },
                "confidence": {
                    "type": "number",
                    "minimum": 0.5,
                    "maximum": 0.999,
                    "description": "At `sends` the leader wins only if it is so certain.",
                    "examples": [0.95],
                },
                "per": {
                    "enum": ["journey", "firing"],
                    "description": "One trial for the journey, or one for each firing of its schedule.",
                },
            },
            "required": ["metric", "test", "after"],
            "additionalProperties": False,
        },
    },
    required=("split",),
    read=read,
    bind=bind,
    nested=nested,
    foresee=_foresee,
    remembers=remembers,
)
