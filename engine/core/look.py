"""Making views: a contact in an enrollment at an instant, with its zones resolved."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.calendar.zones import zone_of
from engine.core.case import Case, TraceEntry, World
from engine.core.changes import as_drafted
from engine.core.standing import is_performed
from engine.model.contact import Contact
from engine.model.journey import Journey
from engine.model.position import Enrollment
from engine.model.trace import TraceLine
from engine.model.view import View


def contact_zone(contact: Contact, world: World) -> ZoneInfo:
    """Contact's timezone, then the catalog's default, then UTC (language.md §5)."""
    return _first_zone(contact.timezone, world.policy.default_zone)


@lru_cache(maxsize=1024)  # bounded: contacts can bring any text
def _first_zone(*names: str | None) -> ZoneInfo:
    return zone_of(*names)[0]


def view_of(case: Case, world: World, journey: Journey, now: datetime) -> View:
    """The contact in a journey that it may or may not be in."""
    own = contact_zone(case.contact, world)
    zone = (
        own
        if journey.zone is None
        else _first_zone(journey.zone, case.contact.timezone, world.policy.default_zone)
    )
    return View(
        case.contact,
        now,
        zone,
        case.history,
        journey.id,
        contact_zone=own,
        topics=world.policy.topics,
        elsewhere=case,
        stock=case.stock,
        trials=case.trials,
        product_id=journey.product_id,
    )


def look(case: Case, world: World, journey: Journey, enrollment: Enrollment, now: datetime) -> View:
    """The contact in its enrollment, standing where it stands. Made once for every advance, so in one go."""
    contact, default = case.contact, world.policy.default_zone
    if enrollment.drafted:
        contact = seen_by(contact, journey, enrollment)
    own = _first_zone(contact.timezone, default)
    return View(
        contact,
        now,
        own if journey.zone is None else _first_zone(journey.zone, contact.timezone, default),
        case.history,
        journey.id,
        enrollment.step or "",
        enrollment.entry_key,
        enrollment.iteration,
        enrollment.trigger,
        enrollment.steps,
        enrollment.entered_at,
        enrollment.triggered_at,
        enrollment.arrived_at,
        contact_zone=own,
        topics=world.policy.topics,
        elsewhere=case,
        stock=case.stock,
        trials=case.trials,
        product_id=journey.product_id,
    )


def seen_by(contact: Contact, journey: Journey, enrollment: Enrollment) -> Contact:
    """In shadow an enrollment alone sees what it would have changed."""
    if not enrollment.drafted or is_performed(journey):
        return contact
    return as_drafted(contact, enrollment)


def look_again_at(view: View, case: Case, world: World, journey: Journey, enrollment: Enrollment) -> None:
    """The contact was changed by a step: later steps see it, and its zone, as they are now."""
    fresh = look(case, world, journey, enrollment, view.now)
    view.contact, view.zone, view.contact_zone = fresh.contact, fresh.zone, fresh.contact_zone


def warn_of_zone(case: Case, journey: Journey, enrollment: Enrollment, at: datetime) -> None:
    """Record that the contact's zone is unknown and falls through."""
    name = case.contact.timezone
    if name and zone_of(name)[1] is not None:
        line = TraceLine(at, "", "warned", f"unknown time zone {name!r} of the contact")
        case.traces.append(TraceEntry(journey.id, enrollment, line))
