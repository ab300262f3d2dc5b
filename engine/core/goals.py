"""Goals and exits: what an event, or a change of the contact, means for those already inside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.calendar.durations import utc_add
from engine.core.advance import Instant
from engine.core.case import Case, TraceEntry, World
from engine.core.leave import put_out
from engine.core.look import look, view_of
from engine.core.versions import journey_of
from engine.model.event import Event
from engine.model.journey import ExitRule, Goal, Journey, Kept
from engine.model.position import Enrollment
from engine.model.predicate import Condition
from engine.model.result import Leave
from engine.model.trace import TraceLine
from engine.model.view import View


def check_goal_and_exits(
    case: Case, world: World, enrollment: Enrollment, event: Event | None, when: Instant
) -> None:
    """Goal first, then exits; the first that ends the enrollment gives the reason.

    `event` is None when the contact changed without one. Events older than the trigger's count for neither.
    """
    journey = journey_of(world, enrollment)
    if event is not None and event.at < enrollment.triggered_at:
        event = None
    view = look(case, world, journey, enrollment, when.at)
    if journey.goal is not None and _is_reached(journey.goal, enrollment, event, view):
        _reach(case, world, journey.goal, enrollment, event, when.at)
    if enrollment.left_at is None:
        rule = next((rule for rule in journey.exits if _applies(rule, event, view)), None)
        if rule is not None:
            put_out(case, world, enrollment, Leave("exit", detail=rule.text), when.at)


def newest_closed(case: Case, at: datetime) -> list[Enrollment]:
    """Closed ones whose goal window is open: the newest per journey and key, if it has not converted."""
    newest: dict[tuple[str, str], Enrollment] = {}
    for enrollment in case.enrollments:
        if enrollment.left_at is None or enrollment.goal_until is None or enrollment.goal_until <= at:
            continue
        key = (enrollment.journey, enrollment.entry_key)
        best = newest.get(key)
        if best is None or (best.left_at or at, best.entered_at) <= (
            enrollment.left_at,
            enrollment.entered_at,
        ):
            newest[key] = enrollment
    return [enrollment for enrollment in newest.values() if enrollment.converted_at is None]


def count_goal_of_closed(
    case: Case, world: World, enrollment: Enrollment, event: Event | None, when: Instant
) -> None:
    """A goal within the window converts an enrollment that has already left."""
    journey = world.journeys.get(enrollment.journey)
    if journey is None or journey.goal is None or _has_newer_that_converted(case, enrollment, when.at):
        return
    if event is not None and event.at < enrollment.triggered_at:
        event = None
    view = look(case, world, journey, enrollment, when.at)
    if _is_reached(journey.goal, enrollment, event, view) and is_in_window(
        journey.goal, enrollment, event, when.at
    ):
        _convert(case, journey.goal, enrollment, event, when.at)


def ends_before_it_began(
    case: Case, world: World, journey: Journey, kept: Kept, event: Event, at: datetime
) -> str | None:
    """What makes an entry that is put off needless: inside, this event would have ended it. None: nothing."""
    if event.at < kept.triggered_at:
        return None
    view = view_of(case, world, journey, at)
    view.trigger, view.entry_key = kept.entry.trigger, kept.entry.entry_key
    view.triggered_at, view.entered_at = kept.triggered_at, kept.received_at
    return _ending(journey, event, view)


def would_end(case: Case, world: World, enrollment: Enrollment, event: Event, at: datetime) -> str | None:
    """The rule by which this event, heard of in another place, would have ended the enrollment."""
    if event.at < enrollment.triggered_at:
        return None
    journey = journey_of(world, enrollment)
    return _ending(journey, event, look(case, world, journey, enrollment, at))


def _ending(journey: Journey, event: Event, view: View) -> str | None:
    goal = journey.goal
    if goal is not None and goal.exits and event.name == goal.event and _where(goal.where, event, view):
        return goal.text
    rules = (rule for rule in journey.exits if rule.event is not None and _applies(rule, event, view))
    return next((rule.text for rule in rules), None)


def _has_newer_that_converted(case: Case, closed: Enrollment, at: datetime) -> bool:
    """One order is one conversion of a journey and key: the running one's, if it has just converted.

    Two orders of the very same instant are one.
    """
    return any(
        other.converted_at == at and other.journey == closed.journey and other.entry_key == closed.entry_key
        for other in case.enrollments
    )


def _is_reached(goal: Goal, enrollment: Enrollment, event: Event | None, view: View) -> bool:
    if goal.when is not None:
        held = bool(enrollment.steps.get("", {}).get("goal", False))
        holds = goal.when.holds(view)
        if holds != held:
            enrollment.steps[""] = {**enrollment.steps.get("", {}), "goal": holds}
            enrollment.is_moved = True
        return holds and not held
    return event is not None and event.name == goal.event and _where(goal.where, event, view)


def _applies(rule: ExitRule, event: Event | None, view: View) -> bool:
    if rule.when is not None:
        return rule.when.holds(view)
    return event is not None and event.name == rule.event and _where(rule.where, event, view)


def _where(where: Condition | None, event: Event, view: View) -> bool:
    if where is None:
        return True
    view.event = event
    holds = where.holds(view)
    view.event = None
    return holds


def _reach(
    case: Case,
    world: World,
    goal: Goal,
    enrollment: Enrollment,
    event: Event | None,
    at: datetime,
) -> None:
    """Convert if the window allows; then leave if the goal exits, as `goal` or, unconverted, as `exit`."""
    converts = enrollment.converted_at is None and is_in_window(goal, enrollment, event, at)
    if converts:
        _convert(case, goal, enrollment, event, at)
    if goal.exits:
        verdict = (
            Leave("goal", detail=goal.text)
            if converts
            else Leave("exit", detail=f"goal without conversion: {goal.text}")
        )
        put_out(case, world, enrollment, verdict, at)


def is_in_window(goal: Goal, enrollment: Enrollment, event: Event | None, at: datetime) -> bool:
    """Within `within` of the entry, or of the last message released before the event happened.

    As every window it is half open: exactly `within` later is too late.
    """
    happened_at = at if event is None else event.at
    if goal.from_entered:
        return happened_at < utc_add(enrollment.entered_at, goal.within)
    before = [sent for sent in enrollment.sent_at if sent <= happened_at]
    return bool(before) and happened_at < utc_add(before[-1], goal.within)


def _convert(case: Case, goal: Goal, enrollment: Enrollment, event: Event | None, at: datetime) -> None:
    enrollment.converted_at = at
    enrollment.is_changed = True
    if event is not None and goal.revenue is not None:
        enrollment.revenue = _revenue(event, goal.revenue.path)
    case.count(enrollment.journey, "", "converted")
    if enrollment.is_held_out:
        case.count(enrollment.journey, "", "converted:held_out")
    worth = "" if enrollment.revenue is None else f", {enrollment.revenue:g}"
    line = TraceLine(at, enrollment.step or "", "converted", f"{goal.text}{worth}")
    case.traces.append(TraceEntry(enrollment.journey, enrollment, line))


def _revenue(event: Event, path: tuple[str, ...]) -> float | None:
    value: Any = event.properties
    for part in path[1:]:
        value = value.get(part) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
