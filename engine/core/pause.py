"""A pause: people stay where they stand while clocks run, and what fell due comes when the journey goes on.

An enrollment whose step is over during a pause is parked: it owes since then (`owed_at`) and is due no more.
What a wait_for answered meanwhile is kept as its answer, because events and clocks go on without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.model.journey import Journey, Step
from engine.model.position import Enrollment
from engine.model.result import GoTo, Result


def is_parked(journey: Journey, enrollment: Enrollment) -> bool:
    """Whether its step was over before, in this pause."""
    return enrollment.owed_at is not None and enrollment.due_at in (None, parked_until(journey))


def parked_until(journey: Journey) -> datetime | None:
    """Time wakes who is parked only where the journey's end makes everybody leave."""
    return journey.ends_at if journey.stops_inside else None


def park(journey: Journey, enrollment: Enrollment, at: datetime) -> None:
    """Over since then. Lateness counts from the first time that something fell due."""
    enrollment.owed_at = enrollment.owed_at or at
    enrollment.due_at = parked_until(journey)
    enrollment.is_moved = True


def unpark(journey: Journey, enrollment: Enrollment, at: datetime) -> None:
    """The journey goes on: what it owes is due now. The end of a pause releases it, as that of any hold."""
    if is_parked(journey, enrollment):
        enrollment.due_at = at
        enrollment.is_moved = True


def keep_answer(enrollment: Enrollment, step: Step, result: Result) -> None:
    """What a wait_for answered in a pause. What a step would do besides is asked of it again afterwards."""
    verdict = result.verdict
    if isinstance(verdict, GoTo) and result.remember is not None and not result.effects:
        enrollment.answer = {
            "step": step.id,
            "to": verdict.step,
            "why": result.why,
            "memory": dict(result.remember),
        }


def keep_arrival(enrollment: Enrollment) -> None:
    """In a pause it came to another step, because the journey changed: its `when` is still to be asked."""
    enrollment.answer = {"step": enrollment.step, "arrives": True}


def arrives_now(enrollment: Enrollment) -> bool:
    """Whether it came to its step in a pause, so that going on is arriving there."""
    answer = enrollment.answer
    return answer is not None and answer["step"] == enrollment.step and "arrives" in answer


def take_answer(journey: Journey, enrollment: Enrollment, step: Step) -> Result | None:
    """The answer kept for this step, once. None if there is none, or it leads where nothing is any more."""
    answer: dict[str, Any] | None = enrollment.answer
    enrollment.answer = None
    enrollment.is_moved = True
    if answer is None or answer["step"] != step.id or "arrives" in answer:
        return None
    if answer["to"] is not None and answer["to"] not in journey.steps:
        return None
    return Result(GoTo(answer["to"]), why=answer["why"], remember=answer["memory"])


def answer_renamed(answer: dict[str, Any] | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    """The answer by the new names of steps."""
    if answer is None:
        return None
    steps = {
        key: names.get(answer[key], answer[key]) for key in ("step", "to") if answer.get(key) is not None
    }
    return {**answer, **steps}
