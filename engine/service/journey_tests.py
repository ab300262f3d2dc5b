"""Running tests.yaml: each test lives through its journey on a virtual clock, with messages rendered.

The journey runs as if it were live, whatever its status: a draft that could not be tested would stay one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.calendar.instants import read_instant
from engine.calendar.zones import zone_of
from engine.core.case import World
from engine.errors import JourneysError
from engine.intake.plain import read_contact
from engine.language.journey_file import JourneyFile
from engine.language.tests_file import JourneyTest
from engine.language.workspace import ROOT, Workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.fault import Fault
from engine.model.policy import Policy
from engine.service.expectations import Difference, Times, awaited, differences
from engine.service.faults import faults_of_journey
from engine.service.letters import Letters
from engine.service.shelves import Shelves
from engine.service.simulate import Happening, Restock, Simulation, simulate, world_of
from engine.service.story import Told, tell
from engine.service.upstream import own_part, with_upstream
from engine.service.versions import Version, bind_version


@dataclass(frozen=True, slots=True)
class Tried:
    """How one test went. `story` is what happened, told only when there are differences."""

    journey: str
    name: str
    differences: tuple[Difference, ...] = ()
    story: tuple[Told, ...] = ()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    place: str = ""  # FILE:LINE:COLUMN of the test

    @property
    def passed(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class JourneyTests:
    """The tests of one journey: results, faults that kept them from running, steps that none reached."""

    journey: str
    results: tuple[Tried, ...]
    unreached: tuple[str, ...]
    faults: tuple[Fault, ...] = ()


def run_tests(
    workspace: Workspace,
    files: Mapping[str, bytes],
    limits: Policy,
    unsubscribe: str,
    journeys: Iterable[str] | None = None,
) -> Iterator[JourneyTests]:
    """The tests of these journeys (None: of all), one journey after the other."""
    letters = Letters(workspace.catalog, unsubscribe)
    for id in sorted(workspace.journeys if journeys is None else journeys):
        journey = workspace.journeys[id]
        faults = _errors(journey, workspace, files)
        if faults or journey.compiled is None or journey.version is None:
            yield _not_run(journey, workspace, faults)
        else:
            version = _with_everybody(bind_version(journey.compiled, journey.version, "live"))
            yield _run(id, version, letters, workspace, limits)


def _with_everybody(version: Version) -> Version:
    """Nobody is held out in a test, which is about the way and not about the comparison."""
    return replace(version, journey=replace(version.journey, holdout=0.0))


def _errors(journey: JourneyFile, workspace: Workspace, files: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """What keeps tests from meaning anything: faults of the journey, of its tests, of what all share."""
    shared = tuple(f"{ROOT}/{name}" for name in ("catalog.yaml", "segments.yaml", "lifecycle.yaml"))
    found = [
        *(fault for fault in workspace.faults if fault.position.file in shared),
        *faults_of_journey(journey, workspace, files),
        *workspace.test_faults.get(journey.id, ()),
    ]
    return tuple(fault for fault in found if fault.severity == "error")


def _not_run(journey: JourneyFile, workspace: Workspace, faults: tuple[Fault, ...]) -> JourneyTests:
    """Every test of a faulty journey has failed; if they cannot be read either, one line stands for them."""
    words = tuple(Difference(f"{fault.position}: {fault.rule} {fault.message}") for fault in faults)
    tests = workspace.tests.get(journey.id, ())
    results = [Tried(journey.id, test.name, words, place=str(test.position)) for test in tests]
    if not results:
        results = [Tried(journey.id, faults[0].position.file if faults else journey.file, words)]
    return JourneyTests(journey.id, tuple(results), journey.steps, faults)


def _run(id: str, version: Version, letters: Letters, workspace: Workspace, limits: Policy) -> JourneyTests:
    results, reached = [], set[str]()
    versions = with_upstream(version, workspace.journeys)
    world = world_of(versions, workspace.catalog, workspace.segments, limits, workspace.lifecycle)
    for test in workspace.tests.get(id, ()):
        try:
            result, simulation = _try(id, test, version, letters, workspace, world)
        except JourneysError as error:  # a contact that cannot be read
            words = Difference(f"{error.message}. {error.help}".strip())
            results.append(Tried(id, test.name, (words,), place=str(test.position)))
            continue
        results.append(result)
        reached |= {entry.line.step for entry in simulation.case.traces}
    return JourneyTests(
        id, tuple(results), tuple(step for step in version.journey.steps if step not in reached)
    )


def _try(
    id: str, test: JourneyTest, version: Version, letters: Letters, workspace: Workspace, world: World
) -> tuple[Tried, Simulation]:
    contact, history = read_contact(test.contact)
    zone = zone_of(contact.timezone, workspace.catalog.timezone)[0]
    times = Times(read_instant(test.start, zone), zone)
    expected = [awaited(one, times) for one in test.expect]
    events: list[Happening] = [*_events(test, contact, times), *_restocks(test, times)]
    events.sort(key=_when)
    until = None if test.until is None else times.read(test.until)
    products = [row for at, row in test.products if at is None]
    shelves = Shelves(products, test.orders, test.coupons)
    simulation = simulate(world, version, letters, contact, history, events, times.start, until, shelves)
    simulation = own_part(simulation, id)
    found = tuple(differences(test, expected, simulation, zone))
    story = tuple(tell(simulation, version.journey, zone)) if found else ()
    return Tried(id, test.name, found, story, zone, str(test.position)), simulation


def _when(happening: Happening) -> datetime:
    return happening.received_at if isinstance(happening, Event) else happening.at


def _restocks(test: JourneyTest, times: Times) -> Iterator[Restock]:
    """Rows that become different in the course of the test."""
    for written, row in test.products:
        if written is not None:
            yield Restock(times.read(written), (row,))


def _events(test: JourneyTest, contact: Contact, times: Times) -> Iterator[Event]:
    for number, (written, name, properties) in enumerate(test.events, 1):
        at = times.read(written)
        yield Event(f"event-{number}", contact.id, name, at, at, properties)
