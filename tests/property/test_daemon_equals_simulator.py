"""The daemon against the simulator: whatever the journey and whatever happens, both do the same.

Journeys come as YAML from a small grammar of what this release runs, lives as random events, some of them
late, some at the very instant of a timer. The daemon lives through them as a replay over a real store and a
real channel; the simulator has neither. Messages, enrollments and every line of the trace must agree.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.channels.capture import CaptureChannel
from engine.core.case import Case
from engine.intake.lines import Identified
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.message import Message
from engine.model.policy import Policy
from engine.model.position import Enrollment
from engine.model.stock import Product
from engine.service.applying import apply
from engine.service.clock import VirtualClock
from engine.service.config_caps import read_caps
from engine.service.daemon import Daemon
from engine.service.replay import replay
from engine.service.running import load_running
from engine.service.shelves import Shelves
from engine.service.simulate import Change, Happening, Restock, simulate
from engine.service.take import Item
from engine.store.database import Store
from tests.support import databases
from tests.support.shops import CATALOG, START

UNTIL = START + timedelta(days=20)
SEGMENTS = """\
busy: { when: { contact.n: { gte: 2 } } }
loyal: { when: { did: B, within: 3 days, count: { gte: 2 } } }
inside: { when: { any: [ { in_journey: j0 }, { in_segment: busy } ] } }
"""
SHOP = CATALOG.replace("key: text }", "key: text, product_id: text, products: list }")
SHOP = SHOP.replace("contact: { n: number,", "contact: { product_id: text, n: number,")
EVENTS = ("A", "B", "C", "Order")

# --- journeys ------------------------------------------------------------------------------------

WAITS: list[dict[str, Any]] = [
    {"wait": "1 hour"},
    {"wait": "90 minutes"},
    {"wait": "1 day"},
    {"wait": "2 days", "until": "09:30"},
    {"until": "18:00", "days": "mon-fri"},
    {"wait": "6 hours", "between": "09:00-17:00"},
    {"wait": "1 day", "jitter": "30 minutes"},
    {"wait": {"days": "contact.n", "default": "3 hours"}},
    {"wait": {"hours": "product.stock", "default": "1 day"}},
]
CONDITIONS: list[dict[str, Any]] = [
    {"contact.n": {"gte": 2}},
    {"contact.tags": {"contains": "seen"}},
    {"did": "B", "within": "1 day"},
    {"did_not": "C", "within": "2 days"},
    {"did": "Order", "since": "journey_start"},
    {"trigger.n": 1},
    {"not": {"contact.n": {"lt": 3}}},
    {"in_segment": "loyal"},
    {"subscribed": "news", "consented": "email"},
    {"in_journey": "j0"},
    {"not": {"in_journey": "j0"}},
    {"finished": "j0", "within": "1 day"},
    {"finished": "j0", "since": "journey_start"},
    {"product.stock": {"gte": 1}},
    {"product.price": {"lt": {"value": "contact.n"}}},
    {"every": "trigger.products", "where": {"item.product.stock": {"gte": 1}}},
    {"received": "any", "topic": "news", "within": "1 day"},
    {"received": "j0/s1"},
]
SENDS: list[dict[str, Any]] = [
    {"topic": "news", "subject": "Hello", "body": "You are {{ contact.n | default: 0 }}."},
    {"topic": "offers", "subject": "Offer", "body": "For you."},
    {"topic": "offers", "subject": "Offer", "body": "Or not.", "on_skip": "exit"},
    {"transactional": True, "subject": "Receipt", "body": "Thanks."},
    {"topic": "news", "subject": "Day", "body": "By day.", "quiet_hours": "21:00-08:00"},
    {
        "topic": "news",
        "subject": "Often",
        "body": "Nick {{ contact.nick | default: 'you' }}",
        "when": CONDITIONS[0],
    },
]
CHANGES: list[dict[str, Any]] = [
    {"update": {"contact.n": {"add": 1}}},
    {"update": {"contact.tags": {"append": "seen"}}},
    {"update": {"contact.n": "unset"}},
    {"unsubscribe": "news"},
    {"unsubscribe": "all"},
    {"subscribe": "offers"},
    {"assign": {"attribute": "contact.nick", "among": ["Ada", "Bob"], "by": "hash"}},
    {"subscribe": "all"},
    {"emit": "B", "properties": {"n": {"value": "contact.n"}}},
    {"emit": "C", "properties": {"n": 2}},
    {"emit": "Order", "properties": {"total": 5}},
    {
        "recommend": {
            "as": "picks",
            "from": "new_arrivals",
            "count": 2,
            "where": {"product.stock": {"gte": 1}},
        }
    },
    {"recommend": {"as": "picks", "from": "recently_viewed", "count": 2}},
]


@dataclass
class Ids:
    made: int = 0

    def next(self) -> str:
        self.made += 1
        return f"s{self.made}"


def steps(chance: Random, ids: Ids, depth: int) -> list[dict[str, Any]]:
    return [step(chance, ids, depth) for _ in range(chance.randint(1, 4 if depth else 2))]


def step(chance: Random, ids: Ids, depth: int) -> dict[str, Any]:
    kinds = ["wait", "wait", "send", "send", "change"] + ["wait_for", "wait_for", "branch", "split"] * (
        depth > 0
    )
    kinds += ["repeat"] * (depth > 0)
    plain: dict[str, Any] = {"id": ids.next()}
    match chance.choice(kinds):
        case "wait":
            plain |= chance.choice(WAITS)
        case "send":
            plain |= {"send": "email", **chance.choice(SENDS)}
        case "change":
            plain |= chance.choice(CHANGES)
            if "recommend" in plain:  # two of one name would hide each other
                plain["recommend"] = {**plain["recommend"], "as": f"picks_{plain['id']}"}
        case "wait_for":
            plain |= wait_for(chance)
            plain["then"] = steps(chance, ids, depth - 1)
            plain["else"] = steps(chance, ids, depth - 1)
        case "branch":
            ways = [{"if": chance.choice(CONDITIONS), "then": steps(chance, ids, depth - 1)}]
            plain["branch"] = [*ways, {"else": chance.choice([[], steps(chance, ids, depth - 1)])}]
        case "repeat":
            pause = {"id": ids.next(), "wait": chance.choice(["2 hours", "1 day"])}
            turn = [*steps(chance, ids, depth - 1), pause, *steps(chance, ids, depth - 1)]
            plain["repeat"] = {"times": chance.randint(1, 3), "steps": turn}
            plain["repeat"] |= {"while": chance.choice(CONDITIONS)} if chance.random() < 0.5 else {}
        case "split":
            plain["split"] = [
                {"name": name, "weight": 50, "then": steps(chance, ids, depth - 1)} for name in ("x", "y")
            ]
    if "when" not in plain and chance.randint(0, 5) == 0:
        plain["when"] = chance.choice(CONDITIONS)
    return plain


def wait_for(chance: Random) -> dict[str, Any]:
    up_to = chance.choice(["2 hours", "1 day", "3 days"])
    if chance.random() < 0.5:
        return {"wait_for": {"condition": chance.choice(CONDITIONS)}, "up_to": up_to}
    plain: dict[str, Any] = {"wait_for": chance.choice(EVENTS), "up_to": up_to}
    if chance.random() < 0.5:
        plain["since"] = "journey_start"
    if chance.random() < 0.5:
        plain["where"] = (
            {"event.n": {"gte": 1}} if plain["wait_for"] != "Order" else {"event.total": {"gte": 1}}
        )
    return plain


TRIGGERS: list[Any] = [
    {"event": "A"},
    {"event": "A"},
    {"event": "A", "key": "event.key"},
    {"event": "A", "where": {"event.n": {"gte": 1}}},
    {"segment": {"enters": "busy"}},
    {"segment": {"leaves": "busy"}},
    {"segment": {"enters": "loyal"}},
    {"segment": {"enters": "inside"}},
    [{"event": "B"}, {"segment": {"leaves": "loyal"}}],
    {"date": {"attribute": "contact.created_at", "every": "once", "offset": "2 days", "at": "09:00"}},
    {"date": {"attribute": "contact.born", "every": "year", "offset": "-1 days", "at": "09:00"}},
    {"schedule": {"every": "weekday", "at": "09:00", "audience": {"contact.n": {"gte": 2}}}},
    {
        "schedule": {
            "cron": "0 */8 * * *",
            "audience": {"did": "B", "within": "1 day"},
            "timezone": "Asia/Tokyo",
        }
    },
    [{"event": "B"}, {"schedule": {"every": ["tuesday", "friday"], "at": "18:00"}}],
    [{"event": "A"}, {"event": "Message Sent", "where": {"event.topic": "news"}}],
]
RE_ENTRIES: list[Any] = [
    "never",
    "always",
    {"after": "1 hour", "if_running": "restart"},
    {"after": "1 day", "if_running": "update"},
    {"after": "0 seconds", "if_running": "parallel", "max": 3},
]
EXITS: list[Any] = [
    None,
    [{"event": "C"}],
    [{"event": "C", "where": {"event.n": {"gte": 2}}}, {"when": {"contact.n": {"gte": 4}}}],
    [{"when": {"finished": "j0", "since": "journey_start"}}],
]
GOALS: list[Any] = [
    None,
    {"event": "Order", "within": "2 days", "revenue": "event.total"},
    {"event": "Order", "from": "entered", "exit": False},
    {"when": {"contact.n": {"gte": 3}}, "within": "5 days"},
]


def let_start(chance: Random, first: dict[str, Any], second: dict[str, Any]) -> None:
    """The second starts the first, somewhere on its way."""
    triggers = first["trigger"]
    first["trigger"] = [*(triggers if isinstance(triggers, list) else [triggers]), {"manual": True}]
    start: dict[str, Any] = {"id": "go", "start": "j0", "with": {"n": {"value": "contact.n"}}}
    if chance.random() < 0.5:
        start["key"] = chance.choice(["trigger.key", "k1"])
    second["steps"].insert(chance.randint(0, len(second["steps"])), start)


DATES: list[dict[str, Any]] = [
    {"starts": "2026-03-03 10:00"},
    {"ends": "2026-03-05T12:00:00Z"},
    {"starts": "2026-03-02 12:00", "ends": {"at": "2026-03-06 08:00", "inside": "stop"}},
    {"ends": {"at": "2026-03-09 23:59", "inside": "stop"}},
]


def journey(chance: Random, id: str) -> dict[str, Any]:
    plain: dict[str, Any] = {"dsl": 1, "journey": id, "status": "live", "owner": "o@shop.example"}
    if chance.randint(0, 4) == 0:
        plain["status"] = "shadow"
    if chance.randint(0, 4) == 0:
        plain |= chance.choice(DATES)
    plain["priority"] = chance.randint(0, 1)
    plain["trigger"] = chance.choice(TRIGGERS)
    plain["re_entry"] = chance.choice(RE_ENTRIES)
    exits, goal = chance.choice(EXITS), chance.choice(GOALS)
    plain |= {"exit_when": exits} if exits else {}
    plain |= {"goal": goal} if goal else {}
    if chance.randint(0, 3) == 0:
        plain["enter_when"] = chance.choice([CONDITIONS[2], CONDITIONS[3], {"contact.n": {"lt": 5}}])
        if "event" in plain["trigger"] and chance.random() < 0.5:
            plain["entry_grace"] = chance.choice(["2 hours", "2 days"])
    if chance.randint(0, 3) == 0:
        plain["holdout"] = chance.choice([50, 100])
    if chance.random() < 0.5:
        plain["defaults"] = {"quiet_hours": "22:00-07:00", "timezone": "contact"}
    plain["product"] = "trigger.product_id"
    plain["steps"] = steps(chance, Ids(), 2)
    return plain


def brings_values(trigger: Any) -> bool:
    """Whether all that lets in is an event with properties: nothing else has a `trigger.n`."""
    triggers = trigger if isinstance(trigger, list) else [trigger]
    return all(one.get("event") in ("A", "B") for one in triggers)


def without_trigger(plain: Any) -> Any:
    """The same journey, asking the contact where it asked the trigger."""
    if isinstance(plain, list):
        return [without_trigger(one) for one in plain]
    if not isinstance(plain, dict):
        return {"trigger.product_id": "contact.product_id", "trigger.key": "k1"}.get(str(plain), plain)
    if str(plain.get("every", "")).startswith("trigger."):
        return {"contact.n": {"gte": 1}}
    return {str(key).replace("trigger.n", "contact.n"): without_trigger(one) for key, one in plain.items()}


# --- lives ---------------------------------------------------------------------------------------

#: Whole hours and days, so that events often fall on the very instant of a timer.
BORN = ["1990-03-02", "1990-03-04", "1990-03-09", "1990-03-15", ""]
GAPS = [
    timedelta(0),
    timedelta(0),
    timedelta(0),
    *(timedelta(hours=h) for h in (1, 1, 2, 3, 6, 24, 24, 48, 72)),
]


def life(chance: Random, id: str) -> list[Item]:
    """The first item makes the contact known; then what it does and what is said of it, in order."""
    zone = chance.choice([None, "Europe/Zurich", "America/New_York", "Mars/Olympus"])
    topics = chance.choice([{}, {}, {"offers": True}, {"offers": True}, {"news": False}])
    email = chance.choice([f"{id}@shop.example"] * 7 + [None])
    contact = Contact(
        id,
        email,
        None,
        zone,
        attributes={"n": chance.randint(0, 3), "born": chance.choice(BORN)},
        topics=topics,
    )
    items: list[Item] = [Identified(f"{id}-0", id, START, START, contact)]
    now = START
    for number in range(1, chance.randint(3, 12) + 1):
        now += chance.choice(GAPS) + timedelta(minutes=chance.choice([0, 0, 0, 17]))
        items.append(item(chance, id, number, now))
    return items


def item(chance: Random, id: str, number: int, now: datetime) -> Item:
    # Nobody ever listens to a Look.
    name = chance.choice(["A", "A", "A", "B", "B", "C", "Order", "Look", "Look", "$identify"])
    if name == "$identify":
        said = chance.choice(
            [
                Contact(id, attributes={"n": 0}),
                Contact(id, attributes={"born": chance.choice(BORN)}),
                Contact(id, attributes={"n": 2}),
                Contact(id, attributes={"n": 5, "nick": "Ada"}),
                Contact(id, timezone="Asia/Tokyo"),
                Contact(id, topics={"news": False}),
                Contact(id, paused_until=now + timedelta(hours=36)),
                Contact(id, suppressed={"email": "hard_bounce"}),
            ]
        )
        return Identified(f"{id}-{number}", id, now, now, said)
    at = now - chance.choice(
        [timedelta(0)] * 6 + [timedelta(hours=2), timedelta(days=2), timedelta(hours=-1)]
    )
    properties: dict[str, Any] = {"n": chance.randint(0, 2), "total": 10}
    if chance.randint(0, 4):
        properties["key"] = chance.choice(["k1", "k2"])
    if chance.randint(0, 4):
        properties["product_id"] = chance.choice(PRODUCTS)
        properties["products"] = [{"product_id": id} for id in chance.sample(PRODUCTS, chance.randint(0, 2))]
    return Event(f"{id}-{number}", id, name, at, now, properties)


PRODUCTS = ["p1", "p2", "p3"]


def restocks(chance: Random) -> list[Restock]:
    """The product table before the start, and as it becomes: at instants at which nothing else happens."""
    now, found = START, [Restock(START, (a_product(chance, "p1"), a_product(chance, "p2")))]
    for _ in range(chance.randint(0, 6)):
        now += chance.choice(GAPS) + timedelta(seconds=chance.randint(1, 59))
        found.append(Restock(now, (a_product(chance, chance.choice(PRODUCTS)),)))
    return found


def a_product(chance: Random, id: str) -> Product:
    stock, price = chance.choice([0, 0, 1, 30]), chance.randint(0, 3)
    return {"id": id, "stock": stock, "price": price, "created_at": f"2026-03-0{id[1]}"}


# --- both, in the same words ---------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What one contact's life came to."""

    enrollments: tuple[Any, ...]
    messages: tuple[Any, ...]
    traces: tuple[Any, ...]


def enrolled(one: Enrollment) -> tuple[Any, ...]:
    stands = (one.step, one.due_at, one.owed_at) if one.is_running else ()
    left = (one.left_at, one.reason, one.outcome, one.detail)
    worth = (one.converted_at, one.revenue, one.goal_until)
    return (
        one.journey,
        one.entry_key,
        one.entered_at,
        one.serial,
        one.is_held_out,
        dict(one.trigger),
        stands,
        left,
        worth,
        one.steps,
    )


def released(message: Message, reply: str | None) -> tuple[Any, ...]:
    """What became of it after the release is the sender's business, except that it could not be rendered."""
    was_dropped = message.state == "dropped" and not (reply or "").startswith("just before DATA")
    state = ("dropped", message.reason) if was_dropped else ("released", None)
    state = (message.state, None) if message.state in ("held_out", "draft") else state
    return (
        message.journey,
        message.entry_key,
        message.step,
        message.iteration,
        state,
        message.at,
        message.to,
        message.message_id,
    )


def ordered(rows: Any) -> tuple[Any, ...]:
    return tuple(sorted(rows, key=repr))


def of_simulator(case: Case) -> Outcome:
    lines: dict[tuple[str, int], list[Any]] = {}
    for entry in case.traces:
        lines.setdefault((entry.journey, id(entry.enrollment)), []).append(entry.line)
    return Outcome(
        ordered(enrolled(one) for one in case.enrollments),
        ordered(released(message, None) for _, message in case.messages),
        ordered((journey, tuple(found)) for (journey, _), found in lines.items()),
    )


def of_daemon(store: Store, contact: str) -> Outcome:
    lines: dict[tuple[str, int | None], list[Any]] = {}
    for record in store.traces(contact):
        lines.setdefault((record.journey, record.enrollment_id), []).append(record.line)
    return Outcome(
        ordered(enrolled(one) for one in store.enrollments(contact)),
        ordered(released(item.message, item.reply) for item in store.messages(contact=contact, limit=10_000)),
        ordered((journey, tuple(found)) for (journey, _), found in lines.items()),
    )


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = Store.open(url)
    try:
        yield store
    finally:
        store.close()


CAPS = [
    *[{}] * 2,
    {"email": "1 per day"},
    {"all": "2 per 36 hours", "topic offers": "1 per 3 hours"},
    {"email": "1 per 1 hour", "topic news": "1 per 2 days"},
]


def policy(chance: Random) -> Policy:
    given = chance.choice(CAPS)
    return Policy(caps=tuple(cap for name, written in given.items() for cap in read_caps(name, written)))


def compare(
    url: str,
    folder: Path,
    texts: list[str],
    people: list[list[Item]],
    limits: Policy,
    stocked: list[Restock],
) -> None:
    files = {f"journeys/j{number}.yaml": text.encode() for number, text in enumerate(texts)}
    files |= {"journeys/catalog.yaml": SHOP.encode(), "journeys/segments.yaml": SEGMENTS.encode()}
    workspace = read_workspace(files)
    with opened(url) as store:
        report = apply(store, workspace, files, limits, None, None, START)
        assert report.is_clean, [(one.faults, one.refusals) for one in report.journeys]
        clock = VirtualClock(START)
        daemon = Daemon(store, CaptureChannel(folder / "captured"), limits, clock=clock)
        daemon.begin()
        try:
            items = sorted((item for lived in people for item in lived), key=lambda item: item.received_at)
            for restock in stocked:
                before = [item for item in items if item.received_at <= restock.at]
                if restock.at > START:
                    replay(daemon, clock, before, restock.at)
                    items = items[len(before) :]
                with store.page() as page:
                    page.put_products(restock.products, restock.at)
            replay(daemon, clock, items, UNTIL)
        finally:
            daemon.end()
        assert store.check() == []
        running = load_running(store, limits, None)
        for first, *lived in people:
            assert isinstance(first, Identified)
            contact = replace(first.traits, created_at=START)
            happenings: list[Happening] = [
                Change(item.received_at, item.traits) if isinstance(item, Identified) else item
                for item in lived
            ]
            happenings = sorted([*happenings, *stocked[1:]], key=when)
            shelves = Shelves(stocked[0].products)
            version = running.current["j0"]
            done = simulate(
                running.world, version, running.letters, contact, [], happenings, START, UNTIL, shelves
            )
            assert of_daemon(store, contact.id) == of_simulator(done.case)
            found = store.contact(contact.id)
            assert found == done.case.contact


def when(happening: Happening) -> datetime:
    return happening.received_at if isinstance(happening, Event) else happening.at


def shop_of(seed: int) -> tuple[list[str], list[list[Item]], Policy, list[Restock]]:
    chance = Random(seed)
    journeys = [journey(chance, f"j{number}") for number in range(chance.randint(1, 2))]
    if len(journeys) > 1 and chance.random() < 0.5:
        let_start(chance, *journeys)
    journeys = [one if brings_values(one["trigger"]) else without_trigger(one) for one in journeys]
    texts = [json.dumps(plain) for plain in journeys]
    people = [life(chance, f"c{number}") for number in range(chance.randint(1, 3))]
    for text in texts:
        note(text)  # hypothesis shows it when the test fails
    limits = policy(chance)
    note(str(limits.caps))
    return texts, people, limits, restocks(chance)


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.upgraded_sqlite(tmp_path_factory.mktemp("upgraded"))


@given(st.integers(0, 2**64))
@settings(max_examples=100)
def test_on_sqlite_the_daemon_does_what_the_simulator_does(upgraded: Path, seed: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="shop"))
    try:
        compare(databases.copy_of_sqlite(upgraded, folder), folder, *shop_of(seed))
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgres() -> Iterator[databases.Postgres]:
    with databases.postgres_server() as server:
        yield server


@pytest.mark.postgres
@given(st.integers(0, 2**64))
@settings(max_examples=10)
def test_on_postgresql_too(postgres: databases.Postgres, seed: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="shop"))
    try:
        compare(postgres.new(), folder, *shop_of(seed))
    finally:
        shutil.rmtree(folder)
