"""The parts that a journey is bound from, and what all of them together read and listen to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.model.journey import ExitRule, Goal, Step, Trigger
from engine.model.predicate import Condition


@dataclass(frozen=True, slots=True)
class Parts:
    """Whatever can hold a condition or name an event."""

    steps: Mapping[str, Step]
    triggers: tuple[Trigger, ...]
    enter_when: Condition | None
    exits: tuple[ExitRule, ...]
    goal: Goal | None

    def conditions(self) -> Iterator[Condition]:
        """All of them but those of triggers, which tell themselves what they read."""
        asked = [self.enter_when]
        for rule in self.exits:
            asked += [rule.where, rule.when]
        if self.goal is not None:
            asked += [self.goal.where, self.goal.when]
        for step in self.steps.values():
            asked += [step.when, step.wakes_if]
        return (condition for condition in asked if condition is not None)

    def events(self) -> frozenset[str]:
        """The history that something reads."""
        return frozenset().union(
            *(condition.events for condition in self.conditions()),
            *(trigger.events for trigger in self.triggers),
            *(step.events for step in self.steps.values()),
        )

    def journeys(self) -> frozenset[str]:
        """The other journeys that something asks about."""
        return frozenset().union(
            *(condition.journeys for condition in self.conditions()),
            *(trigger.journeys for trigger in self.triggers),
            *(step.journeys for step in self.steps.values()),
        )

    def heard(self) -> frozenset[str]:
        """The events that move somebody when they come."""
        listening = (
            *(trigger.event for trigger in self.triggers),
            *(rule.event for rule in self.exits),
            self.goal.event if self.goal is not None else None,
            *(step.wakes_on for step in self.steps.values()),
        )
        return frozenset(name for name in listening if name is not None)
