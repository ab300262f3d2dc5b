"""A case: everything about one contact that a page of work needs, and everything that came of it.

The store loads cases, core works on them, the store saves them in the same transaction. The simulator
makes one by hand. Nothing here decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec import Struct

from engine.core.standing import is_frozen
from engine.model.contact import Contact
from engine.model.event import RELEASED, SENT, Event
from engine.model.journey import Clock, Journey, Kept, Occasion, Segment
from engine.model.lifecycle import Lifecycle
from engine.model.message import Message, Sent
from engine.model.policy import Policy
from engine.model.position import Enrollment
from engine.model.proof import Said
from engine.model.result import JoinTrial
from engine.model.stock import NO_STOCK, Coupon, Stock
from engine.model.trace import TraceLine
from engine.model.trial import ALONE, TrialRule, Trials
from engine.model.view import Ended


@dataclass(frozen=True, slots=True)
class World:
    """What is the same for every contact of a page: the journeys that run, segments followed, the policy.

    `journeys` holds the current version of each journey by id; `older` versions still needed by hash.
    """

    journeys: Mapping[str, Journey]
    policy: Policy
    segments: Mapping[str, Segment] = field(default_factory=dict)
    older: Mapping[str, Journey] = field(default_factory=dict)
    lifecycle: Lifecycle | None = None
    message_domain: str = "journeys.invalid"  # the right side of Message-IDs
    watched: frozenset[str] = field(init=False)  # journeys whose entering and leaving some condition reads
    followed: frozenset[str] = field(init=False)  # journeys whose end some trigger follows
    begins: frozenset[str] = field(init=False)  # events that let somebody in
    ends: frozenset[str] = field(init=False)  # events by which those leave who entered by one
    heard: frozenset[str] = field(init=False)  # events that some trigger, rule, step or condition listens to
    far_reaching: frozenset[str] = field(init=False)  # versions that are about more than one enrollment
    asking_the_shop: frozenset[str] = field(init=False)  # versions that read products or take codes
    hears_releases: bool = field(init=False)  # some of them tell of messages that were released
    top_priority: int = field(init=False)  # of the journeys that run
    clocks: Mapping[str, tuple[Journey, Clock]] = field(init=False)  # of dates and schedules, by `clock_id`
    trials: Mapping[tuple[str, str], TrialRule] = field(init=False)  # by journey and step
    keeps_entries: bool = field(init=False)  # some journey puts entries off, so they are to be loaded

    @property
    def has_schedules(self) -> bool:
        """Whether some journey is entered at set times."""
        return any(clock.schedule is not None for _, clock in self.clocks.values())

    def __post_init__(self) -> None:
        top = max((one.priority for one in (*self.journeys.values(), *self.older.values())), default=0)
        object.__setattr__(self, "top_priority", top)
        events = [journey.heard for journey in (*self.journeys.values(), *self.older.values())]
        events += [segment.condition.events for segment in self.segments.values()]
        events += [self.lifecycle.events] if self.lifecycle is not None else []
        object.__setattr__(self, "heard", frozenset().union(*events))
        object.__setattr__(self, "ends", _ends(self.journeys.values()))
        object.__setattr__(self, "hears_releases", not self.heard.isdisjoint((RELEASED, SENT)))
        reading = [journey.journeys for journey in (*self.journeys.values(), *self.older.values())]
        reading += [segment.condition.journeys for segment in self.segments.values()]
        reading += [] if self.lifecycle is None else [self.lifecycle.journeys]
        object.__setattr__(self, "watched", frozenset().union(*reading))
        triggers = [trigger for journey in self.journeys.values() for trigger in journey.triggers]
        object.__setattr__(self, "begins", frozenset(t.event for t in triggers if t.event is not None))
        ends = frozenset(trigger.finished for trigger in triggers if trigger.finished is not None)
        object.__setattr__(self, "followed", ends)
        versions = (*self.journeys.values(), *self.older.values())
        far = (j.version for j in versions if j.changes_contact or j.journeys or j.id in self.watched | ends)
        object.__setattr__(self, "far_reaching", frozenset(far))
        asking = (j.version for j in versions if j.products or j.asks_stock)
        object.__setattr__(self, "asking_the_shop", frozenset(asking))
        object.__setattr__(self, "clocks", _clocks(self.journeys.values()))
        rules = [s.trial for one in self.journeys.values() for s in one.steps.values() if s.trial is not None]
        object.__setattr__(self, "trials", {(rule.journey, rule.step): rule for rule in rules})
        keeping = (is_frozen(one) or one.entry_grace is not None for one in self.journeys.values())
        object.__setattr__(self, "keeps_entries", any(keeping))


def _ends(journeys: Iterable[Journey]) -> frozenset[str]:
    """Of exits and goals by event, where an event lets people in."""
    entered = [journey for journey in journeys if any(trigger.event for trigger in journey.triggers)]
    rules = [rule.event for journey in entered for rule in journey.exits]
    goals = [journey.goal.event for journey in entered if journey.goal is not None]
    return frozenset(name for name in (*rules, *goals) if name is not None)


def clock_id(journey: str, clock: str) -> str:
    """What a clock is called where those of all journeys are together."""
    return f"{journey}#{clock}"


def _clocks(journeys: Iterable[Journey]) -> dict[str, tuple[Journey, Clock]]:
    """Those of the journeys that run; a draft has no moments."""
    return {
        clock_id(journey.id, trigger.clock.id): (journey, trigger.clock)
        for journey in journeys
        if journey.status != "draft"
        for trigger in journey.triggers
        if trigger.clock is not None
    }


@dataclass(slots=True)
class Past:
    """What is known of earlier enrollments with one (journey, entry key); for re_entry and for `finished`."""

    count: int = 0  # all enrollments ever, the running ones included
    last_left_at: datetime | None = None
    finished_at: datetime | None = None  # as last_left_at, without those that went on in another enrollment
    finished_in_no_time_at: datetime | None = None  # the last one that entered and finished at one instant


@dataclass(slots=True)
class Membership:
    """Whether the contact is in a segment, and when to look again although nothing happened."""

    is_member: bool
    look_at: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """When a clock strikes next for a contact; of a schedule in the store, that it called the contact."""

    at: datetime
    clock: str  # as `clock_id` says it
    key: str


class TraceEntry(Struct, frozen=True):
    """A line with the enrollment it belongs to; None for somebody who did not enter."""

    journey: str
    enrollment: Enrollment | None
    line: TraceLine


class Unheard(NamedTuple):
    """What the engine itself did that journeys may act upon, not yet told to them.

    `journey` is whose doing it was, which is not entered again by it; "" for nobody's. `enrollment` does not
    catch its own event by a later wait_for.
    """

    occasion: Occasion
    journey: str = ""
    enrollment: Enrollment | None = None


class Dealer(Protocol):
    """Who deals contacts out among people: what counts is over all contacts, not only this one."""

    def take_turn(self, journey: str, step: str) -> int:
        """How many were dealt at this step before; this one is counted."""
        ...

    def loads(self, case: Case, journey: str, step: str, attribute: tuple[str, ...]) -> Mapping[str, int]:
        """How many other contacts, dealt at this step before, each name still has."""
        ...

    def give(self, case: Case, journey: str, step: str, name: str) -> None:
        """The contact is theirs now."""
        ...


#: Something that counts: (journey, step, what, by how much).
Count = tuple[str, str, str, int]


def summed(counts: Iterable[Count]) -> Counter[tuple[str, str, str]]:
    """By (journey, step, what). Of a page they are thousands in the same few words: equal ones are counted
    first, which Python does by itself."""
    total: Counter[tuple[str, str, str]] = Counter()
    for (journey, step, what, by), times in Counter(counts).items():
        total[journey, step, what] += by * times
    return total


class Case(Struct):
    """Loaded before, read after. Lists under "what came of it" are in order of time.

    An empty list, mapping or set as a default is a fresh one for each case: one case is made for every
    advance, which for a `Struct` takes half the time of a dataclass.
    """

    contact: Contact
    key: int = 0  # the store's key of the contact
    enrollments: list[Enrollment] = []  # running ones, and closed ones in a goal window
    past: dict[tuple[str, str], Past] = {}
    entered_lately: dict[str, list[datetime]] = {}  # entries of the last 24 h, by journey
    history: dict[str, list[Event]] = {}
    members: dict[str, Membership] = {}
    sent: list[Sent] = []  # loaded as far back as caps reach; grows with each release
    timer_at: datetime | None = None  # due time of the timer at work; None for what an event or change does
    stock: Stock = NO_STOCK  # products, as of this work
    moments: set[Moment] = set()
    has_own_schedules: bool = False  # in memory, where nobody calls an audience together
    called: set[Moment] = set()  # there: those of schedules that mean the contact
    dealer: Dealer | None = None  # None: one of its own, made when somebody is to be dealt
    trials: Trials = ALONE
    kept: list[Kept] = []  # entries put off, in order of receipt

    # --- what came of it ---
    crossed: list[str] = []  # watched journeys entered or left, not yet told to others
    unheard: list[Unheard] = []
    redrafted: list[Enrollment] = []  # in shadow, the contact is different to these
    told: list[Event] = []  # events of the engine's own, to be stored
    dealt: list[tuple[str, str, str]] = []  # (journey, step, name) by load
    taken: list[tuple[Enrollment, str, str, Coupon]] = []  # codes with the step and iteration they are for
    joined: list[tuple[Enrollment, JoinTrial, datetime]] = []
    watched: set[str] = set()  # products whose change is to wake it
    said: list[Said] = []  # for the record of consent
    blocked: dict[str, str] = {}  # channels that are suppressed from now on: source
    struck: dict[str, datetime] = {}  # clocks, when each struck last
    is_contact_changed: bool = False
    are_members_changed: bool = False
    messages: list[tuple[Enrollment, Message]] = []
    traces: list[TraceEntry] = []
    counts: list[Count] = []  # for the counters, one after the other

    def count(self, journey: str, step: str, what: str, by: int = 1) -> None:
        """One more, or less, for a counter."""
        self.counts.append((journey, step, what, by))

    @property
    def has_news(self) -> bool:
        """Whether something came of it that conditions or journeys have not been told of."""
        return bool(self.crossed or self.unheard or self.redrafted)

    def running(self) -> list[Enrollment]:
        """The enrollments that have not left."""
        return [enrollment for enrollment in self.enrollments if enrollment.left_at is None]

    def is_in(self, journey: str) -> bool:
        """Whether the contact is in the journey now. Needs everything loaded, as the next one does."""
        return any(one.journey == journey and one.left_at is None for one in self.enrollments)

    def last_end(self, journey: str) -> Ended | None:
        """When the contact was last through with the journey, over all its entry keys."""
        of_it = [past for (id, _), past in self.past.items() if id == journey]
        at = max((past.finished_at for past in of_it if past.finished_at), default=None)
        in_no_time = (past.finished_in_no_time_at for past in of_it if past.finished_in_no_time_at)
        return None if at is None else Ended(at, max(in_no_time, default=None))
