"""The engine against a second one, a hundred lines of another make, on random journeys and random lives.

The model knows nothing of flat steps, due times or wake-ups: an enrollment is a Python generator that runs
down the nested list as it is written in the file, and time is stepped through in half hours, events before
timers. It covers one journey in UTC: event triggers with a key, waits, wait_for, branch, send with consent,
`when` and quiet hours, repeat with `while`, emit, exits by event and by condition, goals with their window,
every form of re-entry.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.letters import Letters
from engine.service.simulate import Change, Simulation, simulate, world_of
from engine.service.versions import bind_version

START = datetime(2026, 3, 2, tzinfo=UTC)
TICK = 30  # minutes
TICKS = 48 + 24
QUIET = (22 * 60, 6 * 60)  # 22:00-06:00
CATALOG = b"""\
topics: { t: { name: T, consent: opt_out } }
senders: { s: { from: "Shop <hello@shop.example>" } }
"""

Happening = tuple[int, str, dict[str, Any], int]  # tick, name, properties, how many ticks before it was done
Wanted = tuple[int, str | None, bool]  # until when; the event that may come before; whether of the same key


# --- the model -----------------------------------------------------------------------------------------


class Gone(Exception):
    """Thrown where an enrollment ends by itself: reason and outcome."""


@dataclass
class Pass:
    """One enrollment. `body` is where it stands, `wanted` what it stands there for."""

    key: str
    entered: int
    at: int
    trigger: dict[str, Any]
    body: Generator[Wanted, bool, None] | None = None
    wanted: Wanted = (0, None, False)
    left: int | None = None
    reason: str | None = None
    outcome: str | None = None
    sent: list[int] = field(default_factory=list)
    converted: int | None = None


class Model:
    """Lives through happenings (tick, name, properties, lag) and keeps what came of them."""

    def __init__(self, journey: dict[str, Any]) -> None:
        self.journey, self.now = journey, 0
        self.level, self.is_subscribed = 0, True
        self.passes: list[Pass] = []
        self.messages: list[tuple[int, str, str | None]] = []
        self.told: list[tuple[str, dict[str, Any], Pass]] = []

    def play(self, happenings: list[Happening]) -> None:
        for tick in range(TICKS * 12):
            self.now = tick * TICK
            for _, name, properties, lag in (one for one in happenings if one[0] == tick):
                if name == "identify":
                    self.change(properties)
                else:
                    self.take(name, properties, self.now - lag * TICK)
            for one in self.running():
                while one.left is None and one.wanted[0] <= self.now:
                    self.go_on(one, False)
                    self.hear()

    def running(self, key: str | None = None) -> list[Pass]:
        return [one for one in self.passes if one.left is None and key in (None, one.key)]

    def change(self, properties: dict[str, Any]) -> None:
        self.level = properties.get("level", self.level)
        self.is_subscribed = properties.get("topics", {}).get("t", self.is_subscribed)
        for one in self.running():
            if self.must_exit():
                self.end(one, "exit")

    def must_exit(self) -> bool:
        return self.level >= int(self.journey.get("exit_level", 99))

    def end(self, one: Pass, reason: str, outcome: str | None = None) -> None:
        one.left, one.reason, one.outcome = self.now, reason, outcome or reason

    # --- an event ---

    def hear(self) -> None:
        """What steps have emitted, in order; what comes of one event is over before the next."""
        while self.told:
            told, self.told = self.told, []
            for name, properties, by in told:
                self.take(name, properties, self.now, by)

    def take(self, name: str, properties: dict[str, Any], at: int, by: Pass | None = None) -> None:
        closed = self.in_window()
        inside = self.running()
        for one in inside:
            goal = self.journey.get("goal")
            if goal and name == "Goal" and at >= one.at:
                if self.is_in_time(one, at) and one.converted is None:
                    one.converted = self.now
                    if goal["exit"]:
                        self.end(one, "goal")
                elif goal["exit"]:
                    self.end(one, "exit")
            if one.left is None and (
                self.must_exit() or (name == "Stop" and at >= one.at and self.is_exit(one, properties))
            ):
                self.end(one, "exit")
            if (
                one.left is None
                and one is not by
                and one.wanted[1] == name
                and (not one.wanted[2] or properties.get("k") == one.trigger.get("k"))
            ):
                self.go_on(one, True)
        for one in closed:
            counted = any(o.converted == self.now and o.key == one.key for o in self.passes)
            if (
                name == "Goal"
                and self.journey.get("goal")
                and at >= one.at
                and self.is_in_time(one, at)
                and not counted
            ):
                one.converted = self.now
        if name == "Go":
            self.enter(properties, at)
        self.hear()

    def is_exit(self, one: Pass, properties: dict[str, Any]) -> bool:
        wish = self.journey.get("exit_event")
        return wish == "any" or (
            wish == "same" and "k" in properties and properties["k"] == one.trigger.get("k")
        )

    def is_in_time(self, one: Pass, at: int) -> bool:
        goal = self.journey["goal"]
        since = [one.entered] if goal["from"] == "entered" else [sent for sent in one.sent if sent <= at]
        return bool(since) and at < since[-1] + goal["hours"] * 60

    def in_window(self) -> list[Pass]:
        """The newest closed one of each key whose window is open, unless it has converted."""
        newest: dict[str, Pass] = {}
        goal = self.journey.get("goal")
        for one in sorted((p for p in self.passes if p.left is not None), key=lambda p: (p.left, p.entered)):
            since = [one.entered] if goal and goal["from"] == "entered" else one.sent
            if goal and since and self.now < since[-1] + goal["hours"] * 60:
                newest[one.key] = one
        return [one for one in newest.values() if one.converted is None]

    # --- entering ---

    def enter(self, properties: dict[str, Any], at: int) -> None:
        key = str(properties.get("k", "")) if self.journey["key"] else ""
        if (
            (self.journey["key"] and not key)
            or self.now - at > 24 * 60
            or self.level < self.journey["enter_level"]
        ):
            return
        if self.must_exit():
            return
        rule, same = self.journey["re_entry"], self.running(key)
        mode = "ignore" if isinstance(rule, str) else rule["if_running"]
        before = [one for one in self.passes if one.key == key]
        if same and mode == "ignore":
            return
        if not same and before:
            hours = {"never": 10**6, "always": 0}[rule] if isinstance(rule, str) else rule["hours"]
            most = 99 if isinstance(rule, str) else rule["max"]
            if self.now < max(one.left or 0 for one in before) + hours * 60 or len(before) >= most:
                return
        if sum(one.entered > self.now - 24 * 60 for one in self.passes) >= 20 and not (
            same and mode == "update"
        ):
            return
        if same and mode == "update":
            same[-1].trigger = properties
            return
        for one in same if mode == "restart" else []:
            self.end(one, "restarted")
        one = Pass(key, self.now, at, properties)
        one.body = self.steps(one, self.journey["steps"])
        self.passes.append(one)
        self.go_on(one, None)

    def go_on(self, one: Pass, answer: bool | None) -> None:
        assert one.body is not None
        try:
            one.wanted = next(one.body) if answer is None else one.body.send(answer)
        except StopIteration:
            self.end(one, "completed")
        except Gone as gone:
            self.end(one, *gone.args)

    # --- steps ---

    def steps(self, one: Pass, steps: list[dict[str, Any]]) -> Generator[Wanted, bool, None]:
        for step in steps:
            match step["verb"]:
                case "wait":
                    if step["hours"]:
                        yield (self.now + step["hours"] * 60, None, False)
                case "until":
                    day, clock = divmod(self.now, 24 * 60)
                    if clock != step["clock"]:
                        yield ((day + (clock > step["clock"])) * 24 * 60 + step["clock"], None, False)
                case "wait_for":
                    came = yield (self.now + step["hours"] * 60, "See", step["same"])
                    yield from self.steps(one, step["then"] if came else step["else"])
                case "branch":
                    value = self.level if step["of"] == "level" else one.trigger.get("n", -1)
                    yield from self.steps(one, step["then"] if value >= step["least"] else step["else"])
                case "emit":
                    k = {"k": one.trigger["k"]} if "k" in one.trigger else {}
                    self.told.append((step["event"], k, one))
                case "repeat":
                    for _ in range(step["times"]):
                        if self.level < step["least"]:
                            break
                        yield from self.steps(one, step["steps"])
                case "send":
                    yield from self.send(one, step)
                case "end":
                    raise Gone("completed", "over")

    def send(self, one: Pass, step: dict[str, Any]) -> Generator[Wanted, bool, None]:
        while True:
            if self.must_exit():
                raise Gone("exit")
            reason = "when" if self.level < step["least"] else None
            if reason is None and not step["transactional"] and not self.is_subscribed:
                reason = "unsubscribed"
            clock = self.now % (24 * 60)
            if (
                reason is None
                and self.journey["quiet"]
                and not step["transactional"]
                and not QUIET[1] <= clock < QUIET[0]
            ):
                yield (self.now - clock + QUIET[1] + (24 * 60 if clock >= QUIET[0] else 0), None, False)
                continue
            self.messages.append((self.now, step["id"], reason))
            if reason is None:
                one.sent.append(self.now)
            if reason == "unsubscribed" and step["exit"]:
                raise Gone("exit")
            return


# --- the same journey as a file ------------------------------------------------------------------------


def as_file(journey: dict[str, Any]) -> bytes:
    trigger = {"event": "Go"} | ({"key": "event.k"} if journey["key"] else {})
    plain: dict[str, Any] = {
        "dsl": 1,
        "journey": "j",
        "status": "live",
        "owner": "ada@shop.example",
        "trigger": trigger,
    }
    plain["defaults"] = {"topic": "t"} | ({"quiet_hours": "22:00-06:00"} if journey["quiet"] else {})
    plain["enter_when"] = {"contact.level": {"gte": journey["enter_level"]}}
    rule = journey["re_entry"]
    if isinstance(rule, dict):
        rule = {"after": f"{rule['hours']} hours", "if_running": rule["if_running"], "max": rule["max"]}
    plain["re_entry"] = rule
    exits: list[dict[str, Any]] = []
    if "exit_event" in journey:
        same = {"where": {"event.k": {"same_as": "trigger.k"}}} if journey["exit_event"] == "same" else {}
        exits.append({"event": "Stop", **same})
    if "exit_level" in journey:
        exits.append({"when": {"contact.level": {"gte": journey["exit_level"]}}})
    if exits:
        plain["exit_when"] = exits
    if goal := journey.get("goal"):
        plain["goal"] = {
            "event": "Goal",
            "within": f"{goal['hours']} hours",
            "from": goal["from"],
            "exit": goal["exit"],
        }
    plain["steps"] = [_step(step) for step in journey["steps"]]
    return yaml.safe_dump(plain, sort_keys=False).encode()


def _step(step: dict[str, Any]) -> dict[str, Any]:
    id = {"id": step["id"]}
    match step["verb"]:
        case "wait":
            days, hours = divmod(step["hours"], 24)
            return id | {"wait": f"{days} days {hours} hours" if days else f"{hours} hours"}
        case "until":
            return id | {"until": f"{step['clock'] // 60:02}:{step['clock'] % 60:02}"}
        case "wait_for":
            same = (
                {"where": {"any": [{"event.k": {"same_as": "trigger.k"}}, _neither()]}}
                if step["same"]
                else {}
            )
            ways = {way: [_step(one) for one in step[way]] for way in ("then", "else")}
            return id | {"wait_for": "See", **same, "up_to": f"{step['hours']} hours", **ways}
        case "branch":
            subject = "contact.level" if step["of"] == "level" else "trigger.n"
            then, otherwise = ([_step(one) for one in step[way]] for way in ("then", "else"))
            return id | {
                "branch": [{"if": {subject: {"gte": step["least"]}}, "then": then}, {"else": otherwise}]
            }
        case "emit":
            return id | {"emit": step["event"], "properties": {"k": {"value": "trigger.k"}}}
        case "repeat":
            condition = {"contact.level": {"gte": step["least"]}}
            inside = [_step(one) for one in step["steps"]]
            return id | {"repeat": {"times": step["times"], "while": condition, "steps": inside}}
        case "send":
            more: dict[str, Any] = {"when": {"contact.level": {"gte": step["least"]}}}
            more |= {"transactional": True} if step["transactional"] else {}
            more |= {"on_skip": "exit"} if step["exit"] else {}
            return id | {"send": "email", "subject": "S", "body": "B", **more}
        case _:
            return id | {"end": "over"}


def _neither() -> dict[str, Any]:
    """In the model two missing keys are the same; in the language nothing equals what is missing."""
    return {"event.k": {"exists": False}, "trigger.k": {"exists": False}}


def lived(journey: dict[str, Any], happenings: list[Happening]) -> Simulation:
    workspace = read_workspace({"journeys/catalog.yaml": CATALOG, "journeys/j.yaml": as_file(journey)})
    faults = [str(fault.message) for fault in workspace.all_faults() if fault.severity == "error"]
    assert not faults, (faults, as_file(journey).decode())
    compiled = workspace.journeys["j"].compiled
    assert compiled is not None
    version = bind_version(compiled, "1", "live")
    contact = Contact("ada", email="ada@shop.example", attributes={"level": 0})
    return simulate(
        world_of([version], workspace.catalog, {}, Policy()),
        version,
        Letters(workspace.catalog, "mailto:no@shop.example"),
        contact,
        (),
        [_happening(number, *one) for number, one in enumerate(happenings)],
        START,
        None,
    )


def _happening(number: int, tick: int, name: str, properties: dict[str, Any], lag: int) -> Event | Change:
    received_at = START + timedelta(minutes=tick * TICK)
    if name == "identify":
        attributes = {key: value for key, value in properties.items() if key == "level"}
        return Change(received_at, Contact("ada", attributes=attributes, topics=properties.get("topics", {})))
    return Event(
        f"e{number}", "ada", name, received_at - timedelta(minutes=lag * TICK), received_at, properties
    )


# --- random journeys and lives ---------------------------------------------------------------------------


def a_journey(chance: Random) -> dict[str, Any]:
    journey: dict[str, Any] = {
        "key": chance.random() < 0.5,
        "quiet": chance.random() < 0.4,
        "enter_level": chance.choice([0, 0, 0, 0, 1]),
        "re_entry": a_re_entry(chance),
        "steps": some_steps(chance, 2, [0]),
    }
    if chance.random() < 0.3:
        journey["exit_event"] = chance.choice(["any", "same"])
    if chance.random() < 0.3:
        journey["exit_level"] = chance.choice([2, 3])
    if chance.random() < 0.6:
        journey["goal"] = {
            "hours": chance.choice([1, 4, 24]),
            "from": chance.choice(["sent", "sent", "entered"]),
            "exit": chance.random() < 0.5,
        }
    return journey


def a_re_entry(chance: Random) -> str | dict[str, Any]:
    if chance.random() < 0.3:
        return chance.choice(["never", "always", "always"])
    return {
        "hours": chance.choice([0, 0, 1, 6]),
        "if_running": chance.choice(["ignore", "restart", "update", "parallel"]),
        "max": chance.choice([1, 2, 3, 9]),
    }


def some_steps(chance: Random, depth: int, used: list[int]) -> list[dict[str, Any]]:
    return [
        a_step(chance, depth, used)
        for _ in range(chance.randint(2, 5) if depth == 2 else chance.randint(0, 2))
    ]


def a_step(chance: Random, depth: int, used: list[int]) -> dict[str, Any]:
    used[0] += 1
    step: dict[str, Any] = {"id": f"s{used[0]}"}
    kinds = ["wait", "wait", "until", "send", "send", "send", "emit"]
    kinds += ["wait_for", "branch", "repeat"] if depth else ["end"]
    match chance.choice(kinds):
        case "wait":
            return step | {"verb": "wait", "hours": chance.choice([0, 1, 2, 3, 5, 24])}
        case "emit":
            return step | {"verb": "emit", "event": chance.choice(["See", "See", "Goal", "Stop"])}
        case "until":
            return step | {"verb": "until", "clock": chance.choice([0, 390, 570, 1380])}
        case "send":
            least, transactional = chance.choice([0, 0, 0, 1]), chance.random() < 0.2
            return step | {
                "verb": "send",
                "least": least,
                "transactional": transactional,
                "exit": chance.random() < 0.3,
            }
        case "wait_for":
            step |= {"verb": "wait_for", "hours": chance.choice([1, 3, 24]), "same": chance.random() < 0.5}
        case "repeat":
            pause = a_pause(chance, used)
            inside = [*some_steps(chance, depth - 1, used), pause, *some_steps(chance, depth - 1, used)]
            often = {"times": chance.randint(1, 3), "least": chance.choice([0, 0, 1])}
            return step | {"verb": "repeat", **often, "steps": inside}
        case "branch":
            step |= {"verb": "branch", "of": chance.choice(["level", "n"]), "least": chance.randint(0, 3)}
        case _:
            return step | {"verb": "end"}
    return step | {way: some_steps(chance, depth - 1, used) for way in ("then", "else")}


def a_pause(chance: Random, used: list[int]) -> dict[str, Any]:
    used[0] += 1
    return {"id": f"s{used[0]}", "verb": "wait", "hours": chance.choice([1, 3])}


def a_life(chance: Random) -> list[Happening]:
    """Many things on few instants, so that they meet timers and one another."""
    hours = [chance.randrange(TICKS // 2) * 2 for _ in range(10)]
    ticks = sorted(chance.choice([*hours, chance.randrange(TICKS)]) for _ in range(chance.randint(5, 25)))
    return [(0, "Go", {"k": "a", "n": 1}, 0), *(a_happening(chance, tick) for tick in ticks)]


def a_happening(chance: Random, tick: int) -> Happening:
    name = chance.choice(["Go", "Go", "Go", "See", "See", "Goal", "Goal", "Stop", "identify"])
    if name == "identify":
        said = (
            {"level": chance.randint(0, 3)}
            if chance.random() < 0.6
            else {"topics": {"t": chance.random() < 0.6}}
        )
        return (tick, name, said, 0)
    properties: dict[str, Any] = {"n": chance.randint(0, 3)} if chance.random() < 0.7 else {}
    if chance.random() < 0.85:
        properties["k"] = chance.choice(["a", "a", "b"])
    # A trigger comes in time, or too late for good: what comes out of order has a model of its own
    # (tests/support/messy.py).
    lags = [0, 0, 0, 0, 49] if name == "Go" else [0, 0, 0, 0, 1, 3, 48, 49]
    return (tick, name, properties, chance.choice(lags))


# --- the tests -------------------------------------------------------------------------------------------


def check(chance: Random) -> Model:
    journey, life = a_journey(chance), a_life(chance)
    model = Model(journey)
    model.play(life)
    case = lived(journey, life).case
    sent = [(minutes(m.at), m.step, m.reason) for _, m in case.messages]
    assert sorted(sent, key=str) == sorted(model.messages, key=str)
    assert [
        (e.entry_key, minutes(e.entered_at), minutes(e.left_at), e.reason, e.outcome, minutes(e.converted_at))
        for e in case.enrollments
    ] == [(p.key, p.entered, p.left, p.reason, p.outcome, p.converted) for p in model.passes]
    return model


def minutes(at: datetime | None) -> int | None:
    return None if at is None else int((at - START).total_seconds()) // 60


@given(st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_engine_and_the_model_agree(chance: Random) -> None:
    check(chance)


@pytest.mark.parametrize("hundred", range(2))
def test_they_agree_on_crowded_lives(hundred: int) -> None:
    """Plain chance crowds a life more than hypothesis does, and every kind of ending must come up."""
    models = [check(Random(seed)) for seed in range(100 * hundred, 100 * hundred + 100)]
    passes = [one for model in models for one in model.passes]
    assert {one.reason for one in passes} == {"completed", "goal", "exit", "restarted"}
    assert sum(one.converted is not None for one in passes) > 10
    assert len(passes) > 200
