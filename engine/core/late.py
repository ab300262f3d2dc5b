"""Out of order: an event that comes after others that happened later is taken as if it had come in time.

What is known already ends at once what it lets in, and of two triggers of one pass the earlier one counts as
its beginning, whichever came first. What was sent stays sent.
"""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from typing import Final

from engine.core.advance import Instant
from engine.core.case import Case, TraceEntry, World
from engine.core.goals import check_goal_and_exits, ends_before_it_began
from engine.core.versions import journey_of
from engine.model.event import Event
from engine.model.journey import Entry, Journey, Kept
from engine.model.position import Enrollment
from engine.model.trace import TraceLine

#: What an enrollment remembers under "": when the event happened whose values its `trigger` holds.
_TRIGGER_AT: Final = "trigger_at"


def end_if_over(case: Case, world: World, enrollment: Enrollment, when: Instant) -> None:
    """Goals and exits that happened after the trigger and were heard of before it."""
    for event in _known_since(case, journey_of(world, enrollment), enrollment.triggered_at):
        check_goal_and_exits(case, world, enrollment, event, when)
        if enrollment.left_at is not None:
            return


def is_over(case: Case, world: World, journey: Journey, kept: Kept, at: datetime) -> str | None:
    """The rule by which an entry that is to be kept would have ended already."""
    known = _known_since(case, journey, kept.triggered_at)
    rules = (ends_before_it_began(case, world, journey, kept, event, at) for event in known)
    return next((rule for rule in rules if rule is not None), None)


def _known_since(case: Case, journey: Journey, since: datetime) -> list[Event]:
    names = {rule.event for rule in journey.exits} | ({journey.goal.event} if journey.goal else set())
    known = chain.from_iterable(case.history.get(name, ()) for name in names if name is not None)
    return sorted((event for event in known if event.at > since), key=lambda event: event.at)


# --- a trigger that comes after a later one ----------------------------------------------------------


def is_older(enrollment: Enrollment, event: Event) -> bool:
    """Whether the event happened before the one whose values the running enrollment has."""
    return event.at < _trigger_at(enrollment)


def note_trigger(enrollment: Enrollment, event: Event) -> None:
    """Its values are this event's now, though it began with another."""
    enrollment.steps[""] = {**enrollment.steps.get("", {}), _TRIGGER_AT: event.at.isoformat()}
    enrollment.is_moved = True


def _trigger_at(enrollment: Enrollment) -> datetime:
    noted = enrollment.steps.get("", {}).get(_TRIGGER_AT)
    return enrollment.triggered_at if noted is None else datetime.fromisoformat(noted)


def began_before(
    case: Case, world: World, enrollment: Enrollment, entry: Entry, event: Event, when: Instant
) -> bool:
    """The pass began with this event. False if it was another pass, or if what came since stands for it.

    Where people may come again, what ended in between was a pass of its own, and a restart is one too.
    """
    rule = journey_of(world, enrollment).re_entry
    if rule.if_running == "restart" or event.at >= enrollment.triggered_at:
        return False
    if rule.after is not None and _ended_between(case, world, enrollment, entry, event, when.at):
        return False
    if rule.if_running != "update":
        enrollment.trigger = entry.trigger
    else:
        _keep_values_of(enrollment)
    enrollment.triggered_at = event.at
    enrollment.is_changed = enrollment.is_moved = True
    words = f"trigger: an earlier {event.name} came late"
    line = TraceLine(when.at, enrollment.step or "", "changed", words)
    case.traces.append(TraceEntry(enrollment.journey, enrollment, line))
    end_if_over(case, world, enrollment, when)
    return True


def _keep_values_of(enrollment: Enrollment) -> None:
    """Under `update` the newest values stay: so it is kept in mind of when they are."""
    at = _trigger_at(enrollment).isoformat()
    enrollment.steps[""] = {**enrollment.steps.get("", {}), _TRIGGER_AT: at}


def _ended_between(
    case: Case, world: World, enrollment: Enrollment, entry: Entry, event: Event, at: datetime
) -> bool:
    """Whether what it would have begun was over before this enrollment was triggered."""
    journey = journey_of(world, enrollment)
    as_begun = Kept(journey.id, entry, event.at, event.received_at, event.name, is_event=True)
    between = (e for e in _known_since(case, journey, event.at) if e.at < enrollment.triggered_at)
    return any(ends_before_it_began(case, world, journey, as_begun, e, at) is not None for e in between)
