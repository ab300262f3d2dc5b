"""Frequency caps against a clock that ticks every second and knows no timers, holds or windows ahead of time.

A few journeys of one contact, each a row of waits and messages, compete under random caps. The model below
walks through every second and every journey; the engine is asked through YAML and the simulator.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Cap, Policy
from engine.service.config_caps import read_caps
from engine.service.letters import Letters
from engine.service.simulate import simulate, world_of
from engine.service.versions import bind_version
from tests.support.shops import CATALOG, START

CAPS = (
    ("email", "1 per 2 minutes"),
    ("email", "2 per 5 minutes"),
    ("all", "3 per 4 minutes"),
    ("all", "1 per 45 seconds"),
    ("topic news", "1 per 3 minutes"),
    ("topic offers", "1 per 90 seconds"),
)
LENGTH = {"2 minutes": 120, "5 minutes": 300, "4 minutes": 240, "45 seconds": 45, "3 minutes": 180}
LENGTH |= {"90 seconds": 90}

#: A wait in seconds, or the topic of a message; "receipt" is transactional.
Item = int | str


@dataclass
class Lane:
    """A journey: what is to come, and where it stands. `since`: when the message it stands at fell due."""

    id: str
    priority: int
    items: list[Item]
    due: int = 0
    since: int | None = None
    capped: int | None = None
    log: list[tuple[str, int, str]] = field(default_factory=list)

    def step(self) -> str:
        return f"s{len(self.log)}"


@dataclass
class Second:
    """The model: every second, whoever may go goes, the highest priority first, then who was due first."""

    lanes: list[Lane]
    caps: list[tuple[str, int, int]]  # whose, how many, seconds
    retry: int
    sent: list[tuple[int, str]] = field(default_factory=list)

    def live(self, seconds: int) -> None:
        for now in range(seconds):
            while self.one_goes(now):
                pass

    def one_goes(self, now: int) -> bool:
        ready = [lane for lane in self.lanes if lane.items and lane.due <= now]
        for lane in sorted(
            ready, key=lambda one: (-one.priority, one.due if one.since is None else one.since)
        ):
            if self.goes(lane, now):
                return True
        return False

    def goes(self, lane: Lane, now: int) -> bool:
        item = lane.items[0]
        if isinstance(item, int):
            lane.items.pop(0)
            lane.due = now + item
            lane.log.append(("wait", now, ""))
            return True
        if lane.since is None:
            lane.since = now
        if item == "receipt":
            return self.done(lane, "sent", now)
        if self.must_give_way(lane, item, now):
            return False
        free = now
        while not self.has_room(item, free):
            free += 1
        if free == now:
            self.sent.append((now, item))
            return self.done(lane, "sent", now)
        lane.capped = now if lane.capped is None else lane.capped
        if free - lane.capped > self.retry:
            return self.done(lane, "capped", now)
        lane.due = free
        return False

    def must_give_way(self, lane: Lane, item: str, now: int) -> bool:
        """Somebody above it has something due in the rest of this minute, at least a letter somewhere."""
        if not any(whose in ("email", "all", f"topic {item}") for whose, _, _ in self.caps):
            return False
        minute = now - now % 60 + 60
        return any(
            other.priority > lane.priority and other.items and now < other.due < minute
            for other in self.lanes
        )

    def has_room(self, item: str, at: int) -> bool:
        return all(
            sum(at - length < when and self.is_under(whose, other) for when, other in self.sent) < most
            for whose, most, length in self.caps
            if self.is_under(whose, item)
        )

    def is_under(self, whose: str, item: str) -> bool:
        return whose in ("email", "all", f"topic {item}")

    def done(self, lane: Lane, what: str, now: int) -> bool:
        lane.items.pop(0)
        lane.log.append((what, now, lane.step()))
        lane.due, lane.since, lane.capped = now, None, None
        return True


def lanes_of(chance: Random) -> list[Lane]:
    priorities = chance.sample(range(5), 3)
    return [Lane(f"j{n}", priority, items_of(chance)) for n, priority in enumerate(priorities)]


def items_of(chance: Random) -> list[Item]:
    items: list[Item] = []
    for _ in range(chance.randint(1, 4)):
        items.append(chance.choice([0, 5, 20, 40, 60, 61, 90, 120, 180]) or 1)
        items += chance.choices(["news", "offers", "receipt"], weights=[4, 3, 1], k=chance.randint(0, 2))
    return [*items, "news"]


def journey_of(lane: Lane) -> str:
    steps: list[dict[str, Any]] = []
    for number, item in enumerate(lane.items):
        if isinstance(item, int):
            steps.append({"id": f"s{number}", "wait": f"{item} seconds"})
        else:
            how = {"transactional": True} if item == "receipt" else {"topic": item}
            steps.append({"id": f"s{number}", "send": "email", "subject": "S", "body": "B", **how})
    plain = {
        "dsl": 1,
        "journey": lane.id,
        "status": "live",
        "owner": "o@shop.example",
        "priority": lane.priority,
        "trigger": {"event": "A"},
        "steps": steps,
    }
    return json.dumps(plain)


def lived(lanes: list[Lane], caps: tuple[Cap, ...], retry: int) -> list[tuple[str, str, str, int]]:
    files = {f"journeys/{lane.id}.yaml": journey_of(lane).encode() for lane in lanes}
    workspace = read_workspace({**files, "journeys/catalog.yaml": CATALOG.encode()})
    assert [fault.message for fault in workspace.all_faults() if fault.severity == "error"] == []
    versions = []
    for one in workspace.journeys.values():
        assert one.compiled is not None
        assert one.version is not None
        versions.append(bind_version(one.compiled, one.version, "live"))
    policy = Policy(caps=caps, retry_within=timedelta(seconds=retry))
    world = world_of(versions, workspace.catalog, {}, policy)
    letters = Letters(workspace.catalog, "mailto:unsubscribe@shop.example")
    contact = Contact("ada", "ada@shop.example", topics={"news": True, "offers": True})
    event = Event("e", "ada", "A", START, START)
    done = simulate(world, versions[0], letters, contact, [], [event], START, None)
    return sorted(
        (m.journey, m.step, m.reason or "sent", round((m.at - START).total_seconds()))
        for _, m in done.case.messages
    )


@given(st.integers(0, 2**64))
@settings(max_examples=100)
def test_the_engine_does_what_a_clock_of_seconds_does(seed: int) -> None:
    chance = Random(seed)
    lanes = lanes_of(chance)
    chosen = chance.sample(CAPS, chance.randint(1, 3))
    retry = chance.choice([30, 60, 150, 400])
    for lane in lanes:
        note(journey_of(lane))
    note(f"{chosen} {retry}")
    caps = tuple(cap for name, written in chosen for cap in read_caps(name, written))
    found = lived(lanes, caps, retry)
    plain = [(name, int(written[0]), LENGTH[written.partition(" per ")[2]]) for name, written in chosen]
    model = Second(lanes, plain, retry)
    model.live(2400)
    wanted = [(lane.id, step, what, at) for lane in lanes for what, at, step in lane.log if what != "wait"]
    assert found == sorted(wanted)
    never_too_many(model.sent, plain)


def never_too_many(sent: list[tuple[int, str]], caps: list[tuple[str, int, int]]) -> None:
    """The law itself, over every window that ends with a message."""
    for whose, most, length in caps:
        times = [at for at, item in sent if whose in ("email", "all", f"topic {item}")]
        for end in times:
            assert sum(end - length < at <= end for at in times) <= most
