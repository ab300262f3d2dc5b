"""What happens to one contact, sentence by sentence of the language page, with the outcome written by hand.

A file of tests/golden/traces tells a contact, its events and what must come of them; nothing in it was
printed by the engine. Each is lived through twice, in the simulator and in a database. All times of a file
are in its `zone` (UTC unless it says otherwise) and in the year of `start`.

    about: the sentence that the case is about
    journey: |            header lines that say nothing here (dsl, journey, owner, status, topic) are added
    journeys: {id: |}     instead, when there are several
    catalog, segments, lifecycle: |   more of those files
    contact, start, until
    caps: {email: 1 per day}, retry_within: as in config.yaml
    events: [[received, name, properties, at]]   also [received, identify, traits], [received, product, row]
    products: rows of the product table from before the start
    commands: [[at, pause | resume | drain | stop, journey]]   the journey is j unless it says otherwise
    orders: [[p1, p2]] of others, from the day before; coupons: {pool: how many codes}
    expect:
      messages:    "03-28 20:00 first"; a dropped one has its reason behind: "03-28 20:00 first no_consent", a
                   held-out one or a draft that word
      enrollments: "03-28 19:00 .. 03-29 10:00 goal"; "[c1]" before it is the entry key, "03-28 19:00 at pause
                   until 03-29 09:00" stands there still, an outcome other than the reason follows in brackets
      not_entered, converted, trace, contact: where the case says something about them
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from engine.calendar.instants import read_instant
from engine.core.advance import Instant
from engine.core.case import Case, World
from engine.core.live import fire_timers, go_on, live, put_all_out
from engine.intake.lines import Identified
from engine.intake.plain import read_contact
from engine.language.workspace import Workspace, read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.journey import Held
from engine.model.message import Message
from engine.model.policy import Policy
from engine.model.position import Enrollment
from engine.model.result import Leave
from engine.model.stock import Coupon
from engine.model.trace import TraceLine
from engine.service.applying import apply
from engine.service.config_caps import read_caps
from engine.service.config_values import a_length
from engine.service.figures import count_sales
from engine.service.letters import Letters
from engine.service.operating import hold, resume
from engine.service.running import Running, load_running
from engine.service.schedules import next_due
from engine.service.shelves import Shelves
from engine.service.simulate import (
    Change,
    Happening,
    Restock,
    Simulation,
    begin,
    change,
    run_out,
    simulate,
    world_of,
)
from engine.service.take import enroll, take
from engine.service.versions import Version, bind_version
from engine.service.walk import walk
from engine.store.database import Store
from tests.support.databases import copy_of_sqlite, upgraded_sqlite

FOLDER = Path(__file__).parent / "traces"
FILES = sorted(FOLDER.glob("*.yaml"))

CATALOG = """\
topics:
  t: { name: Told unless refused, consent: opt_out }
  n: { name: Told when wanted, consent: opt_in }
  o: { name: Orders, consent: none }
senders: { s: { from: "Shop <hello@shop.example>" } }
"""
HEADER = {
    "dsl": "1",
    "owner": "ada@shop.example",
    "status": "live",
    "defaults": "{ topic: t }",
    "trigger": "{ event: Go }",
}


class _Plain(yaml.SafeLoader):
    """Times stay text, so that the reader of a case sees them as the engine is given them."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


#: What a command does; None: it lets the journey go on.
HELD: Mapping[str, Held | None] = {"pause": "paused", "drain": "stopping", "stop": "stopped", "resume": None}


@dataclass(frozen=True)
class Command:
    """Somebody operates a journey."""

    at: datetime
    held: Held | None
    journey: str


@dataclass(frozen=True)
class Golden:
    """One file, read."""

    name: str
    plain: Mapping[str, Any]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plain.get("zone", "UTC"))

    def instant(self, text: str) -> datetime:
        """`03-28 20:00` in the year of the start; a full ISO instant as it is."""
        year = str(self.plain["start"])[:4]
        return read_instant(f"{year}-{text}" if text[2] == "-" else text, self.zone)

    def shown(self, at: datetime) -> str:
        text = at.astimezone(self.zone).strftime("%m-%d %H:%M:%S").removesuffix(":00")
        return text if f"{at.astimezone(self.zone):%Y}" == str(self.plain["start"])[:4] else f"{at:%Y}-{text}"

    @property
    def start(self) -> datetime:
        return self.instant(str(self.plain["start"]))

    @property
    def until(self) -> datetime | None:
        return self.instant(self.plain["until"]) if "until" in self.plain else None

    @property
    def policy(self) -> Policy:
        caps = self.plain.get("caps", {})
        return Policy(
            caps=tuple(cap for name, written in caps.items() for cap in read_caps(name, written)),
            retry_within=a_length(self.plain.get("retry_within", "24 hours")),
        )

    def workspace(self) -> Workspace:
        journeys = self.plain.get("journeys") or {"j": self.plain["journey"]}
        files = {f"journeys/{id}.yaml": _with_header(id, text) for id, text in journeys.items()}
        files["journeys/catalog.yaml"] = (CATALOG + self.plain.get("catalog", "")).encode()
        if "segments" in self.plain:
            files["journeys/segments.yaml"] = self.plain["segments"].encode()
        if "lifecycle" in self.plain:
            files["journeys/lifecycle.yaml"] = self.plain["lifecycle"].encode()
        found = read_workspace(files)
        faults = [fault for fault in found.all_faults() if fault.severity == "error"]
        mistakes = [f"{fault.position} {fault.message}" for fault in faults]
        assert not mistakes, mistakes
        return found

    def contact(self) -> tuple[Contact, list[Event]]:
        return read_contact({"id": "ada", "email": "ada@shop.example", **self.plain.get("contact", {})})

    def products(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.plain.get("products", ())]

    def orders(self) -> list[list[str]]:
        return list(self.plain.get("orders", ()))

    def coupons(self) -> dict[str, int]:
        return dict(self.plain.get("coupons", {}))

    def ordered(self) -> list[Event]:
        """The orders of others, as events of theirs."""
        at = self.start - timedelta(days=1)
        return [
            Event(
                f"o{n}",
                f"other{n}",
                "Order Completed",
                at,
                at,
                {"products": [{"product_id": id} for id in ids]},
            )
            for n, ids in enumerate(self.orders())
        ]

    def happenings(self, contact: Contact) -> list[Happening]:
        told = enumerate(self.plain.get("events", ()))
        return [self._happening(number, one, contact) for number, one in told]

    def commands(self) -> list[Command]:
        told = ([*one, "j"][:3] for one in self.plain.get("commands", ()))
        return [Command(self.instant(at), HELD[verb], journey) for at, verb, journey in told]

    def _happening(self, number: int, one: list[Any], contact: Contact) -> Happening:
        received_at, name = self.instant(one[0]), one[1]
        properties = one[2] if len(one) > 2 and one[2] is not None else {}
        if name == "identify":
            return Change(received_at, read_contact({"id": contact.id, **properties})[0])
        if name == "product":
            return Restock(received_at, (properties,))
        at = self.instant(one[3]) if len(one) > 3 else received_at
        return Event(f"e{number}", contact.id, name, at, received_at, properties)


def _with_header(id: str, text: str) -> bytes:
    given = {line.split(":")[0] for line in text.splitlines()}
    missing = {"journey": id, **HEADER}
    return ("".join(f"{k}: {v}\n" for k, v in missing.items() if k not in given) + text).encode()


def read(file: Path) -> Golden:
    return Golden(file.stem, yaml.load(file.read_text(encoding="utf-8"), _Plain))


def bound(workspace: Workspace) -> list[Version]:
    versions = []
    for journey in workspace.journeys.values():
        assert journey.compiled is not None
        assert journey.version is not None
        versions.append(bind_version(journey.compiled, journey.version, journey.status))
    return versions


def world(workspace: Workspace, versions: list[Version], policy: Policy) -> World:
    return world_of(versions, workspace.catalog, workspace.segments, policy, workspace.lifecycle)


def played(golden: Golden) -> Simulation:
    workspace = golden.workspace()
    versions = bound(workspace)
    contact, history = golden.contact()
    if golden.commands():
        return operated(golden, workspace, versions)
    return simulate(
        world(workspace, versions, golden.policy),
        versions[0],
        Letters(workspace.catalog, "mailto:unsubscribe@shop.example"),
        contact,
        history,
        golden.happenings(contact),
        golden.start,
        golden.until,
        Shelves(golden.products(), golden.orders(), golden.coupons()),
    )


def operated(golden: Golden, workspace: Workspace, versions: list[Version]) -> Simulation:
    """In memory, with somebody who pauses and resumes: what the service does page by page."""
    contact, history = golden.contact()
    case = Case(contact)
    for event in history:
        case.history.setdefault(event.name, []).append(event)
    now = golden.start
    begin(case, world(workspace, versions, golden.policy), versions[0], now)
    for one in in_time(golden.happenings(contact), golden.commands()):
        now = _when(one)
        there = world(workspace, versions, golden.policy)
        match one:
            case Command():
                fire_timers(case, there, now, None, is_inclusive=False)
                versions = [held(version, one) for version in versions]
                obey(case, world(workspace, versions, golden.policy), one)
            case Change():
                change(case, there, one.traits, Instant(now, now), None)
            case Event():
                live(case, there, [one], None)
            case Restock():
                raise AssertionError("no case with commands changes products")
    return Simulation(case, run_out(case, world(workspace, versions, golden.policy), now, golden.until))


def in_time(happenings: Sequence[Happening], commands: Sequence[Command]) -> list[Happening | Command]:
    """At one instant commands come first."""
    found: list[Happening | Command] = [*commands, *happenings]
    return sorted(found, key=_when)


def held(version: Version, command: Command) -> Version:
    if version.journey.id != command.journey:
        return version
    return replace(version, journey=replace(version.journey, held=command.held))


def obey(case: Case, world: World, command: Command) -> None:
    when, journey = Instant(command.at, command.at), world.journeys[command.journey]
    if command.held == "stopped":
        put_all_out(case, world, journey, Leave("stopped"), when)
    elif command.held != "paused":
        go_on(case, world, journey, when)


# --- in words --------------------------------------------------------------------------------------


def told(golden: Golden, simulation: Simulation) -> dict[str, Any]:
    """What happened, in the words that the files use."""
    case = simulation.case
    lines = [(one.journey, one.line) for one in case.traces]
    found = in_words(golden, case.contact, case.enrollments, [message for _, message in case.messages], lines)
    trace = [" ".join(filter(None, [golden.shown(line.at), line.step, line.did])) for _, line in lines]
    return found | {"trace": trace}


def in_words(
    golden: Golden,
    contact: Contact,
    enrollments: Sequence[Enrollment],
    messages: Sequence[Message],
    lines: Sequence[tuple[str, TraceLine]],
) -> dict[str, Any]:
    several = "journeys" in golden.plain
    return {
        "messages": [_message(golden, message, several) for message in messages],
        "enrollments": [_enrollment(golden, enrollment, several) for enrollment in enrollments],
        "not_entered": [
            _refusal(golden, of, line, several) for of, line in lines if line.did == "not_entered"
        ],
        "converted": [_converted(golden, e, several) for e in enrollments if e.converted_at is not None],
        "contact": {**contact.attributes, "stage": contact.stage},
    }


def _message(golden: Golden, message: Message, several: bool) -> str:
    parts = [golden.shown(message.at), *([message.journey] if several else []), message.step, message.reason]
    parts.append(message.state if message.state in ("held_out", "draft") else None)
    return " ".join(part for part in parts if part)


def _enrollment(golden: Golden, e: Enrollment, several: bool) -> str:
    parts = [
        e.journey if several else "",
        f"[{e.entry_key}]" if e.entry_key else "",
        golden.shown(e.entered_at),
    ]
    if e.left_at is None:
        parts.append(f"at {e.step}" + ("" if e.due_at is None else f" until {golden.shown(e.due_at)}"))
    else:
        outcome = "" if e.outcome == e.reason else f" ({e.outcome})"
        parts.append(f".. {golden.shown(e.left_at)} {e.reason}{outcome}")
    return " ".join(filter(None, parts))


def _refusal(golden: Golden, of: str, line: TraceLine, several: bool) -> str:
    return f"{golden.shown(line.at)} {f'{of} ' if several else ''}{line.why.partition(':')[0]}"


def _converted(golden: Golden, e: Enrollment, several: bool) -> str:
    assert e.converted_at is not None
    journey = f"{e.journey} " if several else ""
    worth = "" if e.revenue is None else f" {e.revenue:g}"
    return f"{journey}{golden.shown(e.entered_at)} at {golden.shown(e.converted_at)}{worth}"


# --- the daemon ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shop:
    """The same case in a database: what comes in is taken, what is due is walked, each at its own time."""

    golden: Golden
    store: Store

    def play(self) -> dict[str, Any]:
        golden, workspace = self.golden, self.golden.workspace()
        contact, history = golden.contact()
        with self.store.page() as page:
            page.take_events(history)
            page.put_products(golden.products(), golden.start - timedelta(days=1))
            for pool, count in golden.coupons().items():
                page.put_coupons(pool, [Coupon(0, f"{pool}-{n}") for n in range(count)])
            page.take_events(golden.ordered())
        count_sales(self.store, golden.start)
        apply(self.store, workspace, {}, golden.policy, None, None, golden.start)
        running = load_running(self.store, golden.policy, None)
        born = Identified("born", contact.id, golden.start, golden.start, contact)
        take(self.store, running, [born], golden.start)
        for journey in running.world.journeys.values():
            if all(trigger.kind == "manual" for trigger in journey.triggers):
                enroll(self.store, running, journey.id, contact.id, {}, golden.start)
        told = enumerate(in_time(golden.happenings(contact), golden.commands()))
        for (at, _), batch in groupby(told, key=lambda one: (_when(one[1]), isinstance(one[1], Command))):
            running = running.renewed()
            self.pass_time(running, at, is_inclusive=False)
            happened = list(batch)
            self.operate(running, [one for _, one in happened if isinstance(one, Command)])
            items = [
                _item(n, one, contact.id) for n, one in happened if not isinstance(one, Restock | Command)
            ]
            if items:
                take(self.store, running, items, at)
            with self.store.page() as page:
                for _, one in happened:
                    if isinstance(one, Restock):
                        page.put_products(one.products, at)
        running = running.renewed()
        self.pass_time(running, golden.until or golden.start + timedelta(days=3650), is_inclusive=True)
        assert self.store.check() == []
        return self.told(contact.id)

    def operate(self, running: Running, commands: Sequence[Command]) -> None:
        for one in commands:
            if one.held is None:
                resume(self.store, running, one.journey, one.at)
            else:
                hold(self.store, running, one.journey, one.held, "ada", one.at)

    def pass_time(self, running: Running, until: datetime, *, is_inclusive: bool) -> None:
        def next_instant() -> datetime | None:
            return next_due(self.store, running)

        while (due := next_instant()) is not None and (due < until or (is_inclusive and due == until)):
            walk(self.store, running, due)

    def told(self, id: str) -> dict[str, Any]:
        contact = self.store.contact(id)
        assert contact is not None
        messages = sorted(
            (item.message for item in self.store.messages(contact=id, limit=1000)), key=lambda m: (m.at, m.id)
        )
        lines = [(record.journey, record.line) for record in self.store.traces(id)]
        return in_words(self.golden, contact, self.store.enrollments(id), messages, lines)


def _when(one: Happening | Command) -> datetime:
    return one.received_at if isinstance(one, Event) else one.at


def _item(number: int, one: Event | Change, contact: str) -> Event | Identified:
    return one if isinstance(one, Event) else Identified(f"i{number}", contact, one.at, one.at, one.traits)


@pytest.fixture(scope="session")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return upgraded_sqlite(tmp_path_factory.mktemp("golden"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_daemon_does_the_same(file: Path, upgraded: Path, tmp_path: Path) -> None:
    golden = read(file)
    store = Store.open(copy_of_sqlite(upgraded, tmp_path))
    try:
        found = Shop(golden, store).play()
    finally:
        store.close()
    expected = golden.plain["expect"]
    for key in ("messages", "enrollments", "not_entered", "converted"):
        assert sorted(found[key]) == sorted(expected.get(key) or []), f"{file.name}: {golden.plain['about']}"
    for name, value in expected.get("contact", {}).items():
        assert found["contact"].get(name) == value, f"{file.name}: {golden.plain['about']}"


# --- the simulator -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_happens_is_what_the_page_says(file: Path) -> None:
    golden = read(file)
    expected = golden.plain["expect"]
    found = told(golden, played(golden))
    for key in ("messages", "enrollments"):
        assert found[key] == (expected.get(key) or []), f"{file.name}: {golden.plain['about']}"
    for key in ("not_entered", "converted"):
        assert found[key] == (expected.get(key) or []), f"{file.name}: {golden.plain['about']}"
    if "trace" in expected:
        assert found["trace"] == expected["trace"], f"{file.name}: {golden.plain['about']}"
    for name, value in expected.get("contact", {}).items():
        assert found["contact"].get(name) == value, f"{file.name}: {golden.plain['about']}"


def test_there_are_cases_for_the_page() -> None:
    assert len(FILES) >= 60
    assert all(read(file).plain["about"] for file in FILES)
