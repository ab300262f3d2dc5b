"""The walk: what falls due is advanced, and a contact that changes on the way is looked at as a whole."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.language.workspace import read_workspace
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.applying import apply
from engine.service.running import Running, load_running
from engine.service.take import take
from engine.service.walk import walk
from engine.store.database import Store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)

CATALOG = b"""\
contact: { plan: text }
events: { Joined: {}, Bought: {} }
topics: { news: { name: News, consent: opt_out } }
senders: { shop: { from: shop@shop.example } }
"""
CHANGING = b"""\
dsl: 1
journey: changing
status: live
owner: a@shop.example
trigger: { event: Bought }
steps:
  - { id: pause, wait: 1 day }
  - { id: promote, update: { contact.plan: gold } }
"""
LONG = b"""\
dsl: 1
journey: long
status: live
owner: a@shop.example
trigger: { event: Joined }
exit_when:
  - when: { contact.plan: gold }
steps:
  - { id: rest, wait: 30 days }
"""
SHORT = b"""\
dsl: 1
journey: short
status: live
owner: a@shop.example
trigger: { event: Joined }
steps:
  - { id: nap, wait: 1 day }
  - { id: second-nap, wait: 1 day }
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'journeys.db'}", create=True)
    yield opened
    opened.close()


@pytest.fixture
def running(store: Store) -> Running:
    sources = {"catalog": CATALOG, "changing": CHANGING, "long": LONG, "short": SHORT}
    files = {f"journeys/{name}.yaml": text for name, text in sources.items()}
    workspace = read_workspace(files)
    assert not [fault for fault in workspace.all_faults() if fault.severity == "error"]
    apply(store, workspace, files, Policy(), None, None, START)
    return load_running(store, Policy(), None)


def enter(store: Store, running: Running, contact: str, *names: str) -> None:
    events = [Event(f"{contact}-{name}", contact, name, START, START) for name in names]
    take(store, running, events, START)


def stand(store: Store, contact: str) -> dict[str, str | None]:
    """By journey: the step it stands at, or why it left."""
    return {one.journey: one.reason or one.step for one in store.enrollments(contact)}


def test_a_change_of_the_contact_reaches_what_was_not_due(store: Store, running: Running) -> None:
    enter(store, running, "ada", "Joined", "Bought")
    enter(store, running, "ben", "Joined")
    assert walk(store, running, START + DAY) == 2
    assert stand(store, "ada") == {"changing": "completed", "long": "exit", "short": "second-nap"}
    assert stand(store, "ben") == {"long": "rest", "short": "second-nap"}


def test_nothing_is_done_before_its_time(store: Store, running: Running) -> None:
    enter(store, running, "ada", "Joined", "Bought")
    assert walk(store, running, START + DAY - timedelta(microseconds=1)) == 0
    assert stand(store, "ada") == {"changing": "pause", "long": "rest", "short": "nap"}


def test_the_collector_works_again_after_a_walk(store: Store, running: Running) -> None:
    enter(store, running, "ada", "Joined")
    walk(store, running, START + DAY)
    assert gc.isenabled()
