"""What conditions and steps see: one contact in one journey at one instant. They only look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.message import Sent
from engine.model.policy import Topic
from engine.model.stock import NO_STOCK, Product, Stock
from engine.model.trial import ALONE, Trials

UTC = ZoneInfo("UTC")

#: Events by name, each list ordered by `at`.
History = Mapping[str, Sequence[Event]]

#: What an enrollment remembers under "": the events taken after it began, in the very instant of its entry.
AT_ONCE = "at_once"


class Ended(NamedTuple):
    """How a contact last left a journey: when, and the last time that it entered and left at one instant."""

    at: datetime
    in_no_time_at: datetime | None = None


class Elsewhere(Protocol):
    """What a condition may ask about the contact's way through journeys, its own included."""

    @property
    def sent(self) -> Sequence[Sent]:
        """The messages released to it."""
        ...

    def is_in(self, journey: str) -> bool:
        """Whether it is in the journey now."""
        ...

    def last_end(self, journey: str) -> Ended | None:
        """When it was through with the journey; None when it never was."""
        ...


class Nowhere:
    """A contact that is in no journey and never was."""

    __slots__ = ()
    sent: Sequence[Sent] = ()

    def is_in(self, journey: str) -> bool:
        """Never."""
        del journey
        return False

    def last_end(self, journey: str) -> Ended | None:
        """Never."""
        del journey
        return None


NOWHERE = Nowhere()


class View(Struct):
    """Filled by core; the same view serves all steps of one advance.

    `now` is the logical instant. `event` is the event under test in a `where`; `caught` the one that
    a wait_for woke up to. `item` is the item under test of a list. `steps` holds what steps remember, by
    step id. `topics` are those of the shop. `product_id` tells which product the journey is about; `product`
    is the one under test in a `recommend`.
    """

    contact: Contact
    now: datetime
    zone: ZoneInfo  # of the journey; a step may name its own
    history: History
    journey: str = ""
    step: str = ""
    entry_key: str = ""
    iteration: str = ""
    trigger: Mapping[str, Any] = {}
    steps: Mapping[str, Mapping[str, Any]] = {}
    entered_at: datetime | None = None
    triggered_at: datetime | None = None  # the `at` of the triggering event, for since: journey_start
    arrived_at: datetime | None = None  # at the current step
    event: Event | None = None
    caught: Event | None = None
    contact_zone: ZoneInfo = UTC
    topics: Mapping[str, Topic] = {}
    elsewhere: Elsewhere = NOWHERE
    item: Any = None
    stock: Stock = NO_STOCK
    product_id: Callable[[View], Any] | None = None
    product: Product | None = None
    trials: Trials = ALONE

    def took_at_once(self, event: Event) -> bool:
        """Whether the event came after the enrollment began, although their times are the same."""
        return event.message_id in self.steps.get("", {}).get(AT_ONCE, ())
