"""Advance: from where an enrollment stands until it blocks. The only interpreter there is."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec import Struct

from engine.core.case import Case, TraceEntry, World
from engine.core.leave import leave, put_out
from engine.core.look import look, look_again_at
from engine.core.named import take_coupon
from engine.core.pause import arrives_now, is_parked, keep_answer, keep_arrival, park, take_answer
from engine.core.perform import perform
from engine.core.permit import Hold
from engine.core.release import release
from engine.core.standing import is_frozen, not_after_the_end, over_since
from engine.core.versions import journey_of
from engine.model.event import Event
from engine.model.iteration import turn_of
from engine.model.journey import Journey, Step
from engine.model.position import Enrollment
from engine.model.predicate import Condition
from engine.model.result import (
    GoTo,
    JoinTrial,
    Leave,
    Result,
    SendMessage,
    TakeCoupon,
    WaitFor,
    WaitUntil,
)
from engine.model.stock import Watched
from engine.model.trace import Did, TraceLine
from engine.model.view import View

#: What an enrollment remembers under "" when a changed journey has sends ahead of it that it had behind.
ALREADY_SENT = "sent"


class Instant(Struct):
    """When something happens: the logical instant, and the time on the wall it is done at."""

    at: datetime
    real: datetime


def start(case: Case, world: World, enrollment: Enrollment, when: Instant) -> bool:
    """Begin at the first step. True when the contact changed on the way."""
    journey = journey_of(world, enrollment)
    enrollment.step = journey.first
    enrollment.arrived_at = when.at
    return advance(case, world, enrollment, when, is_arrival=True)


def advance(
    case: Case,
    world: World,
    enrollment: Enrollment,
    when: Instant,
    *,
    caught: Event | None = None,
    is_arrival: bool = False,
) -> bool:
    """Ask steps until one blocks or the enrollment leaves. True when the contact changed on the way.

    `is_arrival`: the step is reached now, so its `when` is asked; otherwise it is woken where it stands.
    """
    journey = journey_of(world, enrollment)
    if journey.may_be_halted and _is_halted(case, world, journey, enrollment, when, caught, is_arrival):
        return False
    view = look(case, world, journey, enrollment, when.at)
    view.caught = caught
    watched = Watched(case.stock) if journey.products else None
    if watched is not None:
        view.stock = watched
    stood_at = None if is_arrival else enrollment.step
    if enrollment.answer is not None and arrives_now(enrollment):
        is_arrival = True
    is_changed = False
    while enrollment.left_at is None:
        step = journey.steps[enrollment.step] if enrollment.step is not None else None
        if step is None:
            leave(case, world, enrollment, Leave("completed"), when.at)
            break
        if watched is not None:
            watched.asked.clear()  # what earlier steps read does not matter to who stands at this one
        if is_arrival and step.when is not None and _is_passed_over(step, step.when, view):
            _go_on(case, enrollment, view, step, step.next, "skipped", f"not: {step.when.text}", when)
            continue
        if step.is_send and _is_sent_already(enrollment, step):
            why = "it was done before the journey changed"
            _go_on(case, enrollment, view, step, step.next, "skipped", why, when)
            is_arrival = True
            continue
        result = None if enrollment.answer is None else take_answer(journey, enrollment, step)
        if result is None:
            result = step.run(view)
        if result.remember is not None:
            enrollment.steps[step.id] = {**result.remember}
            enrollment.is_moved = True
        if result.effects:
            blocked, changed = _take_effect(case, world, journey, enrollment, step, view, result, when)
            is_changed = is_changed or changed
            if blocked:
                break
        verdict = result.verdict
        if not isinstance(verdict, GoTo):
            _block(case, world, journey, enrollment, step, verdict, result.why, when)
            break
        if verdict.iteration is not None:
            enrollment.iteration = view.iteration = verdict.iteration
        did = None if result.effects else step.passing  # effects have had their lines
        _go_on(case, enrollment, view, step, verdict.step, did, result.why, when)
        is_arrival = True
    _count_inside(case, enrollment, stood_at)
    if watched is not None:
        _watch(case, journey, enrollment, watched)
    return is_changed


def _is_passed_over(step: Step, when: Condition, view: View) -> bool:
    """Whether its `when` keeps people from it.

    A message is asked when it is released, and who comes back to a loop is inside already.
    """
    if step.is_send or (step.is_loop and turn_of(view.iteration, step.id)):
        return False
    return not when.holds(view)


def sending_of(step: str, iteration: str) -> str:
    """What makes a message of an enrollment the same one."""
    return f"{step} {iteration}".rstrip()


def _is_sent_already(enrollment: Enrollment, step: Step) -> bool:
    memory = enrollment.steps.get("")
    return memory is not None and sending_of(step.id, enrollment.iteration) in memory.get(ALREADY_SENT, ())


def _is_halted(
    case: Case,
    world: World,
    journey: Journey,
    enrollment: Enrollment,
    when: Instant,
    caught: Event | None,
    is_arrival: bool,
) -> bool:
    """A journey that is over makes people leave, a paused one keeps them where they stand."""
    over = over_since(journey, when.at, when.real)
    if over is not None:
        (leave if is_arrival else put_out)(case, world, enrollment, Leave("stopped"), over)
        return True
    if is_frozen(journey) and is_arrival:
        keep_arrival(enrollment)
        park(journey, enrollment, when.at)
        _count_inside(case, enrollment, None)
        return True
    if is_frozen(journey):
        _stand_still(case, world, journey, enrollment, when, caught)
        return True
    return False


def _stand_still(
    case: Case,
    world: World,
    journey: Journey,
    enrollment: Enrollment,
    when: Instant,
    caught: Event | None,
) -> None:
    """In a pause the clocks run: a step is asked as ever, and waits go on; only nobody goes anywhere."""
    if is_parked(journey, enrollment):
        return
    step = journey.steps.get(enrollment.step or "")
    is_due = enrollment.due_at is not None and enrollment.due_at <= when.at
    if step is not None and not step.is_send:
        view = look(case, world, journey, enrollment, when.at)
        view.caught = caught
        view.stock = stock = Watched(case.stock)
        result = step.run(view)
        if isinstance(result.verdict, WaitUntil | WaitFor):
            _block(case, world, journey, enrollment, step, result.verdict, result.why, when)
            _watch(case, journey, enrollment, stock)
            return
        keep_answer(enrollment, step, result)
    elif not is_due:
        return
    since = enrollment.due_at if is_due and enrollment.due_at is not None else when.at
    park(journey, enrollment, since)
    _trace(case, enrollment, enrollment.step or "", "held", "paused", when.at)


def _take_effect(
    case: Case,
    world: World,
    journey: Journey,
    enrollment: Enrollment,
    step: Step,
    view: View,
    result: Result,
    when: Instant,
) -> tuple[bool, bool]:
    """The effects in order. (whether one held it here or made it leave, whether the contact changed)"""
    is_changed = False
    for effect in result.effects:
        if isinstance(effect, SendMessage):
            answer = release(case, world, journey, enrollment, step, effect, view, when.real)
            if isinstance(answer, Hold):
                _hold(case, journey, enrollment, step, answer, when)
                return True, is_changed
            if isinstance(answer, Leave):
                leave(case, world, enrollment, answer, when.at)
                return True, is_changed
        elif isinstance(effect, TakeCoupon):
            left = take_coupon(case, journey, enrollment, step, effect, view, when.real)
            if left is not None:
                leave(case, world, enrollment, left, when.at)
                return True, is_changed
        elif isinstance(effect, JoinTrial):
            if not enrollment.is_held_out:  # who gets no messages says nothing about them
                case.joined.append((enrollment, effect, when.at))
            _trace(case, enrollment, step.id, "chose", result.why, when.at)
        else:
            done = perform(case, world, journey, enrollment, step, effect, view, result.why)
            is_changed = is_changed or done.is_changed
            look_again_at(view, case, world, journey, enrollment)
            _trace(case, enrollment, step.id, done.did, done.why, when.at)
    return False, is_changed


def _block(
    case: Case,
    world: World,
    journey: Journey,
    enrollment: Enrollment,
    step: Step,
    verdict: WaitUntil | WaitFor | Leave,
    why: str,
    when: Instant,
) -> None:
    """Stay here, or leave."""
    if isinstance(verdict, WaitUntil):  # asked in order of frequency; `match` takes three times as long
        _stay(case, journey, enrollment, step, verdict.at, None, "waiting", why, when)
    elif isinstance(verdict, WaitFor):
        _stay(case, journey, enrollment, step, verdict.at, verdict.look_at, "waiting", why, when)
    elif isinstance(verdict, Leave):
        case.count(enrollment.journey, step.id, "passed")
        leave(case, world, enrollment, verdict, when.at)
    else:
        assert_never(verdict)


def _go_on(
    case: Case,
    enrollment: Enrollment,
    view: View,
    step: Step,
    target: str | None,
    did: Did | None,
    why: str,
    when: Instant,
) -> None:
    """To the next step, at the logical instant that released this one. `did` None: no line about it."""
    if did is not None:
        _trace(case, enrollment, step.id, did, why, when.at)
    case.count(enrollment.journey, step.id, "passed")
    if enrollment.due_at is not None:  # it stood here: the lateness of an older wait is over
        enrollment.due_at = None
    enrollment.step = target
    enrollment.arrived_at = when.at
    enrollment.is_moved = True
    view.step = target or ""
    view.arrived_at = when.at
    view.caught = None


def _stay(
    case: Case,
    journey: Journey,
    enrollment: Enrollment,
    step: Step,
    until: datetime,
    look_at: datetime | None,
    did: Did,
    why: str,
    when: Instant,
) -> None:
    """Block here. Waking up to find the same wait is not worth a line."""
    due_at = until if look_at is None else look_at
    if journey.stops_inside:
        due_at = not_after_the_end(journey, due_at)
    is_news = enrollment.due_at is None or (enrollment.due_at != due_at and look_at is None)
    if enrollment.due_at != due_at:
        enrollment.due_at = due_at
        enrollment.is_moved = True
    if did == "waiting" and enrollment.owed_at is not None:
        enrollment.owed_at = None
    if is_news:
        _trace(case, enrollment, step.id, did, why, when.at, until)


def _hold(
    case: Case, journey: Journey, enrollment: Enrollment, step: Step, hold: Hold, when: Instant
) -> None:
    """Keep the message here. One that only waits for its turn at this very instant is not worth a line."""
    if hold.until == when.at:
        enrollment.due_at, enrollment.is_moved = when.at, True
        return
    why = f"{hold.reason}: {hold.detail}" if hold.detail else hold.reason
    _stay(case, journey, enrollment, step, hold.until, None, "held", why, when)


def _watch(case: Case, journey: Journey, enrollment: Enrollment, stock: Watched) -> None:
    """Remember the products that the step it stands at has read: a change of one of them wakes it there."""
    step = journey.steps.get(enrollment.step or "") if enrollment.left_at is None else None
    if step is not None and step.products:
        case.watched |= stock.asked


def _count_inside(case: Case, enrollment: Enrollment, stood_at: str | None) -> None:
    stands_at = enrollment.step if enrollment.left_at is None else None
    if stood_at != stands_at:
        if stood_at is not None:
            case.count(enrollment.journey, stood_at, "inside", -1)
        if stands_at is not None:
            case.count(enrollment.journey, stands_at, "inside")


def _trace(
    case: Case,
    enrollment: Enrollment,
    step: str,
    did: Did,
    why: str,
    at: datetime,
    until: datetime | None = None,
) -> None:
    case.traces.append(TraceEntry(enrollment.journey, enrollment, TraceLine(at, step, did, why, until)))
