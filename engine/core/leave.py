"""Leaving: an enrollment ends, with a reason; its goal window may stay open."""

from __future__ import annotations

from datetime import datetime

from engine.calendar.durations import utc_add
from engine.core.case import Case, Past, TraceEntry, Unheard, World
from engine.core.versions import journey_of
from engine.model.journey import Journey, LeftJourney
from engine.model.position import GOES_ON, Enrollment
from engine.model.result import Leave
from engine.model.trace import TraceLine


def leave(case: Case, world: World, enrollment: Enrollment, verdict: Leave, at: datetime) -> None:
    """End the enrollment. The store drops its position and keeps its memory."""
    journey = journey_of(world, enrollment)
    enrollment.left_at = at
    enrollment.reason = verdict.reason
    enrollment.outcome = outcome = verdict.outcome or verdict.reason
    enrollment.detail = verdict.detail
    enrollment.due_at = None
    enrollment.goal_until = goal_until(journey, enrollment)
    enrollment.is_changed = enrollment.is_moved = True
    past = case.past.setdefault((enrollment.journey, enrollment.entry_key), Past())
    past.last_left_at = at
    if verdict.reason not in GOES_ON:
        past.finished_at = at
        if enrollment.entered_at == at:
            past.finished_in_no_time_at = at
        if enrollment.journey in world.followed:
            occasion = LeftJourney(enrollment.journey, outcome)
            case.unheard.append(Unheard(occasion, enrollment.journey))
    if enrollment.journey in world.watched:
        case.crossed.append(enrollment.journey)
    case.count(enrollment.journey, "", f"left:{verdict.reason}")
    why = verdict.reason if not verdict.detail else f"{verdict.reason}: {verdict.detail}"
    case.traces.append(
        TraceEntry(enrollment.journey, enrollment, TraceLine(at, enrollment.step or "", "left", why))
    )


def goal_until(journey: Journey, enrollment: Enrollment) -> datetime | None:
    """Until when a goal event counts for it, or None when none can.

    One that has converted keeps its window: while it is open, no older enrollment is given the next order.
    """
    goal = journey.goal
    if goal is None:
        return None
    if goal.from_entered:
        return utc_add(enrollment.entered_at, goal.within)
    return utc_add(enrollment.sent_at[-1], goal.within) if enrollment.sent_at else None


def put_out(case: Case, world: World, enrollment: Enrollment, verdict: Leave, at: datetime) -> None:
    """End an enrollment that stands somewhere: nobody is inside there any more."""
    if enrollment.step is not None:
        case.count(enrollment.journey, enrollment.step, "inside", -1)
    leave(case, world, enrollment, verdict, at)
