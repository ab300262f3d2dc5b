"""Merging: two contacts turn out to be one person. What is known of it, where it stands, what it is not sent.

Nobody enters anything by a merge; those inside are asked as after any change of the contact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from engine.calendar.instants import write_instant
from engine.core.advance import Instant
from engine.core.case import Case, World
from engine.core.goals import would_end
from engine.core.leave import put_out
from engine.core.live import contact_changed, look_at_segment
from engine.core.look import look
from engine.core.moments import unite_moments
from engine.core.stages import look_at_stage
from engine.core.topics import SUBSCRIBED, UNSUBSCRIBED
from engine.core.versions import find_journey, journey_of
from engine.model.consent import topic_answer
from engine.model.contact import ASKED, Answer, Contact
from engine.model.event import Event
from engine.model.message import Message
from engine.model.position import Enrollment
from engine.model.proof import Said
from engine.model.result import Leave

#: The history that tells when a topic was answered.
ANSWERS: Final = (SUBSCRIBED, UNSUBSCRIBED)

#: When something was answered, and whether with a yes.
Time = tuple[datetime, bool]

#: Messages that may still leave, and those that did or may have.
TO_GO: Final = ("ready", "deferred", "claimed")
GONE_OUT: Final = ("in_data", "sent", "unsure", "bounced")


# --- what is known of the person -------------------------------------------------------------------


def united(into: Case, other: Case, said: Mapping[int, Sequence[Said]]) -> Contact:
    """`into` as it is once the other is part of it: its own values win, what it lacks is filled in.

    A no is never lost to a yes that is not known to be later. `said` is the record of consent, by key. An
    address that bounced says nothing about another one.
    """
    ours, theirs = into.contact, other.contact
    return Contact(
        ours.id,
        ours.email or theirs.email,
        ours.phone or theirs.phone,
        ours.timezone or theirs.timezone,
        ours.locale or theirs.locale,
        ours.stage or theirs.stage,
        min(filter(None, (ours.created_at, theirs.created_at)), default=None),
        {**theirs.attributes, **{key: value for key, value in ours.attributes.items() if value is not None}},
        _topics(into, other, said),
        _consents(into, other, said),
        {**theirs.still_suppressed(ours), **ours.suppressed},
        max(filter(None, (ours.paused_until, theirs.paused_until)), default=None),
    )


def _consents(into: Case, other: Case, said: Mapping[int, Sequence[Said]]) -> dict[str, bool]:
    def answer(case: Case, channel: str) -> bool | None:
        return case.contact.consents.get(channel)

    def times(case: Case, channel: str) -> list[Time]:
        return [(one.at, one.state == "yes") for one in said.get(case.key, ()) if one.channel == channel]

    channels = dict.fromkeys((*into.contact.consents, *other.contact.consents))
    found = {channel: _agreed(into, other, channel, answer, times) for channel in channels}
    return {channel: one for channel, one in found.items() if one is not None}


def _topics(into: Case, other: Case, said: Mapping[int, Sequence[Said]]) -> dict[str, Answer]:
    """Each topic that one of them spoke of, and the no to everything."""

    def answer(case: Case, topic: str) -> bool | None:
        return topic_answer(case.contact, topic)

    def times(case: Case, topic: str) -> list[Time]:
        on_record = (
            one for one in said.get(case.key, ()) if one.topic in (topic, "*") and one.state != "asked"
        )
        return [*((one.at, one.state == "yes") for one in on_record), *_told(case, topic)]

    ours, theirs = into.contact.topics, other.contact.topics
    named = [topic for topic in dict.fromkeys((*ours, *theirs)) if topic != "*"]
    found = {topic: _agreed(into, other, topic, answer, times) for topic in named}
    everything = [one["*"] for one in (ours, theirs) if "*" in one]
    answers: dict[str, Answer] = {topic: ASKED if one is None else one for topic, one in found.items()}
    return {**answers, **({"*": all(everything)} if everything else {})}


def _told(case: Case, topic: str) -> list[Time]:
    events = ((one, name == SUBSCRIBED) for name in ANSWERS for one in case.history.get(name, ()))
    return [(one.at, is_yes) for one, is_yes in events if one.properties.get("topic") == topic]


def _agreed(
    into: Case,
    other: Case,
    what: str,
    answer: Callable[[Case, str], bool | None],
    times: Callable[[Case, str], list[Time]],
) -> bool | None:
    """What both say; where they differ, a yes only if it is known to have been said after the no."""
    ours, theirs = answer(into, what), answer(other, what)
    if ours is None or theirs is None or ours == theirs:
        return theirs if ours is None else ours
    yes, no = (into, other) if ours else (other, into)
    said_yes, said_no = _last(times(yes, what), is_yes=True), _last(times(no, what), is_yes=False)
    return said_yes is not None and said_no is not None and said_yes > said_no


def _last(times: list[Time], *, is_yes: bool) -> datetime | None:
    """When the answer that holds was given, if the last that is known is that one."""
    last = max(times, default=None)
    return last[0] if last is not None and last[1] is is_yes else None


# --- where it stands -------------------------------------------------------------------------------


def part_with_doubles(into: Case, other: Case, world: World, at: datetime) -> dict[int, int]:
    """Of two running in one journey under one key the older stays, unless the journey lets people in twice.

    The serials by which enrollments that go on beside each other are told apart from now on, by id.
    """
    serials: dict[int, int] = {}
    for mine in into.running():
        for theirs in other.running():
            if _mark(mine) != _mark(theirs) or mine.left_at is not None or theirs.left_at is not None:
                continue
            if not _lets_in_twice(world, theirs):
                _part(into, other, mine, theirs, world, at)
    for theirs in other.running():
        taken = [mine.serial for mine in into.running() if _mark(mine) == _mark(theirs)]
        beside = [one.serial for one in other.running() if _mark(one) == _mark(theirs)]
        if theirs.serial in taken and theirs.id is not None:
            serials[theirs.id] = max([*taken, *beside, *serials.values()]) + 1
    return serials


def _mark(enrollment: Enrollment) -> tuple[str, str]:
    return enrollment.journey, enrollment.entry_key


def _lets_in_twice(world: World, enrollment: Enrollment) -> bool:
    journey = world.journeys.get(enrollment.journey) or find_journey(world, enrollment)
    return journey is not None and journey.re_entry.if_running == "parallel"


def _part(into: Case, other: Case, mine: Enrollment, theirs: Enrollment, world: World, at: datetime) -> None:
    older_is_ours = mine.entered_at <= theirs.entered_at
    case, leaving = (other, theirs) if older_is_ours else (into, mine)
    stays, whose = (mine, into) if older_is_ours else (theirs, other)
    detail = f"`{whose.contact.id}` was in it already, since {write_instant(stays.entered_at)}"
    put_out(case, world, leaving, Leave("merged", detail=detail), at)


# --- what follows ----------------------------------------------------------------------------------


def settle(
    case: Case, world: World, when: Instant, did: Mapping[str, Iterable[Event]], was: Collection[int]
) -> None:
    """The merged contact as it is now: where it belongs, who is out, and what those who wait make of it.

    `did` is what each of the two did before by itself, as far as somebody asks: by the other's enrollments
    it is heard only now. `was` are the ids of the enrollments that were `into`'s. Nobody enters: segments and
    stage are looked at first, silently, so that nothing is crossed.
    """
    look_at_stage(case, world, when.at, silently=True)
    for segment in world.segments.values():
        look_at_segment(case, world, segment, when.at)
    unite_moments(case, world, when.at)
    for enrollment in case.running():
        whose = "other" if enrollment.id in was else "into"
        _hear(case, world, enrollment, did[whose], when)
        _forget_goal(case, world, enrollment, when)
    contact_changed(case, world, when)


def _hear(case: Case, world: World, enrollment: Enrollment, events: Iterable[Event], when: Instant) -> None:
    """Whoever ordered under one name is not reminded under the other. It converts nothing a second time."""
    since = (event for event in events if event.received_at >= enrollment.entered_at)
    for event in sorted(since, key=lambda one: one.received_at):
        rule = would_end(case, world, enrollment, event, when.at)
        if rule is not None:
            words = f"{rule}, {event.name} of {write_instant(event.at)} under another id"
            put_out(case, world, enrollment, Leave("exit", detail=words), when.at)
            return


def _forget_goal(case: Case, world: World, enrollment: Enrollment, when: Instant) -> None:
    """A goal `when` must become true after the entry: what the other had reached before is no conversion."""
    journey = journey_of(world, enrollment)
    if enrollment.left_at is not None or journey.goal is None or journey.goal.when is None:
        return
    holds = journey.goal.when.holds(look(case, world, journey, enrollment, when.at))
    enrollment.steps[""] = {**enrollment.steps.get("", {}), "goal": holds}
    enrollment.is_moved = True


# --- what it is not sent ---------------------------------------------------------------------------


def sent_twice(
    messages: Sequence[Message], began: Mapping[int, datetime], world: World
) -> Iterator[tuple[Message, Message]]:
    """Messages of both that are still to go although the same one went, or goes, to the other; with that one.

    The same is what stands at the same step of the same journey and key, and was released to the other since
    this one's enrollment began (`began`, by its id); of two that are both to go the first one goes.
    """
    dropped: set[int | None] = set()
    for message in sorted(messages, key=lambda one: (one.at, one.id), reverse=True):
        if message.state not in TO_GO or message.is_to_staff or _is_parallel(world, message):
            continue
        twin = next(
            (one for one in messages if one.id not in dropped and _is_twin(message, one, began)), None
        )
        if twin is not None:
            dropped.add(message.id)
            yield message, twin


def _is_parallel(world: World, message: Message) -> bool:
    journey = world.journeys.get(message.journey)
    return journey is not None and journey.re_entry.if_running == "parallel"


def _is_twin(message: Message, other: Message, began: Mapping[int, datetime]) -> bool:
    if other.contact_id == message.contact_id or _what(other) != _what(message):
        return False
    if other.state in TO_GO:
        return True
    return other.state in GONE_OUT and other.at >= began[message.enrollment_id or 0]


def _what(message: Message) -> tuple[Any, ...]:
    return (message.journey, message.entry_key, message.step, message.iteration, message.channel)
