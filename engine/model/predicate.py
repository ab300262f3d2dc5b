"""A condition as data: one tree that closures (conditions) and SQL (store) are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from engine.model.duration import Duration
from engine.model.view import View


@dataclass(frozen=True, slots=True)
class Reference:
    """A path such as contact.orders: ("contact", "orders"). Roots: contact, event, trigger, step, item."""

    path: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Compare:
    """`subject operator operand`; that is a literal, a tuple (in, between, …), a Duration or a Reference."""

    subject: Reference
    operator: str
    operand: Any


@dataclass(frozen=True, slots=True)
class Did:
    """History: the contact did `event`, as often and as much as asked, within a window ending now."""

    event: str
    where: Predicate | None = None
    within: Duration | None = None
    since_start: bool = False  # since: journey_start
    count: tuple[tuple[str, float], ...] = ()  # e.g. (("gte", 2),); empty: at least once
    sums: tuple[tuple[Reference, str, float], ...] = ()  # e.g. ((event.total, "gt", 500),)


@dataclass(frozen=True, slots=True)
class Items:
    """A list of items: some, every or none of them is as `where` says. What is no list never is."""

    word: Literal["some", "every", "none_of"]
    list: Reference
    where: Predicate


@dataclass(frozen=True, slots=True)
class InSegment:
    """The contact is as the segment says; `part` is the segment's own condition."""

    segment: str
    part: Predicate


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Marketing of this topic may be sent to the contact, as far as topics go."""

    topic: str


@dataclass(frozen=True, slots=True)
class Consented:
    """The contact agrees to this channel."""

    channel: str


@dataclass(frozen=True, slots=True)
class InJourney:
    """The contact is in this journey now."""

    journey: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The contact has left this journey, within a window that ends now or since its own journey began."""

    journey: str
    within: Duration | None = None
    since_start: bool = False


#: The event that tells of a message, by the word that asks for it.
MESSAGE_EVENTS = {"opened": "Message Opened", "clicked": "Message Clicked", "bounced": "Message Bounced"}


@dataclass(frozen=True, slots=True)
class Messaged:
    """A message was released to the contact, or opened, clicked, or came back, within a window ending now.

    `step` None: any message. `journey` None beside a step: the journey that the contact is looked at in.
    """

    word: str  # received, or one of MESSAGE_EVENTS
    journey: str | None
    step: str | None
    topic: str | None = None
    within: Duration | None = None


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; an empty one holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; an empty one does not."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Plain negation of a two-valued part."""

    part: Predicate


Predicate = (
    Compare
    | Did
    | Items
    | InSegment
    | Subscribed
    | Consented
    | InJourney
    | Finished
    | Messaged
    | All
    | AnyOf
    | Not
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate with its closures.

    `next_change(view)` is the first instant after `view.now` at which the answer may differ although
    nothing is said about the contact, or None. `events` are the names whose history it reads,
    `journeys` those whose entering and leaving it reads. `text` is one line for people.
    """

    predicate: Predicate
    holds: Callable[[View], bool]
    next_change: Callable[[View], datetime | None]
    events: frozenset[str]
    text: str
    journeys: frozenset[str] = frozenset()
