"""Which version an enrollment runs on: the current one, unless its own is still needed."""

from __future__ import annotations

from engine.core.case import World
from engine.model.journey import Journey
from engine.model.position import Enrollment


def find_journey(world: World, enrollment: Enrollment) -> Journey | None:
    """As `journey_of`; None for one that is neither current nor kept."""
    current = world.journeys.get(enrollment.journey)
    if current is None or (world.older and enrollment.version != current.version):
        return world.older.get(enrollment.version, current)
    return current


def journey_of(world: World, enrollment: Enrollment) -> Journey:
    """The version that the enrollment is on, as long as people are kept on that one: because of
    `in_flight: pin`, because they finish there, or until an apply has carried them over."""
    current = world.journeys.get(enrollment.journey)
    if current is None or (world.older and enrollment.version != current.version):
        return (
            world.older[enrollment.version]
            if current is None
            else world.older.get(enrollment.version, current)
        )
    return current
