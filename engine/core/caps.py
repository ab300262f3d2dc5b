"""Frequency caps: whether one more message would be too many, until when, and who of several comes first.

Messages of one contact in the same minute compete by journey priority, then due time (language.md §6). So a
message gives way to what outranks it and may still be sent in this minute: it is held until that timer is
due, fired after it, and finds the cap as that one left it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from engine.conditions.windows import leavings, start_of
from engine.core.case import Case, World
from engine.core.permit import Drop, Hold
from engine.core.versions import find_journey
from engine.model.journey import Journey
from engine.model.message import Sent
from engine.model.policy import Cap, Policy
from engine.model.position import Enrollment
from engine.model.result import SendMessage

_MINUTE = timedelta(minutes=1)
#: More than the edge of a window of months ever goes back while time goes on.
_BACKWARDS = timedelta(days=4)


def hold_by_caps(
    case: Case, world: World, journey: Journey, enrollment: Enrollment, send: SendMessage, now: datetime
) -> Hold | Drop | None:
    """What the caps say of a marketing message now; None: nothing."""
    if not world.policy.caps or send.transactional or send.is_to_staff:
        return None
    caps = [cap for cap in world.policy.caps if _counts(cap, send.channel, send.topic)]
    if not caps:
        return None
    return _giving_way(case, world, journey, now) or _capped(case, world, enrollment, caps, now)


def reaches_back_to(policy: Policy, now: datetime) -> datetime | None:
    """Messages released since then are all that caps may ask about at `now`; None without caps."""
    starts = [start_of(now, cap.per) for cap in policy.caps]
    try:
        return min(starts) - _BACKWARDS if starts else None
    except OverflowError:
        return min(starts)


def minute_end(now: datetime) -> datetime:
    """The first instant of the next minute."""
    return now.replace(second=0, microsecond=0) + _MINUTE


# --- who comes first -------------------------------------------------------------------------------


def _giving_way(case: Case, world: World, journey: Journey, now: datetime) -> Hold | None:
    """Held until what outranks it has had its turn.

    What an event, or a change of the contact, sets going is not over before everything that it leads to has
    happened: then the message waits for its turn among the timers of this very instant.
    """
    if journey.priority >= world.top_priority:
        return None
    if case.timer_at is None:
        return Hold(now, "outranked")
    rivals = list(_rivals(case, world, journey, case.timer_at, minute_end(now)))
    if not rivals:
        return None
    until, first = max(rivals)
    return Hold(max(until, now), "outranked", f"{first} comes first in this minute")


def _rivals(
    case: Case, world: World, journey: Journey, after: datetime, before: datetime
) -> Iterator[tuple[datetime, str]]:
    """What is due in between in journeys of higher priority that send anything at all."""
    for other in case.enrollments:
        if other.left_at is not None or other.due_at is None or not after < other.due_at < before:
            continue
        its = find_journey(world, other)
        if its is not None and its.priority > journey.priority and any(s.is_send for s in its.steps.values()):
            yield other.due_at, other.journey


# --- how many --------------------------------------------------------------------------------------


def _capped(
    case: Case, world: World, enrollment: Enrollment, caps: list[Cap], now: datetime
) -> Hold | Drop | None:
    """Held until the window frees; dropped when that is more than `retry_within` after it was first held."""
    first = next((cap for cap in caps if _is_full(cap, case.sent, now)), None)
    if first is None:
        return None
    free_at = _free_at(caps, case.sent, now)
    if enrollment.capped_at is None or enrollment.capped_at < (enrollment.arrived_at or now):
        enrollment.capped_at = now
        enrollment.is_moved = True
    if free_at is None or free_at > enrollment.capped_at + world.policy.retry_within:
        return Drop("capped", str(first))
    return Hold(free_at, "capped", str(first))


def _free_at(caps: list[Cap], sent: Iterable[Sent], now: datetime) -> datetime | None:
    """The first instant from now on at which no cap is full; None beyond the calendar."""
    at = now
    while (full := next((cap for cap in caps if _is_full(cap, sent, at)), None)) is not None:
        later = [left for one in sent for left in leavings(one.at, full.per) if left > at]
        if not later:
            return None
        at = min(later)
    return at


def _is_full(cap: Cap, sent: Iterable[Sent], now: datetime) -> bool:
    """Whether one more would be too many in (now − d, now].

    What counts already as later than now was released late, by a clock that had moved on: it counts too.
    """
    start = start_of(now, cap.per)
    counted = (one.at > start and one.is_marketing and _counts(cap, one.channel, one.topic) for one in sent)
    return sum(counted) >= cap.most


def _counts(cap: Cap, channel: str, topic: str | None) -> bool:
    """Whether a message of this channel and topic is under the cap."""
    return cap.channel in (None, channel) and cap.topic in (None, topic)
