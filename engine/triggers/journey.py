"""`journey`: a contact enters when it is through with another journey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.vocabulary import TEXT, Brought
from engine.model.fault import Mistake
from engine.model.journey import Entry, LeftJourney, NoEntry, Occasion, Trigger
from engine.model.spelling import did_you_mean
from engine.model.view import View
from engine.triggers import rules
from engine.triggers.contract import TriggerReader, TriggerType


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """{finished: ID} and perhaps the outcome; whether that journey has it, is seen when all are read."""
    journey, outcome = str(data["journey"]["finished"]), data["journey"].get("outcome")
    if not _may_follow(journey, reader):
        return None

    def fires(occasion: Occasion, view: View) -> Entry | NoEntry | None:
        del view
        if not isinstance(occasion, LeftJourney) or occasion.journey != journey:
            return None
        if outcome is not None and occasion.outcome != outcome:
            return None
        return Entry("", {"journey": journey, "outcome": occasion.outcome})

    return Trigger("journey", fires, finished=journey)


def _may_follow(journey: str, reader: TriggerReader) -> bool:
    path, known = (*reader.path, "journey", "finished"), reader.names.journeys
    if journey == reader.journey:
        message = f"Nobody enters `{journey}` by its own end: a journey never leads back to itself at once."
        help = "Write another journey, or let people come in again with `re_entry`."
        reader.report(Mistake(path, rules.OWN_END, message, help))
        return False
    if known is not None and journey not in known:
        message = f"There is no journey `{journey}`.{did_you_mean(journey, known)}"
        help = "Write the id of a journey, which is the name of its folder."
        reader.report(Mistake(path, rules.UNKNOWN_JOURNEY, message, help))
        return False
    return True


JOURNEY = TriggerType(
    word="journey",
    summary="Enters the contact when it is through with another journey, with one outcome or with any.",
    example="""\
trigger:
  journey: { finished: welcome-series, outcome: completed }
""",
    schema={
        "journey": {
            "type": "object",
            "description": "{finished: ID}, with `outcome: NAME` if only one way of ending it counts.",
            "examples": [{"finished": "welcome-series"}],
            "x-for-text": "finished",
            "properties": {
                "finished": {
                    "type": "string",
                    "minLength": 1,
                    "description": "The id of the other journey.",
                    "examples": ["welcome-series"],
                    "x-if-list": "Write a list of triggers, each with a dash: `- journey: { finished: … }`.",
                },
                "outcome": {
                    "type": "string",
                    "minLength": 1,
                    "description": "How it ended: the name of an `end` step, otherwise the reason, such as"
                    " `completed`, `goal` or `exit`. Without it, any.",
                    "examples": ["completed"],
                },
            },
            "required": ["finished"],
            "additionalProperties": False,
        },
    },
    read=read,
    brings=lambda _plain: Brought("journey", fields={"journey": TEXT, "outcome": TEXT}),
)
