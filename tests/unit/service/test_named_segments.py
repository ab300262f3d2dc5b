"""Segments that conditions name: a version brings their definitions along, and changes with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import RefusedError
from engine.intake.lines import Identified
from engine.language.journey_file import JourneyFile
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.applying import ApplyReport, apply
from engine.service.running import load_running
from engine.service.take import take
from engine.service.versions import bind_version
from engine.store.database import Store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

SEGMENTS = """\
vip: { when: { contact.orders: { gte: 5 } } }
good: { when: { any: [ { in_segment: vip }, { did: Bought } ] }, description: Who matters }
far: { when: { contact.country: CL } }
"""
CATALOG = "contact: { orders: number, country: text }\nevents: { Go: {}, Bought: {} }\n"
JOURNEY = """\
dsl: 1
journey: j
status: live
owner: a@shop.example
trigger: { event: Go }
steps:
  - { id: becomes-good, wait_for: { condition: { in_segment: good } }, up_to: 30 days }
  - { id: rest, wait: 30 days }
"""


def files(segments: str, journey: str = JOURNEY) -> dict[str, bytes]:
    texts = {"catalog": CATALOG, "segments": segments, "j": journey}
    return {f"journeys/{name}.yaml": text.encode() for name, text in texts.items()}


def journey(segments: str = SEGMENTS) -> JourneyFile:
    return read_workspace(files(segments)).journeys["j"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'journeys.db'}", create=True)
    yield opened
    opened.close()


def applied(store: Store, segments: str) -> ApplyReport:
    given = files(segments)
    return apply(store, read_workspace(given), given, Policy(), None, None, START + timedelta(hours=1))


def enter(store: Store, orders: int) -> None:
    traits = Contact("ada", attributes={"orders": orders})
    born = Identified("i", "ada", START, START, traits)
    take(store, load_running(store, Policy(), None), [born, Event("e", "ada", "Go", START, START)], START)


def test_a_version_brings_along_what_it_names_and_what_that_names() -> None:
    compiled = journey().compiled
    assert compiled is not None
    assert list(compiled["segments"]) == ["good", "vip"]
    bound = bind_version(json.loads(json.dumps(compiled)), "v", "live").journey
    assert bound.events == {"Bought"}


def test_a_version_changes_with_its_segments_and_with_no_others() -> None:
    version = journey().version
    assert version is not None
    assert journey(SEGMENTS.replace("gte: 5", "gte: 6")).version != version
    assert journey(SEGMENTS.replace("CL", "AR")).version == version
    assert journey(SEGMENTS.replace("Who matters", "Others")).version == version


def test_an_edited_segment_is_asked_of_those_who_wait_for_it(store: Store) -> None:
    applied(store, SEGMENTS)
    enter(store, orders=3)
    assert [one.step for one in store.enrollments("ada")] == ["becomes-good"]
    (result,) = applied(store, SEGMENTS.replace("gte: 5", "gte: 3")).journeys
    assert (result.change, result.moved) == ("changed", 1)
    assert [one.step for one in store.enrollments("ada")] == ["rest"]


@pytest.mark.parametrize(
    "broken",
    [
        SEGMENTS.replace("gte: 5", "gte: five"),
        SEGMENTS.replace("contact.orders: { gte: 5 }", "in_segment: good"),
        SEGMENTS + "vip: { when: {",
    ],
    ids=["wrong", "circle", "unreadable"],
)
def test_a_journey_that_names_a_faulty_segment_keeps_its_last_good_version(store: Store, broken: str) -> None:
    applied(store, SEGMENTS)
    good = journey().version
    (result,) = applied(store, broken).journeys
    assert (result.change, result.version) == ("faulty", good)
    assert {fault.position.file for fault in result.faults} == {"journeys/segments.yaml"}
    enter(store, orders=5)
    assert [one.step for one in store.enrollments("ada")] == ["rest"]


def test_a_segment_of_a_newer_release_does_not_run() -> None:
    compiled = dict(journey().compiled or {})
    compiled["segments"] = {**compiled["segments"], "vip": {"when": {"mood": "sunny"}}}
    with pytest.raises(RefusedError, match="mood"):
        bind_version(compiled, "v", "live")


def test_constants_of_a_message_name_no_segment() -> None:
    send = "  - { id: m, send: email, topic: t, subject: S, body: B, with: { in_segment: nowhere } }\n"
    catalog = CATALOG + "topics: { t: { name: T, consent: opt_out } }\n"
    given = files(SEGMENTS, JOURNEY + send) | {"journeys/catalog.yaml": catalog.encode()}
    compiled = read_workspace(given).journeys["j"].compiled
    assert compiled is not None
    assert list(compiled["segments"]) == ["good", "vip"]
