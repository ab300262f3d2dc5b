"""A contact that is heard of for the first time was outside of every segment before (language.md §3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.core.advance import Instant
from engine.core.case import Case, World
from engine.core.live import fire_timers, live
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.simulate import change, world_of
from engine.service.versions import bind_version

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
JOURNEY = """\
dsl: 1
journey: j
status: live
owner: ada@shop.example
trigger: { segment: { enters: quiet } }
steps: [{ id: w, wait: 1 hour }]
"""


def world(condition: str) -> World:
    segments = f"quiet: {{ when: {condition} }}\n".encode()
    workspace = read_workspace({"journeys/j.yaml": JOURNEY.encode(), "journeys/segments.yaml": segments})
    assert [fault for fault in workspace.all_faults() if fault.severity == "error"] == []
    compiled = workspace.journeys["j"].compiled
    assert compiled is not None
    version = bind_version(compiled, "1", "live")
    return world_of([version], workspace.catalog, workspace.segments, Policy())


CONDITIONS = [
    ("{ did_not: Order, within: 7 days }", 0),
    ("{ contact.created_at: { older_than: 30 days } }", 30),
]


@pytest.mark.parametrize(("condition", "days"), CONDITIONS)
def test_heard_of_by_an_event_that_the_segment_does_not_read(condition: str, days: int) -> None:
    here, case = world(condition), Case(Contact("ada", created_at=TEN))
    live(case, here, [Event("e", "ada", "View", TEN, TEN)], None)
    fire_timers(case, here, TEN + timedelta(days=40), None)
    assert [enrollment.entered_at for enrollment in case.enrollments] == [TEN + timedelta(days=days)]


@pytest.mark.parametrize(("condition", "days"), CONDITIONS)
def test_heard_of_by_an_identify_that_says_nothing(condition: str, days: int) -> None:
    here, case = world(condition), Case(Contact("ada", created_at=TEN))
    change(case, here, Contact("ada"), Instant(TEN, TEN), None)
    fire_timers(case, here, TEN + timedelta(days=40), None)
    assert [enrollment.entered_at for enrollment in case.enrollments] == [TEN + timedelta(days=days)]
