"""`subscribe`: the contact says yes to a topic, or to all topics that there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model.journey import Step
from engine.model.result import GoTo, Result, SetTopics
from engine.model.view import View
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.unsubscribe import read_topic


def read(data: Mapping[str, Any], reader: Reader) -> str | None:
    """A topic of the catalog, or `all`."""
    return read_topic("subscribe", data, reader)


def bind(topic: str, frame: Frame) -> Step:
    """`all` are the topics of the catalog as it is then; one that is added later asks for itself."""

    def run(view: View) -> Result:
        every = (one.id for one in view.topics.values() if one.consent != "none")
        asked = dict.fromkeys(every if topic == "all" else (topic,), True)
        return Result(GoTo(frame.next), (SetTopics(asked),), why=topic)

    return Step(frame.id, "subscribe", frame.next, run, text=f"subscribe {topic}", changes_contact=True)


SUBSCRIBE = StepType(
    word="subscribe",
    keys=("subscribe",),
    summary="Subscribes the contact to a topic, or to `all` topics of the catalog.",
    example="- { id: welcome-back, subscribe: newsletter }\n",
    schema={
        "subscribe": {
            "type": "string",
            "minLength": 1,
            "description": "A topic of the catalog, or `all`.",
            "examples": ["newsletter"],
            "x-if-list": "Make a step of each topic, or write `subscribe: all`.",
        }
    },
    required=("subscribe",),
    read=read,
    bind=bind,
)
