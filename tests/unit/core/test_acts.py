"""Steps that act upon other journeys, at the edges: one that is not there, and two that call for ever."""

from __future__ import annotations

from engine.core.case import Case
from engine.core.live import live
from engine.model.contact import Contact
from engine.model.event import Event
from tests.unit.core.test_tell import HOUR, TEN, lines, world

HEARS_AND_TELLS = """\
trigger: {{ event: Go }}
steps:
  - id: rounds
    repeat:
      times: 300
      steps:
        - id: heard
          wait_for: {hears}
          up_to: 1 day
          then: [{{ id: tell, emit: {tells} }}]
          else: [{{ id: over, end: over }}]
"""


def lived(*names: str, **journeys: str) -> Case:
    case = Case(Contact("ada"))
    times = enumerate(names)
    events = [Event(f"e{n}", "ada", name, TEN + n * HOUR, TEN + n * HOUR, {}) for n, name in times]
    live(case, world(**journeys), events, None)
    return case


def test_two_who_answer_each_other_for_ever_are_stopped_and_it_is_said() -> None:
    ping = HEARS_AND_TELLS.format(hears="Pong", tells="Ping")
    pong = HEARS_AND_TELLS.format(hears="Ping", tells="Pong")
    case = lived("Go", "Ping", ping=ping, pong=pong)
    assert [e.left_at for e in case.enrollments] == [None, None]
    warned = [e.line.why for e in case.traces if e.line.did == "warned"]
    assert len(warned) == 1
    assert warned[0].startswith("loop: ")
    assert 40 < len(case.history["Ping"]) + len(case.history["Pong"]) < 60


def test_what_follows_at_the_next_event_begins_anew() -> None:
    ping = HEARS_AND_TELLS.format(hears="Pong", tells="Ping")
    pong = HEARS_AND_TELLS.format(hears="Ping", tells="Pong")
    once, twice = (lived("Go", *["Ping"] * n, ping=ping, pong=pong) for n in (1, 2))
    assert len(twice.history["Pong"]) > len(once.history["Pong"]) + 20


def test_a_journey_that_starts_one_that_stopped_being_manual_is_told_so() -> None:
    here = world(
        child="trigger: { event: Never }\nsteps: [{ id: w, wait: 1 day }]\n",
        parent="trigger: { event: Go }\nsteps: [{ id: s, wait: 1 hour }]\n",
    )
    case = Case(Contact("ada"))
    starting = world(
        child="trigger: { manual: true }\nsteps: [{ id: w, wait: 1 day }]\n",
        parent="trigger: { event: Go }\nsteps: [{ id: s, start: child }]\n",
    )
    here.journeys["parent"] = starting.journeys["parent"]  # type: ignore[index]  # the child was applied later
    live(case, here, [Event("e", "ada", "Go", TEN, TEN)], None)
    assert lines(case, "child") == [("not_entered", "not_manual: started by parent")]


def test_a_journey_that_starts_one_that_is_not_there_goes_on() -> None:
    starting = world(
        child="trigger: { manual: true }\nsteps: [{ id: w, wait: 1 day }]\n",
        parent="trigger: { event: Go }\nsteps: [{ id: s, start: child }]\n",
    )
    del starting.journeys["child"]  # type: ignore[attr-defined]
    case = Case(Contact("ada"))
    live(case, starting, [Event("e", "ada", "Go", TEN, TEN)], None)
    assert ("warned", "would start child, which does not run here") in lines(case, "parent")
    assert case.enrollments[0].reason == "completed"
