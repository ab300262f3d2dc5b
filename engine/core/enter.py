"""Entering: an occasion, a journey, and whether the contact comes in; why not is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.calendar.durations import utc_add
from engine.core.advance import Instant, advance, start
from engine.core.case import Case, Past, TraceEntry, World
from engine.core.leave import put_out
from engine.core.look import view_of, warn_of_zone
from engine.core.versions import journey_of
from engine.model.contact import Contact
from engine.model.journey import (
    Asked,
    Crossed,
    Entry,
    Happened,
    Journey,
    LeftJourney,
    NoEntry,
    Occasion,
    Started,
    Struck,
)
from engine.model.position import Enrollment
from engine.model.result import Leave
from engine.model.trace import TraceLine
from engine.steps.chance import chance

_DAY = timedelta(hours=24)

#: The journeys whose steps led here without waiting for time; none of them is entered again.
Chain = tuple[str, ...]


def try_to_enter(
    case: Case, world: World, journey: Journey, occasion: Occasion, when: Instant, chain: Chain
) -> bool:
    """Ask the journey's triggers; enter on the first yes. True when the contact changed by what followed."""
    if journey.status == "draft":
        return False
    answer = ask_triggers(case, world, journey, occasion, when.at)
    if answer is None:
        return False
    if isinstance(answer, NoEntry):
        refuse(case, journey, answer, when.at)
        return False
    return _enter(case, world, journey, answer, occasion, when, chain)


def ask_triggers(
    case: Case, world: World, journey: Journey, occasion: Occasion, at: datetime
) -> Entry | NoEntry | None:
    """The first trigger that fires; otherwise the first that has a reason not to."""
    view = view_of(case, world, journey, at)
    refusal: NoEntry | None = None
    for trigger in journey.triggers:
        answer = trigger.fires(occasion, view)
        if isinstance(answer, Entry):
            return answer
        refusal = refusal or answer
    return refusal


def _enter(
    case: Case, world: World, journey: Journey, entry: Entry, occasion: Occasion, when: Instant, chain: Chain
) -> bool:
    same = [e for e in case.running() if e.journey == journey.id and e.entry_key == entry.entry_key]
    refusal = _objection(case, world, journey, entry, occasion, when.at, chain, same)
    if refusal is not None:
        refuse(case, journey, refusal, when.at)
        return False
    if same:
        match journey.re_entry.if_running:
            case "update":
                return _update(case, world, same[-1], entry, when)
            case "restart":
                for enrollment in same:
                    put_out(case, world, enrollment, Leave("restarted"), when.at)
            case "parallel" | "ignore":
                pass
    return _begin(case, world, journey, entry, occasion, when, same)


def _objection(
    case: Case,
    world: World,
    journey: Journey,
    entry: Entry,
    occasion: Occasion,
    at: datetime,
    chain: Chain,
    same: list[Enrollment],
) -> NoEntry | None:
    """The first reason not to enter, or None."""
    if journey.status != "live":
        return NoEntry(journey.status)
    if isinstance(occasion, Happened) and is_late(world, occasion):
        return NoEntry("late", f"the event is from {occasion.event.at.isoformat()}")
    if isinstance(occasion, Struck) and at - occasion.at > world.policy.late_after:
        return NoEntry("late", f"it was due at {occasion.at.isoformat()}")
    view = view_of(case, world, journey, at)
    view.trigger, view.entry_key, view.entered_at = entry.trigger, entry.entry_key, at
    if journey.enter_when is not None and not journey.enter_when.holds(view):
        return NoEntry("enter_when", journey.enter_when.text)
    for rule in journey.exits:
        if rule.when is not None and rule.when.holds(view):
            return NoEntry("exit", rule.text)
    if journey.id in chain:
        return NoEntry("loop", _in_words((*chain, journey.id)))
    refusal = _re_entry(case, journey, entry, at, same)
    if refusal is None and _entries_of_a_day(case, journey, at) >= world.policy.entries_per_day:
        return NoEntry("loop", f"more than {world.policy.entries_per_day} entries within 24 hours")
    return refusal


def _in_words(chain: Chain) -> str:
    """One after the other; a journey that did several things in a row is named once, and again at the end."""
    around = [id for id, before in zip(chain[:-1], ("", *chain), strict=False) if id != before]
    return " → ".join((*around, chain[-1]))


def is_late(world: World, occasion: Happened) -> bool:
    """Older than `late_after` when we heard of it: it triggers nothing."""
    return occasion.event.received_at - occasion.event.at > world.policy.late_after


def _re_entry(
    case: Case, journey: Journey, entry: Entry, at: datetime, same: list[Enrollment]
) -> NoEntry | None:
    """`after` and `max` hold back a new enrollment, never restart, update or parallel."""
    rule = journey.re_entry
    if same:
        return NoEntry("re_entry", "one is running") if rule.if_running == "ignore" else None
    past = case.past.get((journey.id, entry.entry_key))
    if past is None or past.count == 0:
        return None
    if rule.after is None:
        return NoEntry("re_entry", "never again")
    if past.last_left_at is not None and utc_add(past.last_left_at, rule.after) > at:
        return NoEntry("re_entry", f"not before {rule.after} after the last time")
    if rule.limit is not None and past.count >= rule.limit:
        return NoEntry("re_entry", f"at most {rule.limit} times")
    return None


def _entries_of_a_day(case: Case, journey: Journey, at: datetime) -> int:
    return sum(entered > at - _DAY for entered in case.entered_lately.get(journey.id, ()))


def _update(case: Case, world: World, enrollment: Enrollment, entry: Entry, when: Instant) -> bool:
    """Keep the place, replace trigger.*; what waits by it is asked again.

    The journey began when it began: `triggered_at` stays, or what happened in between would count no more.
    """
    enrollment.trigger = entry.trigger
    enrollment.is_changed = True
    line = TraceLine(when.at, enrollment.step or "", "changed", "trigger")
    case.traces.append(TraceEntry(enrollment.journey, enrollment, line))
    return may_ask_again(world, enrollment, when.at) and advance(case, world, enrollment, when)


def may_ask_again(world: World, enrollment: Enrollment, at: datetime) -> bool:
    """Whether something new may wake it where it stands.

    What is due at this very instant waits for its timer, since events come first; a message that is held is
    looked at when the hold ends, and not in between (language.md §6).
    """
    if enrollment.left_at is not None or (enrollment.due_at is not None and enrollment.due_at <= at):
        return False
    step = journey_of(world, enrollment).steps.get(enrollment.step or "")
    return step is None or not step.is_send


def _begin(
    case: Case,
    world: World,
    journey: Journey,
    entry: Entry,
    occasion: Occasion,
    when: Instant,
    same: list[Enrollment],
) -> bool:
    enrollment = Enrollment(
        journey=journey.id,
        version=journey.version,
        entry_key=entry.entry_key,
        entered_at=when.at,
        trigger=entry.trigger,
        triggered_at=_triggered_at(occasion, when.at),
        serial=_serial(case, journey, entry, when.at, same),
        is_held_out=_is_held_out(journey, case.contact),
        is_new=True,
    )
    case.enrollments.append(enrollment)
    if journey.id in world.watched:
        case.crossed.append(journey.id)
    past = case.past.setdefault((journey.id, entry.entry_key), Past())
    past.count += 1
    case.entered_lately.setdefault(journey.id, []).append(when.at)
    case.counters[journey.id, "", "entered"] += 1
    words = _occasion_in_words(occasion)
    if enrollment.is_held_out:
        case.counters[journey.id, "", "entered:held_out"] += 1
        words = f"{words}; held out: its messages are recorded, not sent"
    line = TraceLine(when.at, "", "entered", words)
    case.traces.append(TraceEntry(journey.id, enrollment, line))
    warn_of_zone(case, journey, enrollment, when.at)
    remember_goal(case, world, journey, enrollment, when.at)
    return start(case, world, enrollment, when)


def _is_held_out(journey: Journey, contact: Contact) -> bool:
    """By a hash of contact and journey, so that it falls the same way at each entry."""
    return journey.holdout > 0 and chance("holdout", journey.id, contact.id) * 100 < journey.holdout


def _serial(case: Case, journey: Journey, entry: Entry, at: datetime, same: list[Enrollment]) -> int:
    """0, unless others of the same key run beside it or began at this very instant.

    Key, serial and instant name an enrollment for ever, and so the messages and events that come of it.
    """
    running = max((e.serial for e in same if e.left_at is None), default=-1)
    if at not in case.entered_lately.get(journey.id, ()):
        return running + 1
    past = case.past.get((journey.id, entry.entry_key), Past())
    return max(running + 1, past.count)


def remember_goal(case: Case, world: World, journey: Journey, enrollment: Enrollment, at: datetime) -> None:
    """A goal `when` must become true after the entry, so whether it holds now is kept."""
    if journey.goal is not None and journey.goal.when is not None:
        view = view_of(case, world, journey, at)
        view.trigger, view.entered_at = enrollment.trigger, at
        enrollment.steps[""] = {"goal": journey.goal.when.holds(view)}


def _triggered_at(occasion: Occasion, at: datetime) -> datetime:
    return occasion.event.at if isinstance(occasion, Happened) else at


def _occasion_in_words(occasion: Occasion) -> str:
    match occasion:
        case Happened(event):
            return event.name
        case Crossed(segment, inside):
            return f"{'entered' if inside else 'left'} segment {segment}"
        case LeftJourney(journey, outcome):
            return f"finished {journey}: {outcome}"
        case Asked():
            return "by command"
        case Started(by=journey):
            return f"started by {journey}"
        case Struck():
            return f"{occasion.text} ({occasion.key})"


def refuse(case: Case, journey: Journey, refusal: NoEntry, at: datetime) -> None:
    """Write down why the contact does not enter."""
    why = refusal.reason if not refusal.detail else f"{refusal.reason}: {refusal.detail}"
    case.traces.append(TraceEntry(journey.id, None, TraceLine(at, "", "not_entered", why)))
    case.counters[journey.id, "", f"not_entered:{refusal.reason}"] += 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A journey and the occasion that may make the contact enter it."""

    journey: Journey
    occasion: Occasion


def in_order(candidates: list[Candidate]) -> list[Candidate]:
    """By journey priority (the higher first), then id."""
    return sorted(candidates, key=lambda c: (-c.journey.priority, c.journey.id))
