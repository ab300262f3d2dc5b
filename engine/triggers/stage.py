"""`stage`: a contact enters when it comes into a stage of the lifecycle, or leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.names import NO_LIFECYCLE
from engine.conditions.vocabulary import Brought
from engine.model.fault import Mistake
from engine.model.journey import Entry, Happened, NoEntry, Occasion, Trigger
from engine.model.lifecycle import STAGE_CHANGED
from engine.model.spelling import did_you_mean
from engine.model.view import View
from engine.triggers import rules
from engine.triggers.contract import TriggerReader, TriggerType


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """{enters: STAGE} or {leaves: STAGE}: the engine tells every change of stage as an event."""
    direction, stage = next(iter(data["stage"].items()))
    if not _is_known(str(stage), str(direction), reader):
        return None
    side = "to" if direction == "enters" else "from"

    def fires(occasion: Occasion, view: View) -> Entry | NoEntry | None:
        del view
        if not isinstance(occasion, Happened) or occasion.event.name != STAGE_CHANGED:
            return None
        properties = occasion.event.properties
        return Entry("", properties) if properties.get(side) == stage else None

    return Trigger("stage", fires, event=STAGE_CHANGED)


def _is_known(stage: str, direction: str, reader: TriggerReader) -> bool:
    known, path = reader.names.stages, (*reader.path, "stage", direction)
    if known is None or stage in known:
        return True
    if known:
        message = f"lifecycle.yaml has no stage `{stage}`.{did_you_mean(stage, known)}"
        help = "Write the `id` of a stage of lifecycle.yaml."
    else:
        message = NO_LIFECYCLE
        help = "Add journeys/lifecycle.yaml with the stages, or let people enter by a segment."
    reader.report(Mistake(path, rules.UNKNOWN_STAGE, message, help))
    return False


_NAME = {
    "type": "string",
    "minLength": 1,
    "examples": ["at-risk"],
    "x-if-list": "Write a list of triggers, each with a dash: `- stage: { enters: … }`.",
}

STAGE = TriggerType(
    word="stage",
    summary="Enters the contact when it comes into a stage of lifecycle.yaml, or leaves it.",
    example="""\
trigger:
  stage: { enters: at-risk }
""",
    schema={
        "stage": {
            "type": "object",
            "description": "{enters: STAGE} or {leaves: STAGE}, a stage of lifecycle.yaml.",
            "examples": [{"enters": "at-risk"}],
            "x-for-text": "enters",
            "properties": {"enters": _NAME, "leaves": _NAME},
            "additionalProperties": False,
            "oneOf": [{"required": ["enters"]}, {"required": ["leaves"]}],
        },
    },
    read=read,
    brings=lambda _plain: Brought("stage", event=STAGE_CHANGED),
)
