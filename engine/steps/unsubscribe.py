"""`unsubscribe`: the contact gets no more of a topic, or no more marketing at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model.journey import Step
from engine.model.result import GoTo, Result, SetTopics
from engine.model.spelling import did_you_mean
from engine.model.view import View
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.rules import UNKNOWN_TOPIC


def read(data: Mapping[str, Any], reader: Reader) -> str | None:
    """A topic of the catalog, or `all`."""
    return read_topic("unsubscribe", data, reader)


def read_topic(verb: str, data: Mapping[str, Any], reader: Reader) -> str | None:
    """What stands behind the verb, if it is a topic of the catalog or `all`."""
    topic = str(data[verb])
    if topic != "all" and reader.topics is not None and topic not in reader.topics:
        hint = did_you_mean(topic, (*reader.topics, "all"))
        message = f"There is no topic `{topic}` in catalog.yaml.{hint}"
        help = "Write one of `topics` in catalog.yaml, or `all`."
        reader.wrong(verb, UNKNOWN_TOPIC, message, help)
        return None
    return topic


def bind(topic: str, frame: Frame) -> Step:
    """Says no to one topic, or to everything."""
    effect = SetTopics({}, everything=False) if topic == "all" else SetTopics({topic: False})
    result = Result(GoTo(frame.next), (effect,), why=topic)

    def run(view: View) -> Result:
        del view
        return result

    return Step(frame.id, "unsubscribe", frame.next, run, text=f"unsubscribe {topic}", changes_contact=True)


UNSUBSCRIBE = StepType(
    word="unsubscribe",
    keys=("unsubscribe",),
    summary="Unsubscribes the contact from a topic, or from `all` marketing.",
    example="- { id: let-go, unsubscribe: all }\n",
    schema={
        "unsubscribe": {
            "type": "string",
            "minLength": 1,
            "description": "A topic of the catalog, or `all`.",
            "examples": ["all"],
            "x-if-list": "Make a step of each topic, or write `unsubscribe: all`.",
        }
    },
    required=("unsubscribe",),
    read=read,
    bind=bind,
)
