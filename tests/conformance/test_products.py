"""The product table in a database: merged by id; a change of one wakes those who wait for it, nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from engine.service.walk import walk
from engine.store.database import Store
from tests.support.shops import CATALOG, START, Shop, journey

SHOP = CATALOG.replace("key: text }", "key: text, product_id: text, products: list }")
BACK = """\
trigger: { event: A }
product: trigger.product_id
defaults: { topic: news }
steps:
  - id: back
    wait_for: { condition: { product.stock: { gte: 1 } } }
    up_to: 5 days
    then: [{ id: told, send: email, subject: "{{ product.name }}", body: It is back }]
"""
PLAIN = """\
trigger: { event: A }
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 day }
"""


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def put(store: Store, *rows: dict[str, Any], at: Any = START) -> tuple[int, int]:
    with store.page() as page:
        return page.put_products(rows, at)


def rows(store: Store, *ids: str) -> dict[str, Any]:
    with store.snapshot() as page:
        return dict(page.products(ids))


def waiting(shop: Shop, **products: str) -> None:
    """Each contact waits for its product."""
    shop.apply(catalog=SHOP, back=journey("back", BACK), plain=journey("plain", PLAIN))
    shop.take(*(shop.told(name) for name in products))
    shop.take(*(shop.event("A", name, product_id=id) for name, id in products.items()))


def stands(shop: Shop, contact: str) -> list[str | None]:
    return [one.step for one in shop.store.enrollments(contact) if one.journey == "back" and one.is_running]


def test_rows_are_merged_by_id(store: Store) -> None:
    assert put(store, {"id": "p1", "name": "Knife", "price": 3}, {"id": "p2"}) == (2, 0)
    assert put(store, {"id": "p1", "price": 4, "colour": "red"}, {"id": "p2"}) == (0, 1)
    assert put(store, {"id": "p1", "name": None}, {"id": "p1", "price": 5}) == (0, 1)
    assert rows(store, "p1", "p2", "p3") == {
        "p1": {"id": "p1", "price": 5, "colour": "red"},
        "p2": {"id": "p2"},
    }


def test_a_change_wakes_who_waits_for_it_and_nobody_else(shop: Shop) -> None:
    put(shop.store, {"id": "p1", "stock": 0}, {"id": "p2", "stock": 0})
    waiting(shop, ada="p1", ben="p2", cho="p3")
    assert shop.store.woken(START) == []
    later = shop.clock.go(hours=2)
    put(shop.store, {"id": "p1", "stock": 2, "name": "Knife"}, {"id": "p3", "stock": 0}, at=later)
    assert shop.store.next_due() == later
    keys = shop.store.keys(["ada", "cho"])
    assert shop.store.woken(later) == [sorted(keys.values())]
    assert walk(shop.store, shop.running(), later) == 2
    assert (stands(shop, "ada"), stands(shop, "ben"), stands(shop, "cho")) == ([], ["back"], ["back"])
    assert [item.message.step for item in shop.store.messages(contact="ada")] == ["told"]
    assert shop.store.woken(later + timedelta(days=1)) == []
    assert shop.store.check() == []


def test_the_wake_counts_as_of_the_change_unless_the_daemon_is_late(shop: Shop) -> None:
    put(shop.store, {"id": "p1", "stock": 0})
    waiting(shop, ada="p1", ben="p1")
    at = shop.clock.go(hours=2)
    put(shop.store, {"id": "p1", "stock": 1}, at=at)
    walk(shop.store, shop.running(), at + timedelta(minutes=20))
    (message,) = shop.store.messages(contact="ada")
    assert message.message.at == at


def test_an_import_that_says_nothing_new_wakes_nobody(shop: Shop) -> None:
    put(shop.store, {"id": "p1", "stock": 0})
    waiting(shop, ada="p1")
    assert put(shop.store, {"id": "p1", "stock": 0}, at=shop.clock.go(hours=1)) == (0, 0)
    assert shop.store.woken(shop.clock.go(hours=1)) == []


def test_a_wake_is_not_lost_when_the_daemon_falls_over(shop: Shop) -> None:
    put(shop.store, {"id": "p1", "stock": 0})
    waiting(shop, ada="p1")
    at = shop.clock.go(hours=1)
    put(shop.store, {"id": "p1", "stock": 1}, at=at)
    shop.store.crash_points = lambda point: (
        (_ for _ in ()).throw(KeyboardInterrupt) if "wake" in point else None
    )
    with pytest.raises(KeyboardInterrupt):
        walk(shop.store, shop.running(), at)
    shop.store.crash_points = None
    assert stands(shop, "ada") == ["back"]
    assert walk(shop.store, shop.running(), at) == 1
    assert stands(shop, "ada") == []


def test_a_change_that_comes_while_a_contact_begins_to_wait_is_not_missed(shop: Shop) -> None:
    """The import waits for the page that reads the product, or the page for the import."""
    put(shop.store, {"id": "p1", "stock": 0})
    shop.apply(catalog=SHOP, back=journey("back", BACK))
    shop.take(shop.told("ada"))
    at = shop.clock.go(hours=1)
    store = Store.open(shop.store.url)
    importing = Thread(target=put, args=(store, {"id": "p1", "stock": 1}), kwargs={"at": at})

    def begin(point: str) -> None:
        if point == "take:before_commit":
            importing.start()
            importing.join(0.2)

    shop.store.crash_points = begin
    shop.take(shop.event("A", "ada", product_id="p1"))
    shop.store.crash_points = None
    importing.join()
    store.close()
    walk(shop.store, shop.running(), at)
    assert stands(shop, "ada") == []
    assert [item.message.step for item in shop.store.messages(contact="ada")] == ["told"]


def test_a_page_of_plain_waits_asks_nothing_of_the_product_table(shop: Shop) -> None:
    shop.apply(plain=journey("plain", PLAIN))
    shop.take(shop.told("ada"), shop.event("A", "ada"))
    with shop.store.snapshot() as page:
        (case,) = page.load(shop.store.keys(["ada"]).values(), now=START, everything=True)
    assert case.watched == set()
    assert case.stock._products == {}  # type: ignore[attr-defined]
