"""Simulate: what would happen to one contact in one journey, on a virtual clock, in memory.

The same core as the daemon; only uniqueness and claiming, which exist in the store, are missing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from msgspec import structs

from engine.core.advance import Instant
from engine.core.bind import bind_lifecycle, bind_segment
from engine.core.case import Case, World
from engine.core.live import (
    ask,
    contact_changed,
    fire_timers,
    is_asked_about,
    live,
    next_due,
    products_changed,
)
from engine.core.moments import keep_moments
from engine.core.topics import tell_topics
from engine.errors import RenderError
from engine.language.catalog import Catalog
from engine.model.consent import statements, to_be_confirmed
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.journey import Asked, Segment
from engine.model.message import Message
from engine.model.policy import Policy
from engine.model.stock import Product
from engine.service.letters import Letters
from engine.service.shelves import Shelves
from engine.service.versions import Version


@dataclass(frozen=True, slots=True)
class Change:
    """The contact's data changes at an instant: traits of an identify."""

    at: datetime
    traits: Contact


@dataclass(frozen=True, slots=True)
class Restock:
    """Rows of the product table change at an instant."""

    at: datetime
    products: tuple[Product, ...]


#: What happens in a simulated life.
Happening = Event | Change | Restock


@dataclass(frozen=True, slots=True)
class Simulation:
    """What happened: the case with everything that came of it, and when the time ended."""

    case: Case
    ended_at: datetime
    failures: Mapping[int, str] = field(
        default_factory=dict
    )  # index of a message → why it could not be rendered
    subjects: Mapping[int, str] = field(default_factory=dict)


def policy_of(catalog: Catalog, limits: Policy) -> Policy:
    """The limits of the config with the topics and zone of the catalog."""
    return replace(limits, topics=catalog.topics or {}, default_zone=catalog.timezone)


def followed_segments(versions: Iterable[Version], plain: Mapping[str, Any]) -> dict[str, Segment]:
    """The segments that some trigger follows, ready to be looked at."""
    names = {
        trigger.segment for version in versions for trigger in version.journey.triggers if trigger.segment
    }
    return {name: bind_segment(name, plain[name], plain) for name in sorted(names) if name in plain}


def world_of(
    versions: Iterable[Version],
    catalog: Catalog,
    segments: Mapping[str, Any],
    limits: Policy,
    lifecycle: Mapping[str, Any] | None = None,
) -> World:
    """The world in which these versions run; `segments` and `lifecycle` as the files define them."""
    versions = list(versions)
    return World(
        journeys={version.journey.id: version.journey for version in versions},
        policy=policy_of(catalog, limits),
        segments=followed_segments(versions, segments),
        lifecycle=bind_lifecycle(lifecycle or {}, segments),
        message_domain=Letters.domain_of(catalog),
    )


def simulate(
    world: World,
    version: Version,
    letters: Letters,
    contact: Contact,
    history: Iterable[Event],
    happenings: Iterable[Happening],
    start: datetime,
    until: datetime | None,
    shelves: Shelves | None = None,
) -> Simulation:
    """Live through the happenings from `start`, until nothing is due or `until` (inclusive).

    `shelves` are the shop's products at the start; they change with what happens.
    """
    shelves = shelves or Shelves()
    case = Case(contact, stock=shelves)
    for event in history:
        case.history.setdefault(event.name, []).append(event)
    begin(case, world, version, start)
    now = start
    for happening in happenings:
        at = happening.received_at if isinstance(happening, Event) else happening.at
        if until is not None and at > until:
            break
        now = max(now, at)
        match happening:
            case Event():
                live(case, world, [happening], None)
            case Change(traits=traits):
                change(case, world, traits, Instant(at, at), None)
            case Restock(products=products):
                fire_timers(case, world, at, None, is_inclusive=False)
                shelves.put(products)
                products_changed(case, world, Instant(at, at))
    ended = run_out(case, world, now, until)
    subjects, failures = render_all(case, letters, version)
    return Simulation(case, ended, failures, subjects)


def begin(case: Case, world: World, version: Version, start: datetime) -> None:
    """Moments and segments as a new contact finds them, and the entry into a journey that is only manual."""
    journey = version.journey
    case.has_own_schedules = True
    keep_moments(case, world, start)
    if all(trigger.kind == "manual" for trigger in journey.triggers):
        ask(case, world, journey, Asked({}), Instant(start, start))
    if world.segments or world.lifecycle is not None:
        contact_changed(case, world, Instant(start, start))


def run_out(
    case: Case, world: World, now: datetime, until: datetime | None, last: datetime | None = None
) -> datetime:
    """Let time pass until nothing is due or `until`; answers the last instant.

    Dates and schedules would go on for ever. Without `until` they make the contact enter until `last`, by
    default now; and once, if it has been in no journey yet.
    """
    last = until or max(now, last or now)
    if until is None and not case.enrollments:
        last = max(last, min((moment.at for moment in case.moments), default=last))
    while True:
        case.moments = {moment for moment in case.moments if moment.at <= last}
        due = next_due(case, world)
        if due is None or (until is not None and due > until):
            return now
        now = max(now, due)
        fire_timers(case, world, due, None)


def change(
    case: Case,
    world: World,
    traits: Contact,
    when: Instant,
    now: datetime | None,
    source: str = "identify",
) -> None:
    """The contact's data changes from outside, after the timers that were due before. `source` is for the
    record of what it says of topics and channels."""
    fire_timers(case, world, when.at, now, is_inclusive=False)
    before = case.contact
    traits = to_be_confirmed(traits, before, world.policy.topics)
    after = before.told(traits)
    if world.lifecycle is not None:  # then nobody else says what the stage is
        after = structs.replace(after, stage=before.stage)
    case.said += statements(before, after, traits, source, when.at)
    news = {channel for channel, why in after.suppressed.items() if before.suppressed.get(channel) != why}
    case.blocked.update(dict.fromkeys(news, source))
    if after != before:
        case.contact = after
        case.is_contact_changed = True
    tell_topics(case, before, world, when.at, "identify", told=traits)
    if after == before and not case.unheard and is_asked_about(case, world):
        keep_moments(case, world, when.at, only_missing=True)
        return  # nothing new, and nothing that was never asked about this contact
    contact_changed(case, world, when)


def render_all(case: Case, letters: Letters, version: Version) -> tuple[dict[int, str], dict[int, str]]:
    """Subjects of the messages that would leave, and why others could not be rendered."""
    subjects: dict[int, str] = {}
    failures: dict[int, str] = {}
    for index, (_, message) in enumerate(case.messages):
        if message.state in ("ready", "draft") and message.journey == version.journey.id:
            _render(index, message, letters, version, subjects, failures)
    return subjects, failures


def _render(
    index: int,
    message: Message,
    letters: Letters,
    version: Version,
    subjects: dict[int, str],
    failures: dict[int, str],
) -> None:
    try:
        subjects[index] = letters.content(message, version).headline
    except RenderError as error:
        failures[index] = error.message
