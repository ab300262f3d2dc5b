"""Coupon codes in a database: one for each enrollment, step and turn, nobody the same, never a lapsed one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread

import pytest

from engine.model.stock import Coupon
from engine.service.decide import decide
from engine.service.walk import walk, walk_page
from engine.store import turn
from engine.store.coupons import Pool
from engine.store.database import Store
from engine.store.link import Link
from tests.support.shops import START, Shop, journey

GIFT = """\
trigger: { event: A }
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 hour }
  - { id: gift, coupon: { pool: winback, as: gift } }
  - { id: letter, send: email, subject: "{{ gift.code }}", body: "{{ gift.expires_at | default: '-' }}" }
"""
PEOPLE = [f"c{number:02}" for number in range(12)]


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def put(store: Store, *codes: str, expires_at: datetime | None = None) -> int:
    with store.page() as page:
        return page.put_coupons("winback", [Coupon(0, code, expires_at) for code in codes])


def gathered(shop: Shop, people: list[str] = PEOPLE) -> datetime:
    """They all stand before the coupon step, and are due then."""
    shop.apply(gift=journey("gift", GIFT))
    shop.take(*(shop.told(name) for name in people))
    shop.take(*(shop.event("A", name) for name in people))
    return shop.clock.go(hours=1)


def codes(shop: Shop, people: list[str] = PEOPLE) -> list[str | None]:
    found = [one for name in people for one in shop.store.enrollments(name)]
    return [one.steps.get("gift", {}).get("code") for one in found]


def pool(shop: Shop) -> Pool:
    (found,) = shop.store.pools(shop.clock.now())
    return found


def test_each_gets_one_and_nobody_the_same(shop: Shop) -> None:
    assert put(shop.store, *(f"W-{n}" for n in range(20))) == 20
    assert put(shop.store, "W-1", "W-1", "W-99") == 1
    walk(shop.store, shop.running(), gathered(shop))
    taken = codes(shop)
    assert len(set(taken)) == len(PEOPLE)
    assert None not in taken
    assert (pool(shop).left, pool(shop).taken) == (21 - len(PEOPLE), len(PEOPLE))
    assert shop.store.check() == []


def test_when_there_are_too_few_the_rest_goes_on_without(shop: Shop) -> None:
    put(shop.store, "W-1", "W-2", "W-3")
    walk(shop.store, shop.running(), gathered(shop))
    assert sorted(filter(None, codes(shop))) == ["W-1", "W-2", "W-3"]
    assert pool(shop).left == 0


def test_what_lapses_first_is_given_first_and_what_has_lapsed_never(shop: Shop) -> None:
    due = START + timedelta(hours=1)
    put(shop.store, "for-ever")
    put(shop.store, "late", expires_at=due + timedelta(days=9))
    put(shop.store, "soon", expires_at=due + timedelta(days=1))
    put(shop.store, "now", expires_at=due)
    put(shop.store, "gone", expires_at=due - timedelta(minutes=1))
    people = PEOPLE[:4]
    assert gathered(shop, people) == due
    walk(shop.store, shop.running(), due)
    assert sorted(code for code in codes(shop, people) if code) == ["for-ever", "late", "soon"]
    assert pool(shop) == Pool("winback", 0, 3, 2)


def test_a_late_daemon_gives_no_code_that_lapsed_meanwhile(shop: Shop) -> None:
    due = gathered(shop, ["ada"])
    put(shop.store, "lapsed", expires_at=due + timedelta(minutes=10))
    walk(shop.store, shop.running(), due + timedelta(minutes=20))
    assert codes(shop, ["ada"]) == [None]


def test_a_crash_gives_every_code_back_and_the_next_try_takes_one_each(shop: Shop) -> None:
    put(shop.store, *(f"W-{n}" for n in range(20)))
    due = gathered(shop)

    def fall(point: str) -> None:
        if point == "walk:before_commit":
            raise KeyboardInterrupt

    shop.store.crash_points = fall
    with pytest.raises(KeyboardInterrupt):
        walk(shop.store, shop.running(), due)
    shop.store.crash_points = None
    assert pool(shop).taken == 0
    walk(shop.store, shop.running(), due)
    assert len(set(codes(shop))) == pool(shop).taken == len(PEOPLE)


def test_two_workers_never_give_one_code_twice_nor_call_a_pool_empty_too_soon(shop: Shop) -> None:
    """As many codes as people, in pages of two: a pool that another worker looks at is not empty."""
    put(shop.store, *(f"W-{n}" for n in range(len(PEOPLE))))
    due = gathered(shop)
    start = Barrier(2)

    def work() -> None:
        store = Store.open(shop.store.url)
        start.wait()
        walk(store, shop.running(), due, size=2)
        store.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    walk(shop.store, shop.running(), due)
    taken = codes(shop)
    assert len(set(taken)) == len(PEOPLE)
    assert None not in taken
    assert shop.store.check() == []


def test_the_crew_leaves_codes_to_the_writer(shop: Shop) -> None:
    put(shop.store, "W-1")
    due = gathered(shop, ["ada"])
    (key,) = shop.store.keys(["ada"]).values()
    decided = decide(shop.store, shop.running(), [key], due)
    assert decided is None or (decided.done, decided.left_out) == (0, [key])
    assert pool(shop).left == 1


BOTH = """\
trigger: {{ event: {event} }}
defaults: {{ topic: news }}
steps:
  - {{ id: pause, wait: 1 hour }}
{steps}  - {{ id: letter, send: email, subject: Hi, body: Hi. }}
"""
_GIFT = "  - { id: gift, coupon: { pool: winback, as: gift } }\n"
_OWNER = "  - { id: owner, assign: { attribute: contact.nick, among: [ana, ben], by: round_robin } }\n"


def test_a_code_and_then_a_person_beside_a_person_and_then_a_code(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page has what it takes first, and then asks for what the other has: nobody may wait for ever."""
    put(shop.store, "W-1", "W-2")
    shop.apply(
        one=journey("one", BOTH.format(event="A", steps=_GIFT + _OWNER)),
        other=journey("other", BOTH.format(event="B", steps=_OWNER + _GIFT)),
    )
    shop.known("ada", "ben")
    shop.take(shop.event("A", "ada"), shop.event("B", "ben"))
    due, both = shop.clock.go(hours=1), Barrier(2)

    def meet(take: Callable[[Link], None]) -> Callable[[Link], None]:
        def taking(link: Link) -> None:
            take(link)
            with suppress(BrokenBarrierError):
                both.wait(1)

        return taking

    monkeypatch.setattr("engine.store.turn.take", meet(turn.take))
    trouble: list[Exception] = []

    def work(key: int) -> None:
        try:
            walk_page(shop.store, shop.running(), [key], due)
        except Exception as error:  # noqa: BLE001  # told below
            trouble.append(error)

    threads = [Thread(target=work, args=(key,)) for key in shop.store.keys(["ada", "ben"]).values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert sorted(item.message.step for item in shop.outbox()) == ["letter", "letter"]
    assert pool(shop).left == 0
