"""What steps do besides sending is kept in the page that did it: once, whatever breaks, never by halves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from engine.model.event import Event
from engine.service.decide import decide
from engine.service.running import load_running
from engine.service.walk import walk, walk_page
from engine.store.database import Store
from tests.support.shops import CATALOG, START, Shop, journey

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
    [
        "emit: B",
        "start: child",
        "subscribe: offers",
        "unsubscribe: offers",
        "update: { contact.n: 1 }",
        "assign: { attribute: contact.nick, among: [x] }",
    ],
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


# --- assign --------------------------------------------------------------------------------------

OWNED = "contact: { owner: text, n: number, tags: list, nick: text }\n"
PEOPLE = [f"c{number}" for number in range(7)]
TEAM = ("ana", "ben", "cleo")


def assigning(shop: Shop, by: str, wait: str = "1 day") -> None:
    """A journey that assigns after a day, and seven contacts who are on their way to it."""
    assign = f"{{ attribute: contact.owner, among: [ana, ben, cleo], by: {by} }}"
    steps = f"  - {{ id: pause, wait: {wait} }}\n  - {{ id: who, assign: {assign} }}\n"
    steps += "  - { id: stay, wait: 9 days }\n"
    catalog = OWNED + CATALOG.partition("\n")[2]
    shop.apply(catalog=catalog, leads=journey("leads", f"trigger: {{ event: A }}\nsteps:\n{steps}"))
    shop.known(*PEOPLE)
    for contact in PEOPLE:
        shop.does("A", contact)
    shop.clock.go(days=1)


def owners(shop: Shop, people: Sequence[str] = PEOPLE) -> list[str | None]:
    found = (shop.store.contact(id) for id in people)
    return [None if contact is None else contact.attributes.get("owner") for contact in found]


def test_round_robin_goes_on_from_page_to_page(shop: Shop) -> None:
    assigning(shop, "round_robin")
    walk(shop.store, shop.running(), shop.clock.now(), size=2)
    assert owners(shop) == ["ana", "ben", "cleo", "ana", "ben", "cleo", "ana"]
    assert shop.did("c1")[-2:] == [("who", "assigned"), ("stay", "waiting")]
    assert shop.store.check() == []


@pytest.mark.parametrize("by", ["round_robin", "least_loaded"])
def test_a_crash_gives_no_turn_twice(shop: Shop, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class PulledPlugError(Exception):
        pass

    assigning(shop, by)
    passed: list[str] = []

    def pull(at: str) -> None:
        passed.append(at)
        if passed.count("walk:before_commit") == 2:
            raise PulledPlugError

    with monkeypatch.context() as patched:
        patched.setattr(shop.store, "crash_points", pull)
        with pytest.raises(PulledPlugError):
            walk(shop.store, shop.running(), shop.clock.now(), size=2)
    assert owners(shop) == ["ana", "ben", None, None, None, None, None]
    walk(shop.store, shop.running(), shop.clock.now(), size=2)
    assert owners(shop) == ["ana", "ben", "cleo", "ana", "ben", "cleo", "ana"]


def test_least_loaded_counts_whom_they_still_have(shop: Shop) -> None:
    assigning(shop, "least_loaded")
    walk(shop.store, shop.running(), shop.clock.now(), size=3)
    assert owners(shop) == ["ana", "ben", "cleo", "ana", "ben", "cleo", "ana"]
    shop.known("c0", "c3", attributes={"owner": "somebody else"})
    shop.known("c4", attributes={"owner": "ana"})  # given to ana by hand: not hers by this step
    newcomers = ["d0", "d1", "d2", "d3"]
    shop.known(*newcomers)
    for contact in newcomers:
        shop.does("A", contact)
    shop.clock.go(days=1)
    walk(shop.store, shop.running(), shop.clock.now(), size=1)
    # ana has 1 left, ben 1, cleo 2
    assert owners(shop, newcomers) == ["ana", "ben", "ana", "ben"]


def test_a_contact_that_is_assigned_again_does_not_count_against_itself(shop: Shop) -> None:
    assign = "{ attribute: contact.owner, among: [ana, ben, cleo], by: least_loaded }"
    again = "  - id: again\n    repeat:\n      times: 3\n      steps:\n"
    again += f"        - {{ id: who, assign: {assign} }}\n"
    catalog = OWNED + CATALOG.partition("\n")[2]
    again += "        - { id: day, wait: 1 day }\n"
    shop.apply(catalog=catalog, leads=journey("leads", f"trigger: {{ event: A }}\nsteps:\n{again}"))
    shop.known("ada", "bob")
    shop.does("A")
    shop.does("A", "bob")
    for _ in range(2):
        assert owners(shop, ["ada", "bob"]) == ["ana", "ben"]
        shop.clock.go(days=1)
        walk(shop.store, shop.running(), shop.clock.now())
    assert owners(shop, ["ada", "bob"]) == ["ana", "ben"]


@pytest.mark.parametrize("by", ["round_robin", "least_loaded"])
def test_two_workers_deal_fairly(shop: Shop, by: str) -> None:
    """Both begin at once, page by page; on PostgreSQL they work side by side."""
    assigning(shop, by)
    pages = [[key] for key in shop.store.keys(PEOPLE).values()]
    start = Barrier(2)

    def work(mine: list[list[int]]) -> None:
        store = Store.open(shop.store.url)
        running = load_running(store, shop.limits, None)
        start.wait()
        for keys in mine:
            walk_page(store, running, keys, shop.clock.now())
        store.close()

    workers = [Thread(target=work, args=(pages[number::2],)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Counter(owners(shop)) == Counter({"ana": 3, "ben": 2, "cleo": 2})


def test_two_enrollments_of_one_instant_emit_an_event_each(shop: Shop) -> None:
    tells = journey("tells", "trigger: { event: A }\nre_entry: always\nsteps:\n  - { id: tell, emit: B }\n")
    shop.apply(tells=tells, hears=HEARS.replace("re_entry: always", "re_entry: { if_running: parallel }"))
    shop.known()
    shop.take(shop.event("A", n=1), shop.event("A", n=2))
    shop.does("A", n=3)
    assert len({event.message_id for event in told(shop, "B")}) == 3
    assert sum(one.journey == "hears" for one in shop.store.enrollments("ada")) == 3
