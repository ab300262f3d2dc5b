"""Splits with a winner in a database: who waits, who wins, by which figures, and that it is decided once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from engine.service.decide import decide
from engine.service.walk import walk, walk_page
from engine.store.database import Store
from engine.store.trials import TrialRecord
from tests.support.shops import START, Shop, journey

TRIAL = """\
trigger: {{ event: A }}
re_entry: {{ after: 1 minute }}
defaults: {{ topic: news }}
tracking: [opens, clicks]
goal: {{ event: Order, from: entered, exit: false }}
steps:
  - id: trial
    split:
      - {{ name: x, weight: 50, then: [{{ id: in-x, send: email, subject: S, body: B }}] }}
      - {{ name: y, weight: 50, then: [{{ id: in-y, send: email, subject: S, body: B }}] }}
    winner: {{ metric: {metric}, test: {test}, after: 4 hours{more} }}
  - {{ id: rest, wait: 10 days }}
"""
PEOPLE = [f"c{number:03}" for number in range(60)]
EVENTS = {"opened": "Message Opened", "clicked": "Message Clicked"}


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def enter(shop: Shop, metric: str = "converted", test: int = 40, more: str = "", people: int = 60) -> None:
    shop.apply(trial=journey("trial", TRIAL.format(metric=metric, test=test, more=more)))
    shop.known(*PEOPLE)
    shop.take(*(shop.event("A", name) for name in PEOPLE[:people]))


def ways(shop: Shop) -> dict[str, str]:
    """The way that each went; who waits has none."""
    return {
        item.message.contact_id: item.message.step.removeprefix("in-")
        for item in shop.outbox()
        if item.message.state != "held_out"
    }


def hit(shop: Shop, metric: str, name: str, way: str) -> None:
    if metric == "converted":
        shop.does("Order", name)
    else:
        shop.does(EVENTS[metric], name, journey="trial", step=f"in-{way}")


def trial(shop: Shop) -> TrialRecord:
    (found,) = shop.store.trials()
    return found


@pytest.mark.parametrize("metric", ["converted", "opened", "clicked"])
def test_the_rest_goes_the_way_of_the_winner(shop: Shop, metric: str) -> None:
    enter(shop, metric)
    tested = ways(shop)
    assert 0 < len(tested) < 60
    assert {"x", "y"} == set(tested.values())
    shop.clock.go(minutes=5)
    hits = {"x": 0, "y": 0}
    for index, (name, way) in enumerate(sorted(tested.items())):
        if way == "y" or index % 9 == 0:
            hit(shop, metric, name, way)
            hits[way] += 1
    shop.does("Message Opened", "c000", journey="other", step="in-x")  # of another journey: counts nowhere
    shop.clock.go(hours=3, minutes=54)
    walk(shop.store, shop.running(), shop.clock.now())
    assert ways(shop) == tested
    assert trial(shop).winner is None
    shop.clock.go(minutes=1)
    walk(shop.store, shop.running(), shop.clock.now())
    done = ways(shop)
    assert len(done) == 60
    assert {way for name, way in done.items() if name not in tested} == {"y"}
    found = trial(shop)
    people = {way: sum(one == way for one in tested.values()) for way in "xy"}
    assert (found.winner, found.decided_at) == ("y", START + timedelta(hours=4))
    assert [tuple(one) for one in found.figures] == [(way, people[way], hits[way]) for way in "xy"]
    assert shop.store.check() == []


def test_who_comes_later_and_who_comes_again_go_with_the_winner(shop: Shop) -> None:
    enter(shop, people=40)
    first = ways(shop)
    for name in sorted(name for name, way in first.items() if way == "y"):
        shop.does("Order", name)
    shop.clock.go(hours=5)  # who comes now decides it, before anybody who waits was woken
    shop.take(*(shop.event("A", name) for name in PEOPLE[40:]))
    done = ways(shop)
    assert {done[name] for name in PEOPLE[40:]} == {"y"}
    walk(shop.store, shop.running(), shop.clock.now())
    shop.clock.go(days=11)
    walk(shop.store, shop.running(), shop.clock.now())
    shop.clock.go(hours=1)
    loser = min(name for name, way in first.items() if way == "x")
    shop.does("A", loser)
    assert [item.message.step for item in shop.outbox(loser)] == ["in-x", "in-y"]


def test_sends_end_it_early_and_wake_who_waits(shop: Shop) -> None:
    enter(shop, more=", sends: 10")
    tested = ways(shop)
    assert len(tested) >= 10
    for name in sorted(name for name, way in tested.items() if way == "y"):
        shop.does("Order", name)
    shop.clock.go(minutes=10)
    walk(shop.store, shop.running(), shop.clock.now())
    assert trial(shop).decided_at == shop.clock.now()
    assert not trial(shop).is_to_wake
    assert {way for name, way in ways(shop).items() if name not in tested} == {"y"}
    assert len(ways(shop)) == 60


def test_too_few_sends_do_not(shop: Shop) -> None:
    enter(shop, more=", sends: 59")
    shop.clock.go(minutes=10)
    walk(shop.store, shop.running(), shop.clock.now())
    assert trial(shop).looked_at is None
    assert trial(shop).winner is None


def test_an_uncertain_leader_waits_for_the_end_and_then_wins(shop: Shop) -> None:
    enter(shop, test=80, more=", sends: 10, confidence: 0.95")
    tested = ways(shop)
    shop.does("Order", min(name for name, way in tested.items() if way == "y"))
    shop.clock.go(minutes=10)
    walk(shop.store, shop.running(), shop.clock.now())
    assert (trial(shop).looked_at, trial(shop).winner) == (shop.clock.now(), None)
    assert ways(shop) == tested
    for name in sorted(name for name, way in tested.items() if way == "y"):
        shop.does("Order", name)
    shop.clock.go(minutes=10)
    walk(shop.store, shop.running(), shop.clock.now())
    assert trial(shop).winner is None  # it is looked at once
    shop.clock.go(hours=4)
    walk(shop.store, shop.running(), shop.clock.now())
    assert (trial(shop).winner, trial(shop).is_certain) == ("y", True)


def test_with_nothing_to_tell_the_first_way_wins_and_is_not_certain(shop: Shop) -> None:
    enter(shop, more=", confidence: 0.95")
    shop.clock.go(hours=4)
    walk(shop.store, shop.running(), shop.clock.now())
    assert (trial(shop).winner, trial(shop).is_certain) == ("x", False)
    assert len(ways(shop)) == 60


def test_two_workers_decide_once(shop: Shop) -> None:
    enter(shop)
    shop.clock.go(hours=4)
    due = shop.clock.now()
    barrier, troubles = Barrier(2), list[BaseException]()

    def work(names: list[str], at: datetime) -> None:
        keys = sorted(shop.store.keys(names).values())
        running = shop.running()
        barrier.wait()
        try:
            walk_page(shop.store, running, keys, at)
        except BaseException as error:  # noqa: BLE001
            troubles.append(error)

    halves = [PEOPLE[:30], PEOPLE[30:]]
    threads = [Thread(target=work, args=(half, due)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert len(ways(shop)) == 60
    assert trial(shop).winner == "x"


def test_it_is_not_for_the_crew(shop: Shop) -> None:
    enter(shop)
    shop.clock.go(hours=4)
    keys = sorted(shop.store.keys(PEOPLE).values())
    decided = decide(shop.store, shop.running(), keys, shop.clock.now())
    waiting = shop.store.keys([name for name in PEOPLE if name not in ways(shop)]).values()
    assert decided is not None
    assert set(waiting) <= set(decided.left_out)
    assert trial(shop).winner is None


def test_other_ways_are_another_trial(shop: Shop) -> None:
    enter(shop, people=40)
    text = TRIAL.format(metric="converted", test=40, more="")
    shop.apply(trial=journey("trial", text.replace("name: y", "name: z")))
    shop.take(*(shop.event("A", name) for name in PEOPLE[40:]))
    assert len(shop.store.trials()) == 2


def test_each_firing_of_a_schedule_has_a_trial_of_its_own(shop: Shop) -> None:
    text = TRIAL.format(metric="converted", test=40, more=", sends: 5, per: firing")
    text = text.replace(
        "{ event: A }", "{ schedule: { every: day, at: '10:00', audience: { subscribed: news } } }"
    )
    shop.known(*PEOPLE)
    shop.apply(trial=journey("trial", text.replace("wait: 10 days", "wait: 1 hour")))
    for _ in range(2):
        shop.clock.go(hours=1)
        walk(shop.store, shop.running(), shop.clock.now())  # 10:00 in Zürich: they come, and some are tested
        tested = len(shop.outbox())
        walk(shop.store, shop.running(), shop.clock.now())  # enough were released
        assert len(shop.outbox()) - tested > 20
        shop.clock.go(hours=23)
        walk(shop.store, shop.running(), shop.clock.now())
    one, two = shop.store.trials()
    assert one.firing != two.firing
    assert (two.decided_at or START) - (one.decided_at or START) == timedelta(days=1)
    assert len(shop.outbox()) == 120


class PowerCut(BaseException):
    """The process is gone."""


def test_a_power_cut_leaves_the_trial_as_it_was(shop: Shop) -> None:
    enter(shop)
    shop.clock.go(hours=4)
    before, running = shop.store.trials(), shop.running()

    def cut(point: str) -> None:
        if point == "walk:before_commit":
            raise PowerCut

    shop.store.crash_points = cut
    with pytest.raises(PowerCut):
        walk(shop.store, running, shop.clock.now())
    shop.store.crash_points = None
    assert shop.store.trials() == before
    walk(shop.store, running, shop.clock.now())
    assert trial(shop).winner == "x"
    assert len(ways(shop)) == 60
