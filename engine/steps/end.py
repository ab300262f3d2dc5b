"""`end`: the enrollment is over, with an outcome that the marketer names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model.journey import Step
from engine.model.result import Leave, Result
from engine.model.view import View
from engine.steps.contract import Frame, Reader, StepType


def read(data: Mapping[str, Any], reader: Reader) -> str | None:
    """The outcome's name."""
    del reader
    return str(data["end"])


def bind(outcome: str, frame: Frame) -> Step:
    """Answers the same to everybody."""
    result = Result(Leave("completed", outcome), why=outcome)

    def run(view: View) -> Result:
        del view
        return result

    return Step(frame.id, "end", frame.next, run, ends=True, text=f"end: {outcome}")


END = StepType(
    word="end",
    keys=("end",),
    summary="Ends the enrollment with an outcome name.",
    example="- { id: done, end: converted }\n",
    schema={
        "end": {
            "type": "string",
            "minLength": 1,
            "maxLength": 100,
            "description": "The outcome, in your words.",
            "examples": ["converted"],
        }
    },
    required=("end",),
    read=read,
    bind=bind,
)
