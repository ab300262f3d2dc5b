"""What the checks of one journey share: the file, what may be named in it, and the faults found so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.conditions.names import JOURNEY_ROOTS, PRODUCT_ROOTS, Names
from engine.conditions.vocabulary import Remembered
from engine.language.catalog import Catalog
from engine.language.document import Document
from engine.language.lost_keys import follows_from_lost_key
from engine.model.fault import Fault, Mistake
from engine.model.message import MessageSource
from engine.triggers.table import all_brought


@dataclass(slots=True)
class Reading:
    """The work on one file. `unread_messages` are those beside it with faults of their own."""

    document: Document
    id: str  # of folder or file
    catalog: Catalog
    segments: Mapping[str, Any] | None  # plain definitions, None for one that cannot be read
    messages: Mapping[str, MessageSource]
    unread_messages: frozenset[str] = frozenset()
    journeys: frozenset[str] | None = None
    stages: frozenset[str] | None = None  # None: lifecycle.yaml cannot be read
    lifecycle: Mapping[str, Any] = field(default_factory=dict)  # plain; empty without a file, or with faults
    steps: Mapping[str, Remembered] | None = None  # what each remembers; None: they are no list
    faults: list[Fault] = field(default_factory=list)

    def report(self, mistake: Mistake) -> None:
        """Keep a mistake, with its place in the file; not what follows from a key that was lost there."""
        if not follows_from_lost_key(mistake, self.document):
            self.faults.append(self.document.fault(mistake))

    def names(self, data: Mapping[str, Any]) -> Names:
        """What conditions may name."""
        triggers = data.get("trigger")
        return Names(
            roots=PRODUCT_ROOTS if data.get("product") else JOURNEY_ROOTS,
            attributes=self.catalog.attributes,
            events=self.catalog.events,
            triggers=all_brought(triggers if isinstance(triggers, list) else [triggers]),
            steps=self.steps,
            segments=self.segments,
            topics=None if self.catalog.topics is None else frozenset(self.catalog.topics),
            journeys=self.journeys,
            products=self.catalog.products,
            stages=self.stages,
            tracking=_tracking(data.get("tracking")),
        )

    def names_of_entry(self, data: Mapping[str, Any]) -> Names:
        """As `names`, before there are any steps behind the contact."""
        names = self.names(data)
        return replace(names, roots=names.roots - {"step"})


def _tracking(written: Any) -> frozenset[str]:
    return frozenset(map(str, written)) if isinstance(written, list) else frozenset()
