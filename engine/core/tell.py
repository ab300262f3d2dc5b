"""Telling: an event of the engine's own, in history at once and heard as soon as the step has blocked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from engine.core.case import Case, Unheard
from engine.model.event import Event
from engine.model.journey import Happened
from engine.model.position import Enrollment
from engine.model.view import AT_ONCE


def tell(
    case: Case,
    name: str,
    properties: Mapping[str, Any],
    at: datetime,
    *,
    source: str,
    enrollment: Enrollment | None = None,
) -> Event:
    """Put an event about the contact into history, to be stored with the case, and let journeys hear of it.

    `source` tells it from others of that name at that instant (a step with its iteration, for example): the
    same work done again tells the same event. `enrollment` is whose step told it, if one did.
    """
    whose = "" if enrollment is None else f"{enrollment.journey}/{enrollment.entry_key}/{enrollment.serial}"
    text = "\n".join((case.contact.id, name, at.isoformat(), whose, source))
    event = Event(f"own-{sha256(text.encode()).hexdigest()[:32]}", case.contact.id, name, at, at, properties)
    if remember(case, event):
        if enrollment is not None:
            note_if_at_once(enrollment, event)
        case.told.append(event)
        journey = "" if enrollment is None else enrollment.journey
        case.unheard.append(Unheard(Happened(event), journey, enrollment))
    return event


def note_if_at_once(enrollment: Enrollment, event: Event) -> None:
    """By its times, what comes in the very instant of the entry could have come before it: so it is kept in
    mind that it came after, for `since: journey_start`."""
    if event.received_at != enrollment.entered_at or event.at != enrollment.triggered_at:
        return
    memory = enrollment.steps.get("", {})
    known = memory.get(AT_ONCE, [])
    if event.message_id not in known:
        enrollment.steps[""] = {**memory, AT_ONCE: [*known, event.message_id]}
        enrollment.is_moved = True


def remember(case: Case, event: Event) -> bool:
    """Put the event into history, ordered by `at`; False for one that is there already: it stays once."""
    events = case.history.setdefault(event.name, [])
    if any(known.message_id == event.message_id for known in reversed(events)):
        return False
    index = len(events)
    while index and events[index - 1].at > event.at:
        index -= 1
    events.insert(index, event)
    return True
