"""A trial: some people are sent several ways, the rest wait until one of the ways has won.

The store knows how a trial stands, because what counts is over all contacts; in a simulation nobody else is
there, and the first way is taken for the winner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from engine.model.duration import Duration

Metric = Literal["opened", "clicked", "converted"]

#: A trial is the same for all contacts, so its `after` is counted in nobody's own zone.
ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class TrialRule:
    """What a step says of its trial. `mark` is of ways, metric and salt: with others it is a new trial."""

    journey: str
    step: str
    names: tuple[str, ...]  # the ways, in order of the file
    metric: Metric
    after: Duration  # from the first contact that came to the step
    mark: str
    sends: int | None = None  # or so many messages released to those who are tested
    confidence: float | None = None


class Tally(NamedTuple):
    """A way's figures: of how many people, how many did what the metric counts."""

    name: str
    people: int
    hits: int


class Decision(NamedTuple):
    """Who won. `is_certain` is None where no confidence was asked for."""

    winner: str
    is_certain: bool | None


class Standing(NamedTuple):
    """How a trial stands: until when it lasts at most, and who won, with the reason in words."""

    until: datetime
    winner: str | None = None
    why: str = ""


class Trials(Protocol):
    """All trials at one moment."""

    def standing(self, rule: TrialRule, firing: str, until: datetime, at: datetime) -> Standing:
        """How the trial of a firing ("" for all) stands at an instant; the first who asks begins it.

        `until`: when it ends if it begins with who asks. From its end on there is always a winner.
        """
        ...


class Alone:
    """One contact, of whom alone is known: the first way is taken for the winner."""

    __slots__ = ()

    def standing(self, rule: TrialRule, firing: str, until: datetime, at: datetime) -> Standing:
        """It begins when the contact comes."""
        del firing
        if at < until:
            return Standing(until)
        return Standing(until, rule.names[0], "nobody else is tested in a simulation, so the first way")


ALONE = Alone()
