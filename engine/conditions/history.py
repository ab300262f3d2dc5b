"""How `did` looks into the history: which events count, how many there are, what they add up to.

Events count by `at`, in (now − d, now]; what lies ahead of now does not count yet. `since: journey_start`
counts what was received after the enrollment began and did not happen before its trigger: neither the
triggering event itself nor an old one that was imported late.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from engine.conditions.contract import Build, Compiled, NextChange
from engine.conditions.references import walk
from engine.conditions.windows import earliest_after, leavings, start_of
from engine.model.duration import Duration
from engine.model.event import Event
from engine.model.predicate import Did
from engine.model.view import View

Events = Sequence[Event]
Select = Callable[[View], Events]

NUMBER_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}

_AT = operator.attrgetter("at")
#: More than the edge of a window of months ever goes back while time goes on.
_BACKWARDS = timedelta(days=4)


def compile_did(did: Did, build: Build) -> Compiled:
    """The closures of a `did`; `events` holds its event and those of its `where`."""
    where = build(did.where) if did.where is not None else None
    select = _selecting(did, where)
    events = frozenset({did.event}) | (where.events if where is not None else frozenset())
    journeys = where.journeys if where is not None else frozenset[str]()
    return Compiled(_verdict(did, select), _next_change(did, where), events, journeys)


# --- which events count --------------------------------------------------------------------------


def _selecting(did: Did, where: Compiled | None) -> Select:
    select = _in_window(did.event, did.within)
    if did.since_start:
        select = _since_start(select)
    return select if where is None else _filtered(select, where.holds)


def _in_window(name: str, within: Duration | None) -> Select:
    def select(view: View) -> Events:
        events = view.history.get(name)
        if not events:
            return ()
        first = bisect_right(events, start_of(view.now, within), key=_AT) if within is not None else 0
        return events[first : bisect_right(events, view.now, key=_AT)]

    return select


def _since_start(select: Select) -> Select:
    def since(view: View) -> Events:
        return [event for event in select(view) if _is_after_start(event, view)]

    return since


def _is_after_start(event: Event, view: View) -> bool:
    """Received later than the entry; or at the same instant, but done or taken later than the trigger."""
    if view.entered_at is None or event.received_at < view.entered_at:
        return False
    if view.took_at_once(event):
        return True
    if view.triggered_at is None:
        return event.received_at > view.entered_at
    is_later = event.received_at > view.entered_at
    return event.at > view.triggered_at or (event.at == view.triggered_at and is_later)


def _filtered(select: Select, holds: Callable[[View], bool]) -> Select:
    def filtered(view: View) -> Events:
        return [event for event, inner in _looking_at(view, select(view)) if holds(inner)]

    return filtered


def _looking_at(view: View, events: Iterable[Event]) -> Iterator[tuple[Event, View]]:
    """Each event with a view in which it is the one under test; one view, changed from event to event."""
    inner: View | None = None
    for event in events:
        inner = inner or copy(view)
        inner.event = event
        yield event, inner


# --- how many, how much --------------------------------------------------------------------------


def _verdict(did: Did, select: Select) -> Callable[[View], bool]:
    if not did.count and not did.sums:
        return lambda view: bool(select(view))
    counts = [(NUMBER_OPERATORS[word], number) for word, number in did.count] or [(operator.ge, 1)]
    sums = [(ref.path[1:], NUMBER_OPERATORS[word], _exact(number)) for ref, word, number in did.sums]

    def holds(view: View) -> bool:
        events = select(view)
        return all(compare(len(events), number) for compare, number in counts) and all(
            compare(_sum_of(events, path), number) for path, compare, number in sums
        )

    return holds


def _sum_of(events: Events, path: tuple[str, ...]) -> Decimal:
    """Exact in decimals, so that three times 33.40, 33.30, 33.30 make 100; what is no number counts as 0."""
    return sum((_exact(walk(event.properties, path)) for event in events), Decimal(0))


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Decimal(0)
    if isinstance(value, float):
        return Decimal(repr(value)) if isfinite(value) else Decimal(0)
    return Decimal(value)


# --- when it may change ----------------------------------------------------------------------------


def _next_change(did: Did, where: Compiled | None) -> NextChange:
    """An event ahead will count once its time has come, and one in the window will fall out of it."""
    inner_change = where.next_change if where is not None else None
    may_matter = where.holds if where is not None and inner_change is None else None

    def changes(view: View) -> Iterator[datetime | None]:
        for event, inner in _looking_at(view, _reachable(did, view)):
            if may_matter is not None and not may_matter(inner):
                continue
            yield event.at
            if did.within is not None:
                yield from leavings(event.at, did.within)
            if inner_change is not None:
                yield inner_change(inner)

    def next_change(view: View) -> datetime | None:
        return earliest_after(view.now, changes(view))

    return next_change


def _reachable(did: Did, view: View) -> Events:
    """The events that time may still bring in or out."""
    events = view.history.get(did.event) or ()
    if did.within is None:
        return events
    return events[bisect_right(events, _safely_before(start_of(view.now, did.within)), key=_AT) :]


def _safely_before(instant: datetime) -> datetime:
    try:
        return instant - _BACKWARDS
    except OverflowError:
        return instant
