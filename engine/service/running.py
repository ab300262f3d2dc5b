"""What runs: the applied versions out of the store, bound and ready, loaded again after an apply."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypedDict, TypeVar

from engine.conditions.in_segment import definitions_for
from engine.core.caps import reaches_back_to
from engine.core.case import World
from engine.core.stages import STAGE_LOOK
from engine.errors import RefusedError
from engine.language.catalog import Catalog, catalog_of
from engine.model.event import RELEASED, Event
from engine.model.journey import Held, Journey
from engine.model.policy import Policy
from engine.service.letters import Letters, unsubscribe_link_of
from engine.service.simulate import world_of
from engine.service.versions import Version, bind_version
from engine.store.database import Store
from engine.store.faults import StaleError
from engine.store.pages import Page
from engine.store.versions import JourneyRecord

log = logging.getLogger(__name__)

#: Settings in the store. FOLLOWED holds the definitions by which the members and the stages in the store were
#: worked out.
CATALOG, SEGMENTS, LIFECYCLE, FOLLOWED = "catalog", "segments", "lifecycle", "followed"

#: The setting that names the older versions that people are on, by journey.
KEPT = "kept"

#: Before any message: what `received` without a window reaches back to.
EVER = datetime(1970, 1, 1, tzinfo=UTC)

#: So often a page is begun again when an apply or another worker came between.
_TRIES = 4

T = TypeVar("T")


class OutdatedError(StaleError):
    """An apply came between: the page is begun again under what runs now."""


class Reach(TypedDict):
    """What a page loads besides the contacts themselves, only as far as something that runs asks for it."""

    events: frozenset[str]  # history by these names
    sent_since: datetime | None  # messages released since then; None: none
    clocks: bool  # moments of dates and schedules
    kept_entries: bool  # entries that are put off


@dataclass(slots=True)
class Running:
    """A snapshot of what was applied. `serial` tells whether it is still the newest.

    `older` are versions that people are still on, by hash. `unreadable` are journeys that were applied and
    cannot be bound by this release, and the hashes of such older versions; people inside stay put.
    """

    serial: int
    world: World
    letters: Letters
    catalog: Catalog
    current: dict[str, Version]
    older: dict[str, Version]
    unreadable: frozenset[str]
    unsettled: frozenset[str]  # journeys whose last change of status is not worked out for all people yet
    _load: Callable[[str, str], Version | None] = field(repr=False)
    _renew: Callable[[Running], Running] = field(repr=False)
    _others: dict[tuple[str, str], Version | None] = field(default_factory=dict)

    @property
    def events(self) -> frozenset[str]:
        """All history that some condition reads."""
        world = self.world
        journeys = [journey.events for journey in (*world.journeys.values(), *world.older.values())]
        segments = [segment.condition.events for segment in world.segments.values()]
        stages = () if world.lifecycle is None else world.lifecycle.events
        return frozenset().union(*journeys, *segments, stages)

    @property
    def keeps_entries(self) -> bool:
        """Whether there may be entries that are put off, so that they are to be loaded."""
        return self.world.keeps_entries or bool(self.unsettled)

    def reach(self, now: datetime) -> Reach:
        """How much of a contact's past is asked about: `page.load(keys, now=now, **running.reach(now))`."""
        return {
            "events": self.events - {RELEASED},
            "sent_since": EVER if RELEASED in self.events else reaches_back_to(self.world.policy, now),
            "clocks": self.has_clocks,
            "kept_entries": self.keeps_entries,
        }

    def later(self, events: Iterable[Event]) -> tuple[Collection[str], datetime] | None:
        """What may have ended already what one of these events lets in, because it came out of order: names
        that nobody's conditions ask for, and since when. None: nothing is to be loaded for it."""
        names, late_after = self.world.ends - self.events, self.world.policy.late_after
        begins = [event for event in events if event.name in self.world.begins] if names else []
        ats = [event.at for event in begins if event.received_at - event.at <= late_after]
        return (names, min(ats)) if ats else None

    @property
    def has_clocks(self) -> bool:
        """Whether moments are looked at; those of a journey that this release cannot read are put off."""
        return bool(self.world.clocks or self.unreadable)

    @property
    def channels(self) -> frozenset[str]:
        """The channels that what runs sends over, older versions in use among it."""
        versions = [*self.current.values(), *(version for version in [*self._others.values()] if version)]
        return frozenset().union(*(version.channels for version in versions))

    def version(self, journey: str, hash: str) -> Version | None:
        """The version a message was released under, current or not."""
        current = self.current.get(journey)
        if current is not None and current.journey.version == hash:
            return current
        if hash in self.older:
            return self.older[hash]
        if (journey, hash) not in self._others:
            self._others[journey, hash] = self._load(journey, hash)
        return self._others[journey, hash]

    def require_newest(self, page: Page) -> None:
        """Asked first in a page: nobody is moved by a version that was replaced. Raises OutdatedError."""
        if page.serial() != self.serial:
            raise OutdatedError("Other versions were applied in the meantime.", "Load the page again.")

    def renewed(self) -> Running:
        """What was applied last, this one if nothing changed."""
        return self._renew(self)


def under_newest(running: Running, work: Callable[[Running], T]) -> T:
    """Do a page of work, and again where an apply or another worker came between."""
    for _ in range(_TRIES - 1):
        try:
            return work(running)
        except StaleError as error:
            log.debug("page begun again: %s", error.message)
            running = running.renewed()
    return work(running)


def load_running(
    store: Store, limits: Policy, unsubscribe: str | None, bound: Running | None = None
) -> Running:
    """What was applied last. Versions that `bound` has already are taken over as they are."""
    serial = store.serial()
    if bound is not None and bound.serial == serial:
        return bound
    catalog = catalog_of(store.setting(CATALOG) or {})
    segments = store.setting(SEGMENTS) or {}
    records = store.journeys()
    current, unreadable = _current(store, records, bound)
    older, unreadable_older = _older(store, records, bound)
    lifecycle = store.setting(LIFECYCLE) or {}
    world = world_of(current.values(), catalog, segments, limits, lifecycle)
    if older:
        world = replace(world, older={hash: version.journey for hash, version in older.items()})
    if world.lifecycle is not None and are_stages_silent(store, lifecycle, segments):
        world = replace(world, lifecycle=replace(world.lifecycle, is_silent=True))
    return Running(
        serial,
        _without_silent(world, silent_segments(store, world, segments)),
        Letters(catalog, unsubscribe or unsubscribe_link_of(catalog)),
        catalog,
        current,
        older,
        unreadable | unreadable_older,
        frozenset(record.id for record in records if record.is_unsettled),
        lambda journey, hash: _bind(store, journey, hash, "live", None),
        lambda bound: load_running(store, limits, unsubscribe, bound),
    )


def _current(
    store: Store, records: Iterable[JourneyRecord], bound: Running | None
) -> tuple[dict[str, Version], frozenset[str]]:
    """The current version of each journey, and the journeys whose current version cannot be bound."""
    current: dict[str, Version] = {}
    unreadable: set[str] = set()
    for record in records:
        if record.version is None:
            continue
        known = bound.current.get(record.id) if bound is not None else None
        if known is not None and _is_as_recorded(known.journey, record):
            current[record.id] = known
        elif (version := _bind(store, record.id, record.version, record.status, record.held)) is not None:
            current[record.id] = version
        else:
            unreadable.add(record.id)
    return current, frozenset(unreadable)


def _older(
    store: Store, records: Iterable[JourneyRecord], bound: Running | None
) -> tuple[dict[str, Version], frozenset[str]]:
    """The versions that people are on besides the current ones, by hash, and those that cannot be bound."""
    kept = store.setting(KEPT)
    if not kept:
        return {}, frozenset()
    by_id = {record.id: record for record in records}
    older: dict[str, Version] = {}
    unreadable: set[str] = set()
    for id, hash in ((id, hash) for id, versions in kept.items() for hash in versions):
        known = _known(bound, id, hash)
        status, held = by_id[id].status, by_id[id].held
        if known is not None and (known.journey.status, known.journey.held) == (status, held):
            older[hash] = known
        elif (version := _bind(store, id, hash, status, held)) is not None:
            older[hash] = version
        else:
            unreadable.add(hash)
    return older, frozenset(unreadable)


def _known(bound: Running | None, journey: str, hash: str) -> Version | None:
    """One that is bound already: it was current until this apply, or is kept for longer."""
    if bound is None:
        return None
    current = bound.current.get(journey)
    return current if current is not None and current.journey.version == hash else bound.older.get(hash)


def _is_as_recorded(known: Journey, record: JourneyRecord) -> bool:
    return (known.version, known.status, known.held) == (record.version, record.status, record.held)


def silent_segments(store: Store, world: World, segments: Mapping[str, Any]) -> frozenset[str]:
    """Followed segments whose members are not worked out yet by what they say now: an apply is at it."""
    followed = store.setting(FOLLOWED) or {}
    return frozenset(
        name
        for name in world.segments
        if name not in followed or followed[name] != meaning_of(name, segments)
    )


def are_stages_silent(store: Store, lifecycle: Mapping[str, Any], segments: Mapping[str, Any]) -> bool:
    """Whether somebody's stage is not worked out yet by what lifecycle.yaml says now: an apply is at it."""
    followed = store.setting(FOLLOWED) or {}
    return bool(followed.get(STAGE_LOOK) != meaning_of_stages(lifecycle, segments))


def meaning_of_stages(lifecycle: Mapping[str, Any], segments: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the stage: ids and conditions in their order, with the segments that these name."""
    stages = [{"id": stage["id"], "when": stage["when"]} for stage in lifecycle.get("stages", ())]
    return {"stages": stages, "segments": definitions_for(stages, segments)}


def meaning_of(name: str, segments: Mapping[str, Any]) -> Any:
    """A segment's definition, with those of the segments that it names if there are any."""
    plain = segments.get(name)
    named = definitions_for(plain, segments)
    return {**plain, "segments": named} if plain is not None and named else plain


def _without_silent(world: World, silent: Collection[str]) -> World:
    """An edited definition changes members silently: until all are worked out, nobody enters by it."""
    if not silent:
        return world
    journeys = {id: _without_triggers(journey, silent) for id, journey in world.journeys.items()}
    return replace(world, journeys=journeys)


def _without_triggers(journey: Journey, silent: Collection[str]) -> Journey:
    kept = tuple(trigger for trigger in journey.triggers if trigger.segment not in silent)
    return journey if len(kept) == len(journey.triggers) else replace(journey, triggers=kept)


def _bind(store: Store, journey: str, hash: str, status: str, held: Held | None) -> Version | None:
    """A version that cannot be bound is left out and said aloud; the others run."""
    compiled = store.version(hash, journey)
    if compiled is None:
        return None
    try:
        return bind_version(compiled, hash, status, held)  # type: ignore[arg-type]  # as it was applied
    except RefusedError as error:
        log.error("journey %s version %s does not run: %s", journey, hash[:8], error.message)
    except Exception as error:  # whatever it is, the other journeys run
        words = f"{type(error).__name__}: {error}"
        log.error("journey %s version %s does not run: %s", journey, hash[:8], words, exc_info=error)
    return None
