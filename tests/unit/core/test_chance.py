"""What is left to chance and yet always the same: jitter and split (language.md §3, §5)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta

from engine.core.case import Case, World
from engine.core.live import live, next_due
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.simulate import world_of
from engine.service.versions import bind_version

FRIDAY = datetime(2026, 3, 6, 17, tzinfo=UTC)
HEADER = (
    "dsl: 1\njourney: j\nstatus: live\nowner: ada@shop.example\ntrigger: { event: Go }\nre_entry: always\n"
)


def world(steps: str) -> World:
    workspace = read_workspace({"journeys/j.yaml": (HEADER + steps).encode()})
    assert [fault for fault in workspace.all_faults() if fault.severity == "error"] == []
    compiled = workspace.journeys["j"].compiled
    assert compiled is not None
    return world_of([bind_version(compiled, "1", "live")], workspace.catalog, {}, Policy())


def entered(world: World, name: str, at: datetime) -> Case:
    case = Case(Contact(name))
    live(case, world, [Event("e", name, "Go", at, at)], None)
    return case


def test_jitter_is_added_last_and_stays_inside() -> None:
    here = world(
        "steps: [{ id: a, wait: 30 minutes, between: '09:00-18:00', days: mon-fri, jitter: 2 hours }]\n"
    )
    ends = [next_due(entered(here, f"c{n}", FRIDAY), here) for n in range(200)]
    assert all(end is not None and FRIDAY + timedelta(minutes=30) <= end for end in ends)
    assert all(end is not None and end.date() == FRIDAY.date() and end.time() < time(18) for end in ends)
    assert len(set(ends)) > 150
    assert ends[0] == next_due(entered(here, "c0", FRIDAY), here)


def test_a_split_is_sticky_and_even() -> None:
    here = world(
        "steps:\n  - id: test\n    split:\n"
        "      - { name: a, weight: 30, then: [{ id: x, end: a }] }\n"
        "      - { name: b, weight: 70, then: [{ id: y, end: b }] }\n"
    )
    ways: Counter[str | None] = Counter()
    for number in range(1000):
        case = entered(here, f"c{number}", FRIDAY)
        again = FRIDAY + timedelta(days=40)
        live(case, here, [Event("f", f"c{number}", "Go", again, again)], None)
        first, second = (enrollment.outcome for enrollment in case.enrollments)
        assert first == second
        ways[first] += 1
    assert 250 < ways["a"] < 350
