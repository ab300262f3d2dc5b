"""Concern: which events can make anything happen, and which only stand in history from now on.

Most of what a shop sends are looks at products that no journey asks about. For whom such an event means
nothing is found out without loading the contact, as long as every question below is answered with no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.core.case import World
from engine.core.stages import STAGE_LOOK
from engine.model.event import Event
from engine.model.journey import Journey


@dataclass(frozen=True, slots=True)
class Concern:
    """Whom any event concerns, by whatever name: the same for all contacts of a world.

    Who was never asked about all of `asked` (segments and the stage), or has no moment of each of `clocks`,
    is new. Inside one of `watchful`, every event makes a condition be asked again; so it does where entries
    are `kept`.
    """

    asked: frozenset[str]
    clocks: frozenset[str]
    watchful: frozenset[str]
    kept: bool


def concern_of(world: World, *, keeps_entries: bool) -> Concern:
    """`keeps_entries`: there may be entries that are put off."""
    asked = frozenset(world.segments) | ({STAGE_LOOK} if world.lifecycle is not None else frozenset())
    clocks = frozenset(id for id, (_, clock) in world.clocks.items() if clock.schedule is None)
    return Concern(asked, clocks, _watchful(world.journeys.values(), world.older.values()), keeps_entries)


def may_matter(world: World, event: Event) -> bool:
    """Whether it may mean something to a contact whom not just any event concerns."""
    return event.name in world.heard or event.at > event.received_at + world.policy.early


def _watchful(*journeys: Iterable[Journey]) -> frozenset[str]:
    """Those with a goal or an exit that is a condition."""
    return frozenset(journey.id for some in journeys for journey in some if _asks_always(journey))


def _asks_always(journey: Journey) -> bool:
    goal = journey.goal
    return (goal is not None and goal.when is not None) or any(
        rule.when is not None for rule in journey.exits
    )
