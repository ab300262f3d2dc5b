"""Entering: an occasion, a journey, and whether the contact comes in; why not is recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.calendar.durations import utc_add
from engine.calendar.instants import write_instant
from engine.core.advance import Instant, advance, start
from engine.core.case import Case, Past, TraceEntry, World
from engine.core.goals import ends_before_it_began
from engine.core.late import began_before, end_if_over, is_older, is_over, note_trigger
from engine.core.leave import put_out
from engine.core.look import view_of, warn_of_zone
from engine.core.standing import closed_to_all, is_frozen
from engine.core.versions import journey_of
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.journey import (
    Asked,
    Crossed,
    Entry,
    Happened,
    Journey,
    Kept,
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
    if is_frozen(journey):
        _keep_for_later(case, world, journey, answer, occasion, when.at, chain)
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
    late = _trigger_before(journey, same, occasion)
    if late is not None and (refusal is None or refusal.reason == "re_entry"):
        return _came_late(case, world, journey, entry, late, when, same[-1])
    if refusal is not None:
        _refuse_or_wait(case, journey, refusal, entry, occasion, when.at)
        return False
    if same:
        match journey.re_entry.if_running:
            case "update":
                return _update(case, world, same[-1], entry, occasion, when)
            case "restart":
                for enrollment in same:
                    put_out(case, world, enrollment, Leave("restarted"), when.at)
            case "parallel" | "ignore":
                pass
    return _begin(case, world, journey, entry, occasion, when, same)


def _trigger_before(journey: Journey, same: list[Enrollment], occasion: Occasion) -> Event | None:
    """The event, if it happened before the one by which the contact is inside already."""
    if not same or journey.re_entry.if_running == "parallel" or not isinstance(occasion, Happened):
        return None
    return occasion.event if is_older(same[-1], occasion.event) else None


def _came_late(
    case: Case,
    world: World,
    journey: Journey,
    entry: Entry,
    event: Event,
    when: Instant,
    running: Enrollment,
) -> bool:
    """A trigger that happened before the one by which the contact is inside."""
    if not began_before(case, world, running, entry, event, when):
        refuse(case, journey, NoEntry("re_entry", "a later one is running"), when.at)
        return False
    return may_ask_again(world, running, when.at) and advance(case, world, running, when)


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
    refusal = closed_to_all(journey, at) or _too_late(world, occasion, at)
    if refusal is not None:
        return refusal
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


def _too_late(world: World, occasion: Occasion, at: datetime) -> NoEntry | None:
    """Older than `late_after`: an event when we heard of it, an entry kept by a pause when it is over."""
    match occasion:
        case Happened(event) if event.received_at - event.at > world.policy.late_after:
            return NoEntry("late", f"the event is from {event.at.isoformat()}")
        case Struck(at=due_at) if at - due_at > world.policy.late_after:
            return NoEntry("late", f"it was due at {due_at.isoformat()}")
        case Kept(until=None, received_at=since) if at - since > world.policy.late_after:
            return NoEntry("late", f"kept by the pause since {since.isoformat()}")
        case _:
            return None


# --- entries that are put off --------------------------------------------------------------------


def _keep_for_later(
    case: Case, world: World, journey: Journey, entry: Entry, occasion: Occasion, at: datetime, chain: Chain
) -> None:
    """The journey is paused. What would never let it in is said at once; all else is asked afterwards."""
    refusal = closed_to_all(journey, at) or _too_late(world, occasion, at)
    if refusal is None and journey.id in chain:
        refusal = NoEntry("loop", _in_words((*chain, journey.id)))
    if refusal is not None:
        refuse(case, journey, refusal, at)
        return
    kept = _kept(journey, entry, occasion, at)
    over = is_over(case, world, journey, kept, at)
    if over is not None:
        refuse(case, journey, NoEntry("exit", over), at)
        return
    case.kept.append(kept)
    case.traces.append(TraceEntry(journey.id, None, TraceLine(at, "", "kept", f"paused: {kept.words}")))


def _refuse_or_wait(
    case: Case, journey: Journey, refusal: NoEntry, entry: Entry, occasion: Occasion, at: datetime
) -> None:
    """Profile data often comes after the event: within `entry_grace` a false `enter_when` is asked again.

    It is recorded the first time that it is asked, and not at every further one.
    """
    kept = _kept(journey, entry, occasion, at)
    until = kept.until
    if until is None and refusal.reason == "enter_when" and kept.is_event and journey.entry_grace is not None:
        until = utc_add(kept.received_at, journey.entry_grace)
    if refusal.reason != "enter_when" or until is None or until <= at:
        refuse(case, journey, refusal, at)
        return
    case.kept.append(replace(kept, until=until))
    if kept.until is None:
        refuse(case, journey, refusal, at, until)


def _kept(journey: Journey, entry: Entry, occasion: Occasion, at: datetime) -> Kept:
    if isinstance(occasion, Kept):
        return occasion
    triggered_at, words = _triggered_at(occasion, at), _occasion_in_words(occasion)
    return Kept(journey.id, entry, triggered_at, at, words, isinstance(occasion, Happened))


def ask_again(case: Case, world: World, kept: Kept, when: Instant, chain: Chain) -> bool:
    """An entry that was put off: its `enter_when` may hold by now, or its journey go on.

    True when the contact changed by what followed.
    """
    journey = world.journeys.get(kept.journey)
    if journey is None or journey.id in chain:
        return False
    if kept.until is not None and kept.until <= when.at:
        case.kept.remove(kept)
        return False
    if is_frozen(journey):
        _thaw_later(case, world, journey, kept, when.at)
        return False
    case.kept.remove(kept)
    return _enter(case, world, journey, kept.entry, kept, when, chain)


def _thaw_later(case: Case, world: World, journey: Journey, kept: Kept, at: datetime) -> None:
    """The clock of a grace runs in a pause too: who would enter now is kept until it is over."""
    if kept.until is None or journey.enter_when is None:
        return
    view = view_of(case, world, journey, at)
    view.trigger, view.entry_key, view.entered_at = kept.entry.trigger, kept.entry.entry_key, at
    if journey.enter_when.holds(view):
        case.kept[case.kept.index(kept)] = replace(kept, until=None)
        case.traces.append(TraceEntry(journey.id, None, TraceLine(at, "", "kept", f"paused: {kept.words}")))


def withdraw(case: Case, world: World, event: Event, at: datetime) -> None:
    """Entries that this event makes needless: whoever ordered is not reminded when the pause is over."""
    for kept in tuple(case.kept):
        journey = world.journeys.get(kept.journey)
        rule = None if journey is None else ends_before_it_began(case, world, journey, kept, event, at)
        if journey is not None and rule is not None:
            case.kept.remove(kept)
            refuse(case, journey, NoEntry("exit", rule), at)


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


def _update(
    case: Case, world: World, enrollment: Enrollment, entry: Entry, occasion: Occasion, when: Instant
) -> bool:
    """Keep the place, replace trigger.*; what waits by it is asked again.

    The journey began when it began: `triggered_at` stays, or what happened in between would count no more.
    """
    enrollment.trigger = entry.trigger
    enrollment.is_changed = True
    if isinstance(occasion, Happened):
        note_trigger(enrollment, occasion.event)
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
    case.count(journey.id, "", "entered")
    words = _occasion_in_words(occasion)
    if enrollment.is_held_out:
        case.count(journey.id, "", "entered:held_out")
        words = f"{words}; held out: its messages are recorded, not sent"
    line = TraceLine(when.at, "", "entered", words)
    case.traces.append(TraceEntry(journey.id, enrollment, line))
    warn_of_zone(case, journey, enrollment, when.at)
    remember_goal(case, world, journey, enrollment, when.at)
    if isinstance(occasion, Happened):
        end_if_over(case, world, enrollment, when)
        if enrollment.left_at is not None:
            return False
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
    match occasion:
        case Happened(event):
            return event.at
        case Kept(triggered_at=since):
            return since
        case _:
            return at


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
        case Kept(words=words, received_at=since):
            return f"{words} of {write_instant(since)}"


def refuse(
    case: Case, journey: Journey, refusal: NoEntry, at: datetime, until: datetime | None = None
) -> None:
    """Write down why the contact does not enter; `until`: so long it is asked again."""
    why = refusal.reason if not refusal.detail else f"{refusal.reason}: {refusal.detail}"
    case.traces.append(TraceEntry(journey.id, None, TraceLine(at, "", "not_entered", why, until)))
    case.count(journey.id, "", f"not_entered:{refusal.reason}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A journey and the occasion that may make the contact enter it."""

    journey: Journey
    occasion: Occasion


def in_order(candidates: list[Candidate]) -> list[Candidate]:
    """By journey priority (the higher first), then id."""
    return sorted(candidates, key=lambda c: (-c.journey.priority, c.journey.id))
