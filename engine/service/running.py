"""What runs: the applied versions out of the store, bound and ready, loaded again when an apply changes them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.core.case import World
from engine.errors import RefusedError
from engine.language.catalog import Catalog, catalog_of
from engine.model.policy import Policy
from engine.service.letters import Letters, unsubscribe_link_of
from engine.service.simulate import world_of
from engine.service.versions import Version, bind_version
from engine.store.database import Store

log = logging.getLogger(__name__)

CATALOG, SEGMENTS = "catalog", "segments"


@dataclass(slots=True)
class Running:
    """A snapshot of what was applied. `serial` tells whether it is still the newest."""

    serial: int
    world: World
    letters: Letters
    catalog: Catalog
    current: dict[str, Version]
    _load: Callable[[str, str], Version | None] = field(repr=False)
    _others: dict[tuple[str, str], Version | None] = field(default_factory=dict)

    @property
    def events(self) -> frozenset[str]:
        """All history that some condition reads."""
        journeys = [journey.events for journey in self.world.journeys.values()]
        segments = [segment.condition.events for segment in self.world.segments.values()]
        return frozenset().union(*journeys, *segments)

    @property
    def needs_everything(self) -> bool:
        """Whether advancing one journey may concern another: attributes change, or segments are followed."""
        return bool(self.world.segments) or any(j.changes_contact for j in self.world.journeys.values())

    def version(self, journey: str, hash: str) -> Version | None:
        """The version a message was released under, current or not."""
        current = self.current.get(journey)
        if current is not None and current.journey.version == hash:
            return current
        if (journey, hash) not in self._others:
            self._others[journey, hash] = self._load(journey, hash)
        return self._others[journey, hash]


def load_running(store: Store, limits: Policy, unsubscribe: str | None, bound: Running | None = None) -> Running:
    """What was applied last. Versions that `bound` has already are taken over as they are."""
    serial = store.serial()
    catalog = catalog_of(store.setting(CATALOG) or {})
    segments = store.setting(SEGMENTS) or {}
    current: dict[str, Version] = {}
    for record in store.journeys():
        if record.version is None:
            continue
        known = bound.current.get(record.id) if bound is not None else None
        if known is not None and known.journey.version == record.version and known.journey.status == record.status:
            current[record.id] = known
            continue
        version = _bind(store, record.id, record.version, record.status)
        if version is not None:
            current[record.id] = version
    return Running(
        serial,
        world_of(current.values(), catalog, segments, limits),
        Letters(catalog, unsubscribe or unsubscribe_link_of(catalog)),
        catalog,
        current,
        lambda journey, hash: _bind(store, journey, hash, "live"),
    )


def _bind(store: Store, journey: str, hash: str, status: str) -> Version | None:
    """A version that cannot be bound is left out and said aloud; the others run."""
    compiled = store.version(hash, journey)
    if compiled is None:
        return None
    try:
        return bind_version(compiled, hash, status)  # type: ignore[arg-type]  # as it was applied
    except RefusedError as error:
        log.error("journey %s version %s does not run: %s", journey, hash[:8], error.message)
        return None
