"""Stages in a database: kept on the contact, counted silently by apply and import, told by all else."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.intake.rows import contact_rows, event_rows
from engine.language.catalog import Catalog
from engine.model.position import Enrollment
from engine.service.import_contacts import import_contacts
from engine.service.import_events import import_events
from engine.service.importing import Import
from engine.service.walk import walk
from engine.store.database import Store
from tests.support.shops import Shop, journey

LIFECYCLE = """\
model: three
stages:
  - { id: buyer, name: Buyer, when: { did: Order, within: 30 days } }
  - { id: lapsed, when: { did: Order } }
  - { id: visitor, when: { contact.email: { exists: true } } }
"""
PAUSE = "re_entry: always\nsteps:\n  - { id: pause, wait: 1 day }\n"
BUYERS = journey("buyers", "trigger: { stage: { enters: buyer } }\n" + PAUSE)
LAPSED = journey("lapsed", "trigger: { stage: { enters: lapsed } }\n" + PAUSE)
MOVED = journey("moved", "trigger: { event: Stage Changed, where: { event.from: buyer } }\n" + PAUSE)


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def stage(shop: Shop, contact: str = "ada") -> str | None:
    found = shop.store.contact(contact)
    assert found is not None
    return found.stage


def entered(shop: Shop, contact: str = "ada") -> list[tuple[str, float]]:
    """(journey, days since the start) of each enrollment."""

    def days(one: Enrollment) -> float:
        return (one.entered_at - shop.clock.at).total_seconds() / 86_400

    return [(one.journey, days(one)) for one in shop.store.enrollments(contact)]


def pass_time(shop: Shop, days: float) -> None:
    until = shop.clock.at + timedelta(days=days)
    while (due := shop.store.next_due()) is not None and due <= until:
        shop.clock.at = due
        walk(shop.store, shop.running(), due)
    shop.clock.at = until


def changes(shop: Shop, contact: str = "ada") -> list[str]:
    return [one.line.why for one in shop.store.traces(contact) if one.line.why.startswith("stage ")]


def test_an_event_and_the_passing_of_time_change_the_stage_and_let_people_in(shop: Shop) -> None:
    shop.apply(lifecycle=LIFECYCLE, buyers=BUYERS, lapsed=LAPSED, moved=MOVED)
    shop.known("ada")
    assert stage(shop) == "visitor"
    shop.does("Order")
    assert (stage(shop), entered(shop)) == ("buyer", [("buyers", 0)])
    pass_time(shop, 30)
    assert stage(shop) == "lapsed"
    assert entered(shop) == [("buyers", -30), ("lapsed", 0), ("moved", 0)]
    assert changes(shop) == ["stage none → visitor", "stage visitor → buyer", "stage buyer → lapsed"]
    with shop.store.page() as page:
        (case,) = page.load(shop.store.keys(["ada"]).values(), now=shop.clock.at, events=["Stage Changed"])
    history = [event.properties for event in case.history["Stage Changed"]]
    assert history[-1] == {"from": "buyer", "to": "lapsed"}
    assert shop.store.check() == []


def test_the_first_and_every_edited_lifecycle_is_counted_silently(shop: Shop) -> None:
    shop.apply(buyers=BUYERS.replace("{ stage: { enters: buyer } }", "{ event: A }"))
    shop.known("ada", "ben")
    shop.does("Order")
    report = shop.apply(lifecycle=LIFECYCLE, buyers=BUYERS, lapsed=LAPSED, moved=MOVED)
    assert report.is_clean
    assert dict(report.stages) == {"buyer": 1, "lapsed": 0, "visitor": 1}
    assert (stage(shop), stage(shop, "ben"), entered(shop)) == ("buyer", "visitor", [])
    assert dict(shop.apply().stages) == {}  # nothing new to count
    shop.clock.go(days=3)
    report = shop.apply(lifecycle=LIFECYCLE.replace("30 days", "2 days"))
    assert dict(report.stages) == {"buyer": 0, "lapsed": 1, "visitor": 1}
    assert (stage(shop), entered(shop), changes(shop)) == ("lapsed", [], [])
    shop.does("Order")
    assert entered(shop) == [("buyers", 0)]


def test_names_descriptions_and_activities_count_nobody_anew(shop: Shop) -> None:
    shop.apply(lifecycle=LIFECYCLE)
    shop.known()
    edited = LIFECYCLE.replace("name: Buyer", "name: Customer, activities: [thanks]")
    assert dict(shop.apply(lifecycle=edited).stages) == {}
    assert dict(shop.apply(lifecycle=LIFECYCLE.replace("30", "31")).stages) != {}


def test_a_faulty_lifecycle_leaves_the_last_good_one(shop: Shop) -> None:
    shop.apply(lifecycle=LIFECYCLE, buyers=BUYERS)
    shop.known()
    report = shop.apply(lifecycle=LIFECYCLE.replace("did: Order }", "did: Ordre }"))
    assert not report.is_clean
    assert [fault.rule for fault in report.lifecycle_faults] == ["J406"]
    shop.does("Order")
    assert (stage(shop), entered(shop)) == ("buyer", [("buyers", 0)])


def test_without_its_file_a_lifecycle_is_looked_at_no_more(shop: Shop) -> None:
    shop.apply(lifecycle=LIFECYCLE)
    shop.known()
    shop.does("Order")
    assert shop.store.next_due() is not None
    shop.apply(lifecycle="")
    assert shop.store.next_due() is None
    shop.known(stage="gold")
    assert stage(shop) == "gold"


def test_nobody_else_says_what_the_stage_is(shop: Shop) -> None:
    shop.apply(lifecycle=LIFECYCLE, buyers=BUYERS)
    shop.known(stage="buyer")
    assert (stage(shop), entered(shop)) == ("visitor", [])
    bring(shop, "contacts", {"id": "ben", "email": "ben@shop.example", "stage": "buyer"})
    assert (stage(shop, "ben"), entered(shop, "ben")) == ("visitor", [])


def bring(shop: Shop, what: str, *lines: dict[str, Any], trigger: bool = False) -> None:
    text = "\n".join(json.dumps(line) for line in lines).encode()
    file = io.BufferedReader(io.BytesIO(text))  # type: ignore[arg-type]
    how = Import(shop.store, shop.running(), shop.clock.at, trigger)
    if what == "contacts":
        import_contacts(how, contact_rows(file, "a.jsonl", Catalog()))
    else:
        early = timedelta(minutes=5)
        import_events(how, event_rows(file, "a.jsonl", Catalog(), now=shop.clock.at, early=early))


@pytest.mark.parametrize("trigger", [False, True])
def test_an_import_is_told_only_with_trigger(shop: Shop, trigger: bool) -> None:
    shop.apply(lifecycle=LIFECYCLE, buyers=BUYERS)
    at = shop.clock.at.isoformat()
    order = {"type": "track", "userId": "ada", "event": "Order", "timestamp": at, "messageId": "o1"}
    bring(shop, "events", order, trigger=trigger)
    assert stage(shop) == "buyer"
    assert entered(shop) == ([("buyers", 0)] if trigger else [])
    pass_time(shop, 30)
    assert stage(shop) == "lapsed"


def test_a_page_of_plain_waits_asks_one_more_question_with_a_lifecycle_and_none_without(shop: Shop) -> None:
    """Only contacts whose stage is due are loaded whole."""
    shop.apply(lifecycle=LIFECYCLE, waits=journey("waits", "trigger: { event: A }\n" + PAUSE))
    shop.known("ada", "ben")
    shop.does("Order", "ben")
    shop.clock.go(days=29)
    shop.does("A", "ada")
    shop.does("A", "ben")
    shop.clock.go(days=1)
    assert walk(shop.store, shop.running(), shop.clock.at) == 2
    assert [stage(shop, id) for id in ("ada", "ben")] == ["visitor", "lapsed"]
    assert [one.reason for id in ("ada", "ben") for one in shop.store.enrollments(id)] == ["completed"] * 2
    assert shop.store.due(shop.clock.at) == []
