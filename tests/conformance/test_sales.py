"""What sells, as counted in a database, against a plain count of the same random orders."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from engine.model.event import Event
from engine.service.figures import count_sales
from engine.store.database import Store
from tests.support.shops import START

PRODUCTS = [f"p{number}" for number in range(9)]


def an_order(chance: Random, number: int) -> Event:
    """Some were reported twice, some lie before the window or ahead, some list a product twice or none."""
    days = chance.choice([0, 1, 30, 89, 90, 91, 200, -1])
    at = START - timedelta(days=days) + timedelta(seconds=chance.randint(-5, 5))
    bought = [{"product_id": chance.choice(PRODUCTS)} for _ in range(chance.randint(0, 4))]
    properties: dict[str, Any] = {"products": bought}
    if chance.random() < 0.2:
        properties = {"product_id": chance.choice(PRODUCTS)}
    if chance.random() < 0.5:
        properties["order_id"] = f"o{number // 2}"
    name = "Order Completed" if chance.random() < 0.9 else "Product Viewed"
    return Event(f"m{number}", f"c{chance.randint(0, 3)}", name, at, START, properties)


def plain_count(events: list[Event]) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """The same by hand: every order in order of time, every product and every pair of it."""
    sold: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    known: list[str] = []
    inside = [e for e in events if START - timedelta(days=90) < e.at <= START and e.name == "Order Completed"]
    for event in sorted(inside, key=lambda e: (e.at, int(e.message_id[1:]))):
        if event.properties.get("order_id", event.message_id) in known:
            continue
        known.append(event.properties.get("order_id", event.message_id))
        basket = {one["product_id"] for one in event.properties.get("products", ())}
        basket |= {event.properties["product_id"]} if "product_id" in event.properties else set()
        for one in basket:
            sold[one] = sold.get(one, 0) + 1
            for other in basket - {one}:
                pairs[one, other] = pairs.get((one, other), 0) + 1
    return sold, pairs


@pytest.mark.parametrize("seed", range(6))
def test_the_figures_are_those_of_a_plain_count(store: Store, seed: int) -> None:
    chance = Random(seed)
    events = [an_order(chance, number) for number in range(chance.choice([0, 3, 60, 200]))]
    for event in events:  # stored one by one, so that their numbers are in their order
        with store.page() as page:
            page.take_events([event])
    count_sales(store, START)
    count_sales(store, START)  # counted anew, not added
    sold, pairs = plain_count(events)
    with store.page() as page:
        page.contacts(["ada"], START)
        (case,) = page.load(store.keys(["ada"]).values() or page.contacts(["ada"], START).values(), now=START)
        assert list(case.stock.bestsellers()) == sorted(sold, key=lambda id: (-sold[id], id))
        for basket in ([], ["p1"], ["p1", "p2", "nothing"]):
            scores: dict[str, int] = {}
            for (one, other), n in pairs.items():
                if one in basket:
                    scores[other] = scores.get(other, 0) + n
            expected = sorted(scores, key=lambda id: (-scores[id], id))
            assert list(case.stock.bought_together(basket)) == expected
