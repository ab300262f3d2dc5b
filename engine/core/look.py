"""Making views: a contact in an enrollment at an instant, with its zones resolved."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.calendar.zones import zone_of
from engine.core.case import Case, TraceEntry, World
from engine.model.contact import Contact
from engine.model.journey import Journey
from engine.model.position import Enrollment
from engine.model.trace import TraceLine
from engine.model.view import View


def contact_zone(contact: Contact, world: World) -> ZoneInfo:
    """Contact's timezone, then the catalog's default, then UTC (language.md §5)."""
    return zone_of(contact.timezone, world.policy.default_zone)[0]


def view_of(case: Case, world: World, journey: Journey, now: datetime) -> View:
    """The contact in a journey that it may or may not be in."""
    own = contact_zone(case.contact, world)
    zone = own if journey.zone is None else zone_of(journey.zone, case.contact.timezone, world.policy.default_zone)[0]
    return View(case.contact, now, zone, case.history, journey.id, contact_zone=own)


def look(case: Case, world: World, journey: Journey, enrollment: Enrollment, now: datetime) -> View:
    """The contact in its enrollment, standing where it stands."""
    view = view_of(case, world, journey, now)
    view.entry_key = enrollment.entry_key
    view.iteration = enrollment.iteration
    view.trigger = enrollment.trigger
    view.steps = enrollment.steps
    view.entered_at = enrollment.entered_at
    view.triggered_at = enrollment.triggered_at
    view.arrived_at = enrollment.arrived_at
    view.step = enrollment.step or ""
    return view


def warn_of_zone(case: Case, journey: Journey, enrollment: Enrollment, at: datetime) -> None:
    """Record that the contact's zone is unknown and falls through."""
    name = case.contact.timezone
    if name and zone_of(name)[1] is not None:
        line = TraceLine(at, "", "warned", f"unknown time zone {name!r} of the contact")
        case.traces.append(TraceEntry(journey.id, enrollment, line))
