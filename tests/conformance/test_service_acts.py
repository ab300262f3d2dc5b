"""What steps do besides sending is kept in the page that did it: once, whatever breaks, never by halves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.event import Event
from engine.service.decide import decide
from engine.service.walk import walk
from engine.store.database import Store
from tests.support.shops import START, Shop, journey

HEARS = journey("hears", "trigger: { event: B }\nre_entry: always\nsteps:\n  - { id: stay, wait: 9 days }\n")
CHILD = journey("child", "trigger: { manual: true }\nsteps:\n  - { id: stay, wait: 9 days }\n")
TELLS = journey(
    "tells",
    """\
trigger: { event: A }
steps:
  - { id: pause, wait: 1 day }
  - { id: tell, emit: B, properties: { n: { value: trigger.n } } }
  - { id: go, start: child, with: { n: { value: trigger.n } }, key: trigger.key }
  - { id: yes, subscribe: offers }
  - { id: stay, wait: 9 days }
""",
)


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def told(shop: Shop, *names: str, contact: str = "ada") -> list[Event]:
    """The events of the contact in the store."""
    with shop.store.snapshot() as page:
        keys = shop.store.keys([contact])
        (case,) = page.load(keys.values(), now=shop.clock.now(), events=names)
    return [event for name in names for event in case.history.get(name, ())]


def test_what_is_emitted_is_stored_and_heard_in_one_page(shop: Shop) -> None:
    shop.apply(tells=TELLS, hears=HEARS, child=CHILD)
    shop.known()
    shop.does("A", n=3, key="k7")
    shop.clock.go(days=1)
    walk(shop.store, shop.running(), shop.clock.now())
    (emitted,) = told(shop, "B")
    assert (emitted.at, emitted.properties) == (START + timedelta(days=1), {"n": 3})
    assert [event.properties for event in told(shop, "Topic Subscribed")] == [{"topic": "offers"}]
    inside = {(one.journey, one.entry_key): dict(one.trigger) for one in shop.store.enrollments("ada")}
    assert inside == {
        ("tells", ""): {"n": 3, "key": "k7"},
        ("hears", ""): {"n": 3},
        ("child", "k7"): {"n": 3},
    }
    assert ("tell", "emitted") in shop.did()
    assert ("go", "started") in shop.did()
    assert shop.store.check() == []


@pytest.mark.parametrize("point", ["walk:before_commit", "walk:after_commit"])
def test_a_crash_doubles_nothing_and_loses_nothing(
    shop: Shop, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PulledPlugError(Exception):
        pass

    def pull(at: str) -> None:
        if at == point:
            raise PulledPlugError

    shop.apply(tells=TELLS, hears=HEARS, child=CHILD)
    shop.known()
    shop.does("A", n=3)
    shop.clock.go(days=1)
    with monkeypatch.context() as patched:
        patched.setattr(shop.store, "crash_points", pull)
        with pytest.raises(PulledPlugError):
            walk(shop.store, shop.running(), shop.clock.now())
    walk(shop.store, shop.running(), shop.clock.now())
    assert len(told(shop, "B")) == 1
    assert len(told(shop, "Topic Subscribed")) == 1
    # no key, no child
    assert sorted(one.journey for one in shop.store.enrollments("ada")) == ["hears", "tells"]
    assert shop.store.check() == []


@pytest.mark.parametrize(
    "step",
    ["emit: B", "start: child", "subscribe: offers", "unsubscribe: offers", "update: { contact.n: 1 }"],
)
def test_steps_that_reach_beyond_what_is_due_are_for_the_writer(shop: Shop, step: str) -> None:
    pause = "  - { id: pause, wait: 1 day }\n"
    acts = journey("acts", f"trigger: {{ event: A }}\nsteps:\n{pause}  - {{ id: act, {step} }}\n")
    shop.apply(acts=acts, child=CHILD)
    shop.known()
    shop.does("A")
    shop.clock.go(days=1)
    keys = sorted(shop.store.keys(["ada"]).values())
    decided = decide(shop.store, shop.running(), keys, shop.clock.now())
    assert decided is not None
    assert (decided.done, decided.left_out) == (0, keys)


def test_two_enrollments_of_one_instant_emit_an_event_each(shop: Shop) -> None:
    tells = journey("tells", "trigger: { event: A }\nre_entry: always\nsteps:\n  - { id: tell, emit: B }\n")
    shop.apply(tells=tells, hears=HEARS.replace("re_entry: always", "re_entry: { if_running: parallel }"))
    shop.known()
    shop.take(shop.event("A", n=1), shop.event("A", n=2))
    shop.does("A", n=3)
    assert len({event.message_id for event in told(shop, "B")}) == 3
    assert sum(one.journey == "hears" for one in shop.store.enrollments("ada")) == 3
