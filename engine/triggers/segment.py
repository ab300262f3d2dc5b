"""`segment`: a contact enters when it comes into a segment or falls out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.vocabulary import TEXT, Brought
from engine.model.fault import Mistake
from engine.model.journey import Crossed, Entry, NoEntry, Occasion, Trigger
from engine.model.spelling import did_you_mean
from engine.model.view import View
from engine.triggers import rules
from engine.triggers.contract import TriggerReader, TriggerType


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """{enters: NAME} or {leaves: NAME}."""
    direction, name = next(iter(data["segment"].items()))
    if reader.segments is not None and name not in reader.segments:
        path = (*reader.path, "segment", str(direction))
        message = f"There is no segment `{name}` in segments.yaml.{did_you_mean(str(name), reader.segments)}"
        help = "Write a segment of segments.yaml, or add it there."
        reader.report(Mistake(path, rules.UNKNOWN_SEGMENT, message, help))
        return None
    include = data.get("existing") == "include"
    if include and direction == "leaves":
        message = "`existing: include` goes with `enters`: who leaves is not there any more."
        reader.wrong("existing", rules.EXISTING_ONLY_ENTERS, message, "Take `existing` away.", at_key=True)
        return None
    inside = direction == "enters"

    def fires(occasion: Occasion, view: View) -> Entry | NoEntry | None:
        del view
        if isinstance(occasion, Crossed) and occasion.segment == name and occasion.inside is inside:
            return Entry("", {"segment": name})
        return None

    return Trigger("segment", fires, segment=str(name), include_existing=include)


_NAME = {
    "type": "string",
    "minLength": 1,
    "examples": ["vip"],
    "x-if-list": "Write a list of triggers, each with a dash: `- segment: { enters: … }`.",
}

SEGMENT = TriggerType(
    word="segment",
    summary="Enters the contact when it comes into a segment, or falls out of it.",
    example="""\
trigger:
  segment: { enters: vip }
""",
    schema={
        "segment": {
            "type": "object",
            "description": "{enters: NAME} or {leaves: NAME}, a segment of segments.yaml.",
            "examples": [{"enters": "vip"}],
            "x-for-text": "enters",
            "properties": {"enters": _NAME, "leaves": _NAME},
            "additionalProperties": False,
            "oneOf": [{"required": ["enters"]}, {"required": ["leaves"]}],
        },
        "existing": {
            "enum": ["include"],
            "description": "Those in the segment when the journey first becomes live enter, once.",
        },
    },
    read=read,
    brings=lambda _plain: Brought("segment", fields={"segment": TEXT}),
)
