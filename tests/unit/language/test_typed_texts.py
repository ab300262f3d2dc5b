"""A whole number where the catalog says text is that text, in what is kept and runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.core.bind import bind, bind_segment
from engine.language.workspace import Workspace, read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.journey import Entry, Happened
from engine.model.view import View

CATALOG = """\
contact: { zip: text, orders: number }
events: { Cart Updated: { code: text, total: number } }
"""
JOURNEY = """\
dsl: 1
journey: demo
trigger: { event: Cart Updated, where: { event.code: 12, event.total: 12 } }
enter_when: { contact.zip: { in: [8001, 8002] }, contact.orders: 5 }
steps:
  - { id: move, update: { contact.zip: 8003, contact.orders: { add: 1 } } }
"""
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def read(journey: str = JOURNEY, segments: str = "") -> Workspace:
    files = {"journeys/catalog.yaml": CATALOG, "journeys/demo.yaml": journey}
    if segments:
        files["journeys/segments.yaml"] = segments
    workspace = read_workspace({name: text.encode() for name, text in files.items()})
    assert workspace.all_faults() == []
    return workspace


def view(**attributes: Any) -> View:
    return View(Contact("ada", attributes=attributes), NOW, ZoneInfo("UTC"), {})


def test_conditions_on_texts_hold_for_texts_and_not_for_numbers() -> None:
    compiled = read().journeys["demo"].compiled
    assert compiled is not None
    journey = bind(compiled, "1", "live")
    assert journey.enter_when is not None
    assert journey.enter_when.holds(view(zip="8001", orders=5))
    assert not journey.enter_when.holds(view(zip=8001, orders=5))
    assert not journey.enter_when.holds(view(zip="8001", orders="5"))


def test_a_trigger_compares_each_property_by_its_type() -> None:
    compiled = read().journeys["demo"].compiled
    assert compiled is not None
    (trigger,) = bind(compiled, "1", "live").triggers
    right, wrong = {"code": "12", "total": 12}, {"code": 12, "total": "12"}
    events = [
        Event(str(number), "ada", "Cart Updated", NOW, NOW, one) for number, one in enumerate((right, wrong))
    ]
    assert trigger.fires(Happened(events[0]), view()) == Entry("", right)
    assert trigger.fires(Happened(events[1]), view()) is None


def test_an_update_sets_a_text_and_adds_a_number() -> None:
    compiled = read().journeys["demo"].compiled
    assert compiled is not None
    assert compiled["steps"][0]["data"] == {"update": {"contact.zip": "8003", "contact.orders": {"add": 1}}}


def test_a_segment_compares_texts_too() -> None:
    workspace = read(segments="near: { when: { contact.zip: 8001 } }\n")
    segment = bind_segment("near", workspace.segments["near"], workspace.segments)
    assert segment.condition.holds(view(zip="8001"))
    assert not segment.condition.holds(view(zip=8001))


def test_history_is_compared_by_the_type_of_the_property() -> None:
    condition = "{ did: Cart Updated, where: { event.code: 9 }, count: { gte: 2 } }"
    step = f"  - {{ id: b, wait: 1 day, when: {condition} }}\n"
    compiled = read(JOURNEY + step).journeys["demo"].compiled
    assert compiled is not None
    assert compiled["steps"][1]["when"] == {
        "did": "Cart Updated",
        "where": {"event.code": "9"},
        "count": {"gte": 2},
    }
