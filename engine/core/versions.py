"""Which version an enrollment runs on: the current one, unless its own is still needed."""

from __future__ import annotations

from engine.core.case import World
from engine.model.journey import Journey
from engine.model.position import Enrollment


def find_journey(world: World, enrollment: Enrollment) -> Journey | None:
    """As `journey_of`; None for one that is neither current nor kept."""
    return world.journeys.get(enrollment.journey) or world.older.get(enrollment.version)


def journey_of(world: World, enrollment: Enrollment) -> Journey:
    """`in_flight: follow`: people are on the current version; without one, on the one they entered."""
    current = world.journeys.get(enrollment.journey)
    return current if current is not None else world.older[enrollment.version]
