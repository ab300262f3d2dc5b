"""A daemon that comes late: what counts as the arrival, and since when it is late (language.md §5, §6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.core.case import Case, World
from engine.core.live import fire_timers, live
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.simulate import world_of
from engine.service.versions import bind_version

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
CATALOG = (
    b"topics: { t: { name: T, consent: opt_out } }\nsenders: { s: { from: Shop <hello@shop.example> } }\n"
)
HEADER = "dsl: 1\njourney: j\nstatus: live\nowner: ada@shop.example\ntrigger: { event: Go }\n"
DAILY = """\
defaults: { topic: t }
steps:
  - { id: a, wait: 1 hour }
  - { id: first, send: email, subject: S, body: B }
  - { id: b, wait: 1 day, until: "10:00" }
  - { id: second, send: email, subject: S, body: B }
"""
HELD = """\
defaults: { topic: t, quiet_hours: "21:00-08:00" }
steps:
  - { id: first, send: email, subject: S, body: B }
  - { id: pause, wait: 1 hour }
  - { id: second, send: email, subject: S, body: B }
"""


def world(journey: str) -> World:
    workspace = read_workspace(
        {"journeys/catalog.yaml": CATALOG, "journeys/j.yaml": (HEADER + journey).encode()}
    )
    assert [fault for fault in workspace.all_faults() if fault.severity == "error"] == []
    compiled = workspace.journeys["j"].compiled
    assert compiled is not None
    return world_of([bind_version(compiled, "1", "live")], workspace.catalog, {}, Policy())


def entered(world: World, at: datetime) -> Case:
    case = Case(Contact("ada", email="ada@shop.example"))
    live(case, world, [Event("e", "ada", "Go", at, at)], at)
    return case


def messages(case: Case) -> list[tuple[str, datetime, str | None]]:
    return [(message.step, message.at, message.reason) for _, message in case.messages]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=2), timedelta(hours=1)])
def test_up_to_an_hour_late_the_due_time_counts(late: timedelta) -> None:
    here = world(DAILY)
    case = entered(here, NINE)
    now = NINE + timedelta(hours=1) + late
    fire_timers(case, here, now, now)
    assert messages(case) == [("first", NINE + timedelta(hours=1), None)]
    assert case.enrollments[0].due_at == NINE + timedelta(hours=25)


def test_more_than_an_hour_late_the_real_time_counts() -> None:
    here = world(DAILY)
    case = entered(here, NINE)
    now = NINE + timedelta(hours=2, seconds=1)
    fire_timers(case, here, now, now)
    assert messages(case) == [("first", now, None)]
    assert case.enrollments[0].due_at == NINE + timedelta(
        hours=49
    )  # a day after 11:00:01, and then until 10:00


@pytest.mark.parametrize(("hours", "reason"), [(72, None), (72.001, "too_late")])
def test_lateness_counts_from_the_first_due_time(hours: float, reason: str | None) -> None:
    here = world(DAILY)
    case = entered(here, NINE)
    now = NINE + timedelta(hours=1 + hours)
    fire_timers(case, here, now, now)
    assert messages(case) == [("first", now, reason)]


def test_lateness_of_a_wait_is_over_with_the_next_wait() -> None:
    here = world(DAILY)
    case = entered(here, NINE)
    late = NINE + timedelta(hours=81)
    fire_timers(case, here, late, late)
    due = case.enrollments[0].due_at
    assert due is not None
    fire_timers(case, here, due, due)
    assert [(step, reason) for step, _, reason in messages(case)] == [("first", "too_late"), ("second", None)]


@pytest.mark.parametrize(("hours", "reason"), [(60, None), (62.001, "too_late")])
def test_a_held_message_fell_due_when_it_was_reached(hours: float, reason: str | None) -> None:
    """Held from 22:00 until 08:00, and then the daemon was down: 72 hours count from 22:00."""
    here = world(HELD)
    ten = NINE.replace(hour=22)
    case = entered(here, ten)
    assert messages(case) == []
    now = ten + timedelta(hours=10 + hours)
    fire_timers(case, here, now, now)
    assert messages(case) == [("first", now, reason)]


def test_a_late_daemon_does_not_send_in_quiet_hours() -> None:
    """Due at 20:30 and reached at 21:15: held by the clock on the wall until 08:00."""
    here = world(HELD.replace("steps:", "steps:\n  - { id: a, wait: 30 minutes }"))
    case = entered(here, NINE.replace(hour=20))
    now = NINE.replace(hour=21, minute=15)
    fire_timers(case, here, now, now)
    assert messages(case) == []
    assert case.enrollments[0].due_at == NINE.replace(day=3, hour=8)


def test_a_jump_forward_releases_what_has_become_due_once() -> None:
    here = world(HELD)
    case = entered(here, NINE)
    for _ in range(2):
        live(case, here, (), NINE + timedelta(hours=1, minutes=5))
    live(case, here, (), NINE)  # and back again
    assert messages(case) == [("first", NINE, None), ("second", NINE + timedelta(hours=1), None)]


def test_waits_shorter_than_the_delay_are_made_up_one_by_one() -> None:
    here = world(
        "defaults: { topic: t }\nsteps:\n  - { id: a, wait: 10 minutes }\n  - { id: b, wait: 10 minutes }\n"
        "  - { id: first, send: email, subject: S, body: B }\n"
    )
    case = entered(here, NINE)
    now = NINE + timedelta(minutes=55)
    fire_timers(case, here, now, now)
    assert messages(case) == [("first", NINE + timedelta(minutes=20), None)]


def test_an_event_comes_before_the_timer_of_the_same_instant_and_after_the_earlier_ones() -> None:
    here = world(DAILY.replace("steps:", "exit_when: [{ event: Stop }]\nsteps:"))
    at = NINE + timedelta(hours=1)
    case = entered(here, NINE)
    live(case, here, [Event("s", "ada", "Stop", at, at)], at + timedelta(minutes=3))
    assert messages(case) == []
    case = entered(here, NINE)
    after = at + timedelta(seconds=1)
    live(case, here, [Event("s", "ada", "Stop", after, after)], at + timedelta(minutes=3))
    assert messages(case) == [("first", at, None)]
    assert case.enrollments[0].reason == "exit"
