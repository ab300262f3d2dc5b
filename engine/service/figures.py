"""Counting what sells: the orders of 90 days, looked through at most once an hour, never on a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b

from engine.model.event import Event
from engine.service.running import Running
from engine.steps.recommend import named_by_trigger
from engine.store.database import Store
from engine.store.figures import KEPT

#: How far back sales count, and how old the figures may become.
WINDOW, EVERY = timedelta(days=90), timedelta(hours=1)

#: An order of more products says little about any two of them, and pairs grow with the square.
_LARGEST = 30


def is_wanted(running: Running) -> bool:
    """Whether some journey recommends products."""
    return any(journey.recommends for journey in running.world.journeys.values())


def count_sales(store: Store, now: datetime) -> None:
    """Count all orders of the window anew, so that late, repeated and erased ones come out right."""
    sold: Counter[str] = Counter()
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with store.snapshot() as page:
        for products in baskets(page.orders(now - WINDOW, now)):
            sold.update(products)
            if len(products) <= _LARGEST:
                for one in products:
                    pairs[one].update(other for other in products if other != one)
    kept = {(one, other): n for one, counts in pairs.items() for other, n in _most(counts)}
    with store.page("figures") as page:
        page.put_figures(sold, kept)


def baskets(orders: Iterable[Event]) -> Iterator[list[str]]:
    """The products of each order, each once; an order that was reported twice counts once."""
    seen: set[bytes] = set()
    for order in orders:
        id = str(order.properties.get("order_id") or order.message_id)
        mark = blake2b(id.encode(), digest_size=8).digest()
        if mark not in seen:
            seen.add(mark)
            yield named_by_trigger(order.properties)


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:KEPT]
