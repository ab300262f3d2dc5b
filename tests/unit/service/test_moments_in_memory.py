"""Dates and schedules where one contact lives in memory: until when they fire, and what they do there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.core.case import Case, Moment
from engine.core.moments import keep_moments
from engine.intake.lines import Identified
from engine.language.workspace import Workspace, read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.backtest import Backtest, backtest
from engine.service.journey_tests import run_tests
from engine.service.letters import Letters
from engine.service.set_aside import held_back, put_off_moments
from engine.service.simulate import Simulation, simulate, world_of
from engine.service.versions import Version, bind_version
from tests.support.shops import CATALOG, START, journey

DAY = timedelta(days=1)
WEEKLY = "trigger: { schedule: { every: [monday, wednesday], at: 12:00, timezone: UTC } }\n"
BIRTHDAY = "trigger: { date: { attribute: contact.born, every: year } }\n"
WAITS = "steps: [{ id: pause, wait: 30 days }]\n"


def shop(text: str, **more: str) -> tuple[Workspace, dict[str, bytes]]:
    files = {
        "journeys/catalog.yaml": CATALOG.encode(),
        "journeys/j/journey.yaml": journey("j", text).encode(),
    }
    files |= {f"journeys/j/{name}.yaml": content.encode() for name, content in more.items()}
    workspace = read_workspace(files)
    assert [fault for fault in workspace.all_faults() if fault.severity == "error"] == []
    return workspace, files


def version_of(workspace: Workspace) -> Version:
    file = workspace.journeys["j"]
    assert file.compiled is not None
    assert file.version is not None
    return bind_version(file.compiled, file.version, "live")


def lived(text: str, *events: Event, until: datetime | None = None, **attributes: object) -> Simulation:
    workspace, _ = shop(text)
    version = version_of(workspace)
    world = world_of([version], workspace.catalog, workspace.segments, Policy())
    contact = Contact("ada", "ada@shop.example", timezone="UTC", attributes=attributes)
    letters = Letters(workspace.catalog, "mailto:x@shop.example")
    return simulate(world, version, letters, contact, [], list(events), START, until)


def keys(simulation: Simulation) -> list[str]:
    return [enrollment.entry_key for enrollment in simulation.case.enrollments]


def event(at: datetime) -> Event:
    return Event(f"e{at.isoformat()}", "ada", "A", at, at)


# --- until when ----------------------------------------------------------------------------------


def test_without_an_end_the_first_moment_comes_and_no_second() -> None:
    """A schedule fires for ever, and people stay longer than until it fires again."""
    done = lived(WEEKLY + WAITS)
    assert keys(done) == ["2026-03-02T12:00"]
    assert done.ended_at == START + timedelta(days=30, hours=4)


def test_without_an_end_moments_come_until_the_last_event() -> None:
    assert keys(lived(WEEKLY + WAITS, event(START + 7 * DAY))) == ["2026-03-02T12:00", "2026-03-04T12:00"]


def test_a_moment_far_away_is_waited_for() -> None:
    assert keys(lived(BIRTHDAY + WAITS, born="1990-03-01")) == ["2027-03-01"]
    assert keys(lived(BIRTHDAY + WAITS)) == []


def test_until_is_inclusive() -> None:
    noon = START + timedelta(hours=4)
    assert keys(lived(WEEKLY + WAITS, until=noon)) == ["2026-03-02T12:00"]
    assert keys(lived(WEEKLY + WAITS, until=noon - timedelta(seconds=1))) == []


def test_who_has_entered_by_an_event_waits_for_no_moment() -> None:
    text = "trigger: [{ event: A }, { date: { attribute: contact.born, every: year } }]\n"
    assert keys(lived(text + WAITS, event(START), born="1990-03-04")) == [""]


def test_an_audience_is_asked_each_time() -> None:
    text = WEEKLY.replace("timezone: UTC", "timezone: UTC, audience: { did: A, within: 1 day }")
    done = lived(text + WAITS, event(START + 2 * DAY), until=START + 14 * DAY)
    assert keys(done) == ["2026-03-04T12:00"]


def test_journey_tests_need_no_end() -> None:
    letter = "defaults: { topic: news }\nsteps: [{ id: hello, send: email, subject: Hello, body: Hello. }]\n"
    tests = """\
tests:
  - name: on the day
    contact: { email: ada@shop.example, born: 1992-02-29, timezone: Asia/Tokyo }
    start: 2026-02-01 00:00
    expect: [{ at: 2026-02-28 00:00, send: hello }]
  - name: each year
    contact: { email: ada@shop.example, born: 1992-02-29, timezone: Asia/Tokyo }
    start: 2027-02-01 00:00
    until: 2028-03-01 00:00
    expect: [{ at: 2027-02-28 00:00, send: hello }, { at: 2028-02-29 00:00, send: hello }]
"""
    workspace, files = shop(BIRTHDAY + letter, tests=tests)
    (done,) = run_tests(workspace, files, Policy(), "mailto:x@shop.example")
    assert [(one.name, one.differences) for one in done.results] == [("on the day", ()), ("each year", ())]
    assert done.unreached == ()


# --- backtest ------------------------------------------------------------------------------------


def replayed(text: str, until: datetime | None = None) -> Backtest:
    workspace, _ = shop(text)
    version = version_of(workspace)
    world = world_of([version], workspace.catalog, workspace.segments, Policy())
    told = [
        Identified(f"i{n}", f"c{n}", START + n * DAY, START + n * DAY, Contact(f"c{n}", timezone="UTC"))
        for n in range(3)
    ]
    last = replace(event(START + 9 * DAY), contact_id="c0")
    return backtest(world, version, [*told, last], until)


@pytest.mark.parametrize(
    ("until", "entered"), [(None, 3 + 2 + 2), (START + 2 * DAY, 1), (START + timedelta(days=2, hours=4), 4)]
)
def test_a_backtest_fires_for_every_contact_until_its_end(until: datetime | None, entered: int) -> None:
    """Noon of 2, 4 and 9 March; the file ends on the 11th at eight, people come on the 2nd, 3rd and 4th."""
    assert replayed(WEEKLY + "steps: [{ id: pause, wait: 1 hour }]\n", until).entered == entered


# --- what breaks ---------------------------------------------------------------------------------


def test_moments_of_a_journey_held_back_stay_and_are_put_off() -> None:
    due, coming, other = Moment(START, "j#1", "a"), Moment(START + DAY, "j#1", "b"), Moment(START, "k#2", "c")
    case = Case(Contact("ada"), moments={due, coming, other})
    with held_back(case, ("j",)):
        assert case.moments == {other}
    assert case.moments == {due, coming, other}
    put_off_moments(case, START, ("j",))
    later = replace(due, at=START + timedelta(minutes=5))
    assert case.moments == {later, coming, other}


def test_a_moment_that_is_due_and_still_holds_is_kept_by_a_change() -> None:
    """The daemon is late: the contact's data changes before the moment was worked on."""
    workspace, _ = shop(BIRTHDAY + WAITS)
    world = world_of([version_of(workspace)], workspace.catalog, {}, Policy())
    case = Case(Contact("ada", timezone="UTC", attributes={"born": "1990-03-04"}))
    keep_moments(case, world, START)
    (moment,) = case.moments
    assert moment.at == datetime(2026, 3, 4, tzinfo=UTC)
    keep_moments(case, world, moment.at + DAY)
    assert case.moments == {moment}
    case.contact = Contact("ada", timezone="UTC", attributes={"born": "1990-03-05"})
    keep_moments(case, world, moment.at + 2 * DAY)
    assert [one.key for one in case.moments] == ["2027-03-05"]
