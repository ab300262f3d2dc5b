"""Events of the engine's own: in history at once, heard in order, never twice, and never in a circle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.core.advance import Instant
from engine.core.case import Case, World
from engine.core.live import contact_changed, fire_timers, live
from engine.core.tell import tell
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.simulate import world_of
from engine.service.versions import bind_version

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def world(**bodies: str) -> World:
    files = {
        f"journeys/{id}.yaml": f"dsl: 1\njourney: {id}\nstatus: live\nowner: a@b.example\n{body}".encode()
        for id, body in bodies.items()
    }
    workspace = read_workspace(files)
    assert [fault for fault in workspace.all_faults() if fault.severity == "error"] == []
    versions = [bind_version(file.compiled or {}, id, "live") for id, file in workspace.journeys.items()]
    return world_of(versions, workspace.catalog, workspace.segments, Policy())


def lines(case: Case, journey: str) -> list[tuple[str, str]]:
    return [(entry.line.did, entry.line.why) for entry in case.traces if entry.journey == journey]


def test_it_makes_people_enter_wakes_those_who_wait_and_lets_others_leave() -> None:
    here = world(
        enters="trigger: { event: Told, where: { event.n: 2 } }\nsteps: [{ id: w, wait: 1 day }]\n",
        leaves="trigger: { event: Go }\nexit_when: [{ event: Told }]\nsteps: [{ id: w, wait: 1 day }]\n",
        waits="trigger: { event: Go }\nsteps:\n  - { id: w, wait_for: Told, up_to: 1 day }\n",
    )
    case = Case(Contact("ada"))
    live(case, here, [Event("e", "ada", "Go", TEN, TEN)], None)
    tell(case, "Told", {"n": 2}, TEN + HOUR, source="test")
    contact_changed(case, here, Instant(TEN + HOUR, TEN + HOUR))
    assert {(e.journey, e.reason, e.left_at) for e in case.enrollments} == {
        ("enters", None, None),
        ("leaves", "exit", TEN + HOUR),
        ("waits", "completed", TEN + HOUR),
    }
    assert [event.at for event in case.history["Told"]] == [TEN + HOUR]
    assert not case.has_news


def test_the_same_work_done_again_tells_the_same_event_once() -> None:
    one, other, case = Case(Contact("ada")), Case(Contact("ben")), Case(Contact("ada"))
    first = tell(one, "Told", {}, TEN, source="a")
    assert tell(case, "Told", {}, TEN, source="a") == first
    tell(case, "Told", {}, TEN, source="a")
    assert len(case.told) == len(case.unheard) == len(case.history["Told"]) == 1
    ids = {first.message_id, tell(other, "Told", {}, TEN, source="a").message_id}
    ids |= {tell(case, "Told", {}, TEN, source="b").message_id}
    ids |= {tell(case, "Told", {}, TEN + HOUR, source="a").message_id}
    assert len(ids) == 4


def test_an_enrollment_hears_its_own_event_as_an_exit_but_no_later_wait_of_its_own_catches_it() -> None:
    here = world(j="trigger: { event: Go }\nsteps:\n  - { id: w, wait_for: Told, up_to: 1 day }\n")
    case = Case(Contact("ada"))
    live(case, here, [Event("e", "ada", "Go", TEN, TEN)], None)
    tell(case, "Told", {}, TEN, source="step", enrollment=case.enrollments[0])
    contact_changed(case, here, Instant(TEN, TEN))
    assert case.enrollments[0].left_at is None
    fire_timers(case, here, TEN + 24 * HOUR, None)
    assert case.enrollments[0].left_at == TEN + 24 * HOUR


def test_the_journey_that_told_it_is_not_entered_by_it() -> None:
    here = world(
        j="trigger: [{ event: Go }, { event: Told }]\nre_entry: { if_running: parallel }\n"
        "steps: [{ id: w, wait: 1 day }]\n"
    )
    case = Case(Contact("ada"))
    live(case, here, [Event("e", "ada", "Go", TEN, TEN)], None)
    tell(case, "Told", {}, TEN, source="step", enrollment=case.enrollments[0])
    contact_changed(case, here, Instant(TEN, TEN))
    assert len(case.enrollments) == 1
    assert lines(case, "j")[-1] == ("not_entered", "loop: j → j")
