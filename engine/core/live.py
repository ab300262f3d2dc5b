"""Living through time: one contact's events and timers in the order of things (language.md §3).

The daemon, the simulator, the tests and the backtest all come through here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from engine.core.advance import Instant, advance
from engine.core.case import Case, Membership, TraceEntry, Unheard, World
from engine.core.enter import (
    Candidate,
    Chain,
    ask_again,
    in_order,
    may_ask_again,
    refuse,
    try_to_enter,
    withdraw,
)
from engine.core.goals import check_goal_and_exits, count_goal_of_closed, newest_closed
from engine.core.leave import put_out
from engine.core.look import look
from engine.core.moments import keep_moments, next_moment, strike
from engine.core.pause import unpark
from engine.core.stages import STAGE_LOOK, is_stage_to_ask, look_at_stage
from engine.core.tell import note_if_at_once, remember
from engine.core.versions import journey_of
from engine.model.event import Event
from engine.model.journey import Asked, Crossed, Happened, Journey, Kept, NoEntry, Segment, Started
from engine.model.position import Enrollment
from engine.model.result import Leave
from engine.model.trace import TraceLine
from engine.model.view import UTC, View

#: Changes that cause changes end after so many rounds; a real chain ends at the first wait.
_ROUNDS = 50


def live(case: Case, world: World, events: Iterable[Event], now: datetime | None) -> None:
    """Take the events in order of receipt, each after the timers that were due before it.

    Then the timers due by `now`. `now` None: a virtual clock that is never late and stops at the last event.
    """
    for event in events:
        fire_timers(case, world, event.received_at, now, is_inclusive=False)
        take_event(case, world, event, Instant(event.received_at, now or event.received_at))
    if now is not None:
        fire_timers(case, world, now, now)


# --- timers ------------------------------------------------------------------------------------


def fire_timers(
    case: Case, world: World, until: datetime, now: datetime | None, *, is_inclusive: bool = True
) -> None:
    """Everything due until then, by due time, then journey priority and id. `now` None: never late."""
    while True:
        due = _next_timer(case, world, until)
        if due is None or (due[0] == until and not is_inclusive):
            return
        _fire(case, world, due[0], due[1], now)


def next_due(case: Case, world: World) -> datetime | None:
    """When the next timer of this contact is due."""
    due = _next_timer(case, world)
    return None if due is None else due[0]


def _next_timer(
    case: Case, world: World, until: datetime | None = None
) -> tuple[datetime, Enrollment | str | None] | None:
    """What is due first, none after `until`; at the same instant moments, then segments, then enrollments.

    An enrollment, a segment by its name, or None for a moment.
    """
    timer: tuple[datetime, Enrollment | str] | None = _next_enrollment(case, world, until)
    look = _next_look(case, until) if case.members else None
    if look is not None and (timer is None or look[0] <= timer[0]):
        timer = look
    at = next_moment(case, until) if case.moments else None
    return (at, None) if at is not None and (timer is None or at <= timer[0]) else timer


def _next_enrollment(case: Case, world: World, until: datetime | None) -> tuple[datetime, Enrollment] | None:
    """The enrollment that is due first, and its turn where several are due at once."""
    first: tuple[datetime, Enrollment] | None = None
    for enrollment in case.enrollments:
        due_at = enrollment.due_at
        if due_at is None or (until is not None and due_at > until) or enrollment.left_at is not None:
            continue
        if first is None or _turn(world, due_at, enrollment) < _turn(world, *first):
            first = due_at, enrollment
    return first


def _turn(
    world: World, due_at: datetime, enrollment: Enrollment
) -> tuple[datetime, datetime, int, datetime, str]:
    """By due time, then priority and id. After a pause all is due at one instant, and what is owed the
    longest comes first; under caps priority decides. Of messages that compete there, what fell due first
    comes before what fell due while that one was held."""
    journey = journey_of(world, enrollment)
    if not world.policy.caps:
        return due_at, enrollment.owed_at or due_at, -journey.priority, due_at, enrollment.journey
    fell_due = due_at
    if enrollment.arrived_at is not None:
        step = journey.steps.get(enrollment.step or "")
        fell_due = enrollment.arrived_at if step is not None and step.is_send else due_at
    return due_at, due_at, -journey.priority, fell_due, enrollment.journey


def _next_look(case: Case, until: datetime | None) -> tuple[datetime, str] | None:
    """The earliest look at a segment, in order of name at the same instant."""
    looks = [
        (look_at, name)
        for name, membership in case.members.items()
        if (look_at := membership.look_at) is not None and (until is None or look_at <= until)
    ]
    return min(looks, default=None)


def _fire(
    case: Case, world: World, due_at: datetime, what: Enrollment | str | None, now: datetime | None
) -> None:
    real = due_at if now is None else now
    is_squeezed = real - due_at > world.policy.squeeze_after
    when = Instant(real if is_squeezed else due_at, real)
    if what is None:
        _settle(case, world, when, strike(case, world, due_at), ())
        return
    if what == STAGE_LOOK and world.lifecycle is not None:
        if look_at_stage(case, world, when.at):
            _after_change(case, world, when, ())
        return
    if isinstance(what, str):
        crossed = _look_at_segments(case, world, [what], when.at)
        _settle(case, world, when, crossed, ())
        _after_crossing(case, world, when, ())
        return
    if is_squeezed and what.owed_at is None:
        what.owed_at = due_at
        what.is_moved = True
    case.timer_at = due_at
    is_changed = advance(case, world, what, when)
    case.timer_at = None
    if is_changed:
        _after_change(case, world, when, (what.journey,))
    if case.has_news:
        _after_crossing(case, world, when, ())


# --- events ------------------------------------------------------------------------------------


def take_event(case: Case, world: World, event: Event, when: Instant) -> None:
    """History first; then goal, exit and wait_for of those inside; then who enters."""
    if event.at > event.received_at + world.policy.early:
        line = TraceLine(
            when.at, "", "warned", f"event {event.name} is dated {event.at.isoformat()}, ahead of its receipt"
        )
        case.traces.append(TraceEntry("", None, line))
    event = not_ahead(event)
    remember(case, event)
    keep_moments(case, world, when.at, only_missing=True)
    _hear(case, world, event, when, ())


def _hear(
    case: Case, world: World, event: Event, when: Instant, chain: Chain, by: Enrollment | None = None
) -> None:
    """What an event that is in history already means for those inside, and who enters.

    `by` is the enrollment that told it, if one did: it stood before its later waits then.
    """
    is_staged = is_stage_to_ask(case, world, event.name) and look_at_stage(case, world, when.at)
    changed_by: list[str] = []
    closed = newest_closed(case, when.at)
    if case.kept:
        withdraw(case, world, event, when.at)
    for enrollment in _inside(case, world):
        if event.name in journey_of(world, enrollment).events:
            note_if_at_once(enrollment, event)
        check_goal_and_exits(case, world, enrollment, event, when)
        if enrollment.left_at is not None or enrollment is by:
            continue
        if _wake(case, world, enrollment, event, when):
            changed_by.append(enrollment.journey)
    for enrollment in closed:
        count_goal_of_closed(case, world, enrollment, event, when)
    candidates = _look_at_segments(case, world, _segments_to_ask(case, world, event.name), when.at)
    candidates += [
        Candidate(journey, Happened(event))
        for journey in world.journeys.values()
        if _listens(journey, event.name)
    ]
    waiting = tuple(case.kept)
    _settle(case, world, when, candidates, chain)
    if is_staged:
        _after_change(case, world, when, chain)
    for journey_id in changed_by:
        _after_change(case, world, when, (*chain, journey_id))
    _ask_kept_again(case, world, when, waiting, chain)
    _after_crossing(case, world, when, chain)


def not_ahead(event: Event) -> Event:
    """An event of a clock that is fast counts as of its receipt, because it is in history at once."""
    return event if event.at <= event.received_at else replace(event, at=event.received_at)


def ask(case: Case, world: World, journey: Journey, asked: Asked, when: Instant) -> None:
    """Somebody asked for this contact to enter."""
    _settle(case, world, when, [Candidate(journey, asked)], ())
    _after_crossing(case, world, when, ())


def include(case: Case, world: World, journey: Journey, segments: Iterable[str], when: Instant) -> None:
    """The contact is in these segments already, and is asked as if it had come into them now."""
    _settle(case, world, when, [Candidate(journey, Crossed(name, True)) for name in segments], ())
    _after_crossing(case, world, when, ())


def contact_changed(case: Case, world: World, when: Instant) -> None:
    """The contact's data changed from outside: exits, goals and waits of those inside, then segments."""
    _after_change(case, world, when, ())


def _inside(case: Case, world: World) -> list[Enrollment]:
    """Those running, by journey priority and id."""
    return sorted(
        case.running(), key=lambda e: (-journey_of(world, e).priority, e.journey, e.entered_at, e.serial)
    )


def _listens(journey: Journey, name: str) -> bool:
    return any(trigger.event == name for trigger in journey.triggers)


def _wake(case: Case, world: World, enrollment: Enrollment, event: Event, when: Instant) -> bool:
    """Let a wait_for catch its event, or look again at a condition that reads such events."""
    journey = journey_of(world, enrollment)
    step = journey.steps[enrollment.step] if enrollment.step is not None else None
    if step is None:
        return False
    if step.wakes_on == event.name:
        if step.wakes_if is not None:
            view = look(case, world, journey, enrollment, when.at)
            view.event = event
            if not step.wakes_if.holds(view):
                return False
        return advance(case, world, enrollment, when, caught=event)
    if event.name not in step.events or not may_ask_again(world, enrollment, when.at):
        return False
    return advance(case, world, enrollment, when)


def products_changed(case: Case, world: World, when: Instant) -> None:
    """Rows of the product table are different: whoever stands at a step that reads some is asked again.

    Who came to the step after the change has seen it already.
    """
    changed_by: list[str] = []
    for enrollment in _inside(case, world):
        arrived_at = enrollment.arrived_at
        is_asked = _reads_products(world, enrollment) and (arrived_at is None or arrived_at <= when.at)
        if is_asked and may_ask_again(world, enrollment, when.at) and advance(case, world, enrollment, when):
            changed_by.append(enrollment.journey)
    for journey_id in changed_by:
        _after_change(case, world, when, (journey_id,))
    _after_crossing(case, world, when, ())


def _reads_products(world: World, enrollment: Enrollment) -> bool:
    step = journey_of(world, enrollment).steps.get(enrollment.step or "")
    return step is not None and step.products


# --- what follows ------------------------------------------------------------------------------


def _settle(case: Case, world: World, when: Instant, candidates: list[Candidate], chain: Chain) -> None:
    """Let the candidates enter in order; each entry's own changes follow at once."""
    for candidate in in_order(candidates):
        if try_to_enter(case, world, candidate.journey, candidate.occasion, when, chain):
            _after_change(case, world, when, (*chain, candidate.journey.id))
        _after_crossing(case, world, when, chain)


def _after_crossing(case: Case, world: World, when: Instant, chain: Chain) -> None:
    """It entered or left journeys that some condition reads: that is a change of it like any other.

    And what the engine told meanwhile is heard, in order, by what stands there now.
    """
    while case.has_news:
        crossed, case.crossed = tuple(dict.fromkeys(case.crossed)), []
        unheard, case.unheard = case.unheard, []
        if crossed:
            _after_change(case, world, when, (*chain, *crossed))
        for one in unheard:
            _hear_of(case, world, one, when, (*chain, one.journey) if one.journey else chain)
        _after_drafts(case, world, when)


def _after_drafts(case: Case, world: World, when: Instant) -> None:
    """In shadow a change of the contact is one for the enrollment alone: its own goal and exits see it."""
    redrafted, case.redrafted = case.redrafted, []
    closed = newest_closed(case, when.at) if redrafted else []
    for enrollment in redrafted:
        if enrollment.left_at is None:
            check_goal_and_exits(case, world, enrollment, None, when)
        elif enrollment in closed:
            count_goal_of_closed(case, world, enrollment, None, when)


def _hear_of(case: Case, world: World, one: Unheard, when: Instant, chain: Chain) -> None:
    if len(chain) > _ROUNDS:
        words = "loop: more than 50 steps caused each other at one instant; nothing more follows"
        case.traces.append(TraceEntry(one.journey, one.enrollment, TraceLine(when.at, "", "warned", words)))
        return
    match one.occasion:
        case Happened(event):
            _hear(case, world, event, when, chain, one.enrollment)
        case Started() as started:
            _start(case, world, started, when, chain)
        case occasion:
            _settle(
                case,
                world,
                when,
                [Candidate(journey, occasion) for journey in world.journeys.values()],
                chain,
            )


def _start(case: Case, world: World, started: Started, when: Instant, chain: Chain) -> None:
    """A step starts another journey, which is asked like any other; why it does not begin is written down."""
    journey = world.journeys[started.journey]
    if not any(trigger.kind == "manual" for trigger in journey.triggers):
        refuse(case, journey, NoEntry("not_manual", f"started by {started.by}"), when.at)
    elif journey.status == "draft":
        refuse(case, journey, NoEntry("draft", f"started by {started.by}"), when.at)
    else:
        _settle(case, world, when, [Candidate(journey, started)], chain)


def _ask_kept_again(case: Case, world: World, when: Instant, waiting: Iterable[Kept], chain: Chain) -> None:
    """Whether somebody enters now whose `enter_when` did not hold when the event came."""
    for kept in waiting:
        if kept in case.kept and ask_again(case, world, kept, when, chain):
            _after_change(case, world, when, (*chain, kept.journey))


def go_on(case: Case, world: World, journey: Journey, when: Instant) -> None:
    """The journey is paused no more: first what fell due meanwhile, then the entries kept, in their order."""
    for enrollment in case.running():
        if enrollment.journey == journey.id:
            unpark(journey_of(world, enrollment), enrollment, when.at)
    fire_timers(case, world, when.at, when.real)
    for kept in tuple(case.kept):
        if kept.journey == journey.id and kept.until is None:
            _ask_kept_again(case, world, when, (kept,), ())
            _after_crossing(case, world, when, ())


def put_all_out(case: Case, world: World, journey: Journey, verdict: Leave, when: Instant) -> int:
    """Everyone of the contact's leaves the journey, and nobody kept will enter it; how many left."""
    inside = [one for one in case.running() if one.journey == journey.id]
    for enrollment in inside:
        put_out(case, world, enrollment, verdict, when.at)
    for kept in [one for one in case.kept if one.journey == journey.id]:
        case.kept.remove(kept)
        refuse(case, journey, NoEntry(verdict.reason, verdict.detail), when.at)
    _after_crossing(case, world, when, ())
    return len(inside)


def _after_change(case: Case, world: World, when: Instant, chain: Chain) -> None:
    """The contact is different now: its stage, goals, exits and waits of those inside, then segments, and who
    enters."""
    if len(chain) > _ROUNDS:
        return
    look_at_stage(case, world, when.at)
    keep_moments(case, world, when.at)
    changed_by: list[str] = []
    closed = newest_closed(case, when.at)
    for enrollment in _inside(case, world):
        check_goal_and_exits(case, world, enrollment, None, when)
        if may_ask_again(world, enrollment, when.at) and advance(case, world, enrollment, when):
            changed_by.append(enrollment.journey)
    for enrollment in closed:
        count_goal_of_closed(case, world, enrollment, None, when)
    crossings = _look_at_segments(case, world, list(world.segments), when.at)
    waiting = tuple(case.kept)
    _settle(case, world, when, crossings, (*chain, *changed_by))  # theirs may have made it cross
    _ask_kept_again(case, world, when, waiting, (*chain, *changed_by))
    for journey_id in changed_by:
        _after_change(case, world, when, (*chain, journey_id))
    _after_crossing(case, world, when, chain)


def is_asked_about(case: Case, world: World) -> bool:
    """Whether its stage and every followed segment have been worked out before: it is no new contact."""
    names = world.segments.keys() | ({STAGE_LOOK} if world.lifecycle is not None else set())
    return names <= case.members.keys()


def _segments_to_ask(case: Case, world: World, event: str) -> list[str]:
    """Those that read such events, and those never asked about this contact, because it is new."""
    return [
        name
        for name, segment in world.segments.items()
        if event in segment.condition.events or name not in case.members
    ]


def _look_at_segments(case: Case, world: World, names: list[str], at: datetime) -> list[Candidate]:
    """Membership now against membership as known; a crossing is an occasion for journeys that follow it."""
    candidates: list[Candidate] = []
    for name in names:
        segment = world.segments.get(name)
        if segment is None:
            case.members.pop(name, None)
            case.are_members_changed = True
            continue
        known = case.members.get(name)
        is_member = look_at_segment(case, world, segment, at)
        if (known.is_member if known is not None else False) != is_member:
            occasion = Crossed(name, is_member)
            candidates += [
                Candidate(journey, occasion)
                for journey in world.journeys.values()
                if any(trigger.segment == name for trigger in journey.triggers)
            ]
    return candidates


def look_at_segment(case: Case, world: World, segment: Segment, at: datetime) -> bool:
    """Work out membership and when to look again, and keep both. Fires nothing."""
    zone_view = View(case.contact, at, UTC, case.history, topics=world.policy.topics, elsewhere=case)
    is_member = segment.condition.holds(zone_view)
    membership = Membership(is_member, segment.condition.next_change(zone_view))
    if case.members.get(segment.id) != membership:
        case.members[segment.id] = membership
        case.are_members_changed = True
    return is_member
