"""A journey as it runs: flat steps with `next`, rules and triggers, bound to the code that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from engine.model.duration import Duration
from engine.model.event import Event
from engine.model.predicate import Condition, Reference
from engine.model.result import Result
from engine.model.trace import Did
from engine.model.trial import TrialRule
from engine.model.view import View

#: As the file says, from what runs least to what runs; see language.md §3 and `core/standing`.
Status = Literal["draft", "shadow", "live", "paused", "stopping", "stopped"]
#: What a command may do to a journey until it is resumed.
Held = Literal["paused", "stopping", "stopped"]
IfRunning = Literal["ignore", "restart", "update", "parallel"]


# --- what may make a contact enter -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the contact."""

    event: Event


@dataclass(frozen=True, slots=True)
class Crossed:
    """The contact came into a segment or fell out of it."""

    segment: str
    inside: bool


@dataclass(frozen=True, slots=True)
class LeftJourney:
    """The contact is through with a journey; not when it goes on in another enrollment of the same one."""

    journey: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked by command or API, with values to be seen as trigger.*."""

    values: Mapping[str, Any]
    entry_key: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A step of the journey `by` starts this one and no other; `entry_key` None is a key without a value."""

    journey: str
    values: Mapping[str, Any]
    entry_key: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Struck:
    """The moment of a date or of a schedule has come; `key` is the occurrence or the firing."""

    clock: str
    at: datetime
    key: str
    text: str  # the trigger in words


@dataclass(frozen=True, slots=True)
class Entry:
    """A trigger's yes: with which key, and what trigger.* will be."""

    entry_key: str
    trigger: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that is put off: the journey is paused, or `enter_when` may still come to hold until `until`.

    `words` tell what the occasion was; `is_event` whether it was an event, which alone has an `entry_grace`.
    """

    journey: str
    entry: Entry
    triggered_at: datetime
    received_at: datetime
    words: str
    is_event: bool
    until: datetime | None = None  # the end of its grace; None: kept by a pause
    id: int | None = None


Occasion = Happened | Crossed | LeftJourney | Struck | Asked | Started | Kept


@dataclass(frozen=True, slots=True)
class NoEntry:
    """A trigger's no that deserves a record, e.g. `key_missing`."""

    reason: str
    detail: str = ""


class Strike(NamedTuple):
    """When a clock strikes, and the occurrence or firing by which that is known."""

    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """What strikes for everybody alike. `zone`: its name, `contact`, or None for the journey's."""

    next: Callable[[datetime, ZoneInfo], Strike | None]  # the first after an instant
    audience: Condition | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """What makes a contact enter at a moment: a date of its own, or a schedule.

    `id` is of what is written, so that an edited trigger is another clock. `next` answers the first strike
    after `view.now` for the contact of the view.
    """

    id: str
    text: str
    next: Callable[[View], Strike | None]
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """Who enters. `fires` answers None when the occasion is none of its business."""

    kind: str
    fires: Callable[[Occasion, View], Entry | NoEntry | None]
    event: str | None = None  # the event's name, so that only its journeys are asked
    segment: str | None = None
    include_existing: bool = False
    finished: str | None = None  # the journey whose end it follows
    clock: Clock | None = None
    events: frozenset[str] = frozenset()  # history its conditions read
    journeys: frozenset[str] = frozenset()  # whose entering and leaving its conditions read


# --- rules -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReEntry:
    """`after` None is never again; it counts from the end of the last enrollment with the same key."""

    after: Duration | None = None
    if_running: IfRunning = "ignore"
    limit: int | None = None  # `max`: how many enrollments per (journey, contact, key) at all


@dataclass(frozen=True, slots=True)
class ExitRule:
    """Either an event (with `where`) or a condition (`when`)."""

    event: str | None
    where: Condition | None
    when: Condition | None
    text: str


@dataclass(frozen=True, slots=True)
class Goal:
    """What the journey is for."""

    event: str | None
    where: Condition | None
    when: Condition | None
    within: Duration
    from_entered: bool = False  # otherwise from the last message released before the event
    revenue: Reference | None = None
    exits: bool = True
    text: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, flat. `run` is asked on arrival and again whenever it is woken; it only looks and answers."""

    id: str
    verb: str
    next: str | None
    run: Callable[[View], Result]
    when: Condition | None = None
    wakes_on: str | None = None  # an event that a wait_for waits for
    wakes_if: Condition | None = None  # its `where`
    ends: bool = False  # nothing follows it, except for those whom its `when` passes over
    is_send: bool = False  # its `when` is looked at when the message is released
    is_marketing: bool = False  # a message that needs consent, and must offer a way out
    events: frozenset[str] = frozenset()  # history its conditions read
    journeys: frozenset[str] = frozenset()  # whose entering and leaving its conditions read
    text: str = ""  # one line for pictures and traces, e.g. "wait 2 days"
    leads_to: tuple[tuple[str, str | None], ...] = ()  # label and step, for pictures
    changes_contact: bool = False
    is_loop: bool = False  # people come back to it; its `when` is looked at only when it is reached
    asks_stock: bool = False  # it takes a code or chooses products, which only the writer does
    trial: TrialRule | None = None  # those who stand at it wait for the winner; only the writer asks it
    products: bool = False  # what it answers depends on rows of the product table; a change of them wakes it
    passing: Did = field(init=False)  # what the trace says when people go on from it

    def __post_init__(self) -> None:
        object.__setattr__(self, "passing", "chose" if self.leads_to or self.asks_stock else "passed")


@dataclass(frozen=True, slots=True)
class Journey:
    """One version, ready to run. `version` is the hash of what runs."""

    id: str
    version: str
    status: Status
    first: str | None
    steps: Mapping[str, Step]
    triggers: tuple[Trigger, ...]
    name: str = ""
    priority: int = 0
    zone: str | None = None  # None: the contact's
    holdout: float = 0.0  # percent of contacts whose messages are recorded and not sent
    enter_when: Condition | None = None
    re_entry: ReEntry = ReEntry()
    exits: tuple[ExitRule, ...] = ()
    goal: Goal | None = None
    events: frozenset[str] = frozenset()  # all history its conditions read
    heard: frozenset[str] = frozenset()  # those, and the events that triggers, rules and steps listen to
    journeys: frozenset[str] = frozenset()  # all whose entering and leaving its conditions read
    changes_contact: bool = False  # some step changes attributes or topics
    held: Held | None = None  # by command, until it is resumed; of status and command the stricter holds
    starts_at: datetime | None = None  # nobody enters before
    ends_at: datetime | None = None  # nor from then on
    stops_inside: bool = False  # those inside leave at `ends_at`
    entry_grace: Duration | None = None  # how long a false `enter_when` is asked again
    compiled: Mapping[str, Any] = field(default_factory=dict)  # the plain form it was bound from
    product_id: Callable[[View], Any] | None = None  # the header's `product`
    products: bool = False  # some condition, step or message reads the product table
    asks_stock: bool = False  # some step takes a code, chooses products or tries ways
    recommends: bool = False  # some step chooses products, from figures that are to be kept
    may_be_halted: bool = field(init=False)  # to be asked before every advance, so it is worked out once

    def __post_init__(self) -> None:
        is_held = not {"paused", "stopped"}.isdisjoint((self.status, self.held))
        object.__setattr__(self, "may_be_halted", is_held or self.stops_inside)


@dataclass(frozen=True, slots=True)
class Segment:
    """A named condition whose membership is followed."""

    id: str
    condition: Condition
    description: str = ""
