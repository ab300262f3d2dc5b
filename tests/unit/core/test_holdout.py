"""Holdout: who is held out is a hash of contact and journey, decided at entry and kept."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import pytest

from engine.commands.counts import Compared, compared
from engine.intake.lines import Identified
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.backtest import Backtest, backtest
from engine.service.journey_tests import run_tests
from engine.service.simulate import world_of
from engine.service.status import journey_statuses
from engine.service.versions import bind_version
from engine.store.database import Store
from tests.support.shops import CATALOG, START, Shop, journey

BODY = """\
trigger: { event: A, key: event.key }
re_entry: always
goal: { event: Order, within: 5 days }
steps:
  - { id: letter, send: email, topic: news, subject: S, body: B }
  - { id: rest, wait: 5 days }
"""
PEOPLE = [f"c{number}" for number in range(400)]


def is_held_out(contact: str, percent: float, id: str = "j") -> bool:
    """The same in other words: the first 56 bits of the hash, as a share of all there are."""
    digest = blake2b(f"holdout\x1f{id}\x1f{contact}".encode(), digest_size=7).hexdigest()
    return int(digest, 16) < percent / 100 * 16**14


def counted(percent: float) -> Backtest:
    files = {
        "journeys/j.yaml": journey("j", f"holdout: {percent:g}\n{BODY}").encode(),
        "journeys/catalog.yaml": CATALOG.encode(),
    }
    workspace = read_workspace(files)
    found = workspace.journeys["j"]
    assert found.compiled is not None
    assert found.version is not None
    version = bind_version(found.compiled, found.version, "live")
    items: list[Event | Identified] = []
    for number, id in enumerate(PEOPLE):
        known = Contact(id, f"{id}@shop.example")
        items.append(Identified(f"i{id}", id, START, START, known))
        items.append(Event(f"a{id}", id, "A", START, START, {"key": "one"}))
        items.append(Event(f"b{id}", id, "A", START, START, {"key": "two"}))
        if number % 4 == 0:
            items.append(Event(f"o{id}", id, "Order", START, START, {}))
    return backtest(world_of([version], workspace.catalog, {}, Policy()), version, items, None)


@pytest.mark.parametrize("percent", [0, 2.5, 10, 50, 100])
def test_a_backtest_counts_both_groups(percent: float) -> None:
    held_out = [id for id in PEOPLE if is_held_out(id, percent)]
    figures = counted(percent)
    assert figures.entered == 2 * len(PEOPLE)
    assert figures.held_out_entered == figures.held_out["letter"] == 2 * len(held_out)
    assert figures.sent["letter"] == 2 * (len(PEOPLE) - len(held_out))
    assert figures.converted == 2 * 100
    assert figures.held_out_converted == 2 * len([id for id in held_out if int(id[1:]) % 4 == 0])


def test_about_as_many_as_said() -> None:
    assert 25 <= len([id for id in PEOPLE if is_held_out(id, 10)]) <= 55


def test_it_is_decided_at_entry_and_status_tells_both_groups(tmp_path: Path) -> None:
    """Whoever is inside stays what it is when the percentage changes."""
    store = Store.open(f"sqlite:///{tmp_path / 'journeys.db'}", create=True)
    shop = Shop(store, tmp_path)
    shop.apply(j=journey("j", f"holdout: 100\n{BODY}"))
    shop.known("ada")
    shop.does("A", key="one")
    shop.apply(j=journey("j", f"holdout: 0\n{BODY}"))
    shop.does("A", key="two")
    first, second = shop.store.enrollments("ada")
    assert (first.is_held_out, second.is_held_out) == (True, False)
    shop.does("Order")
    (status,) = journey_statuses(shop.store)
    assert (status.entered, status.converted, status.held_out, status.held_out_converted) == (2, 2, 1, 1)
    assert (status.sent, status.steps["letter"].held_out) == (1, 1)
    assert [one.is_held_out for one in shop.store.enrollments("ada")] == [True, False]
    assert shop.store.check() == []
    store.close()


def test_how_the_groups_are_told() -> None:
    told = compared(Compared(1200, 130), Compared(120, 10))
    assert told == "held out 120: 10 converted (8.3 %); mailed 1,080: 120 converted (11.1 %)"
    assert (
        compared(Compared(3, 1), Compared(3, 1)) == "held out 3: 1 converted (33.3 %); mailed 0: 0 converted"
    )


def test_in_the_tests_of_a_journey_nobody_is_held_out() -> None:
    tests = b"""\
tests:
  - name: a letter
    contact: { id: ada, email: ada@shop.example }
    start: 2026-03-02 10:00
    events: [{ at: 0 minutes, event: A, properties: { key: one } }]
    expect: [{ at: 0 minutes, send: letter }]
    until: 1 day
"""
    files = {
        "journeys/j/journey.yaml": journey("j", f"holdout: 100\n{BODY}").encode(),
        "journeys/j/tests.yaml": tests,
        "journeys/catalog.yaml": CATALOG.encode(),
    }
    (found,) = run_tests(read_workspace(files), files, Policy(), "mailto:u@shop.example")
    assert [(one.passed, one.differences) for one in found.results] == [(True, ())]
