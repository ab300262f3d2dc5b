"""The lifecycle: stages in the shop's order; a contact is in the first one whose condition holds."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.predicate import Condition

#: The event that the engine tells when a contact comes into another stage; properties `from` and `to`.
STAGE_CHANGED = "Stage Changed"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage with its rule."""

    id: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """All stages in order of the file. `is_silent`: it was edited, and not everybody's stage is worked out
    anew yet; until then no change of stage is told."""

    stages: tuple[Stage, ...]
    is_silent: bool = False

    @property
    def events(self) -> frozenset[str]:
        """History that the rules read."""
        return frozenset().union(*(stage.condition.events for stage in self.stages))

    @property
    def journeys(self) -> frozenset[str]:
        """Journeys whose entering and leaving the rules read."""
        return frozenset().union(*(stage.condition.journeys for stage in self.stages))
