"""The shop of a simulation, in memory: products as a file or a test tells them, codes that are made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.calendar.instants import as_instant
from engine.model.stock import Coupon, Product, made_up_code


class Shelves:
    """One for each simulated life, because products may change in it.

    `orders` are what other customers bought together; without any, products sell in the order of the list.
    `coupons` says how many codes a pool holds; one that is not named holds enough.
    """

    def __init__(
        self,
        products: Iterable[Product] = (),
        orders: Sequence[Sequence[str]] = (),
        coupons: Mapping[str, int] | None = None,
    ) -> None:
        self._products: dict[str, Product] = {}
        self._orders = [frozenset(str(id) for id in order) for order in orders]
        self._coupons = dict(coupons or {})
        self._taken: Counter[str] = Counter()
        self.put(products)

    def put(self, products: Iterable[Product]) -> None:
        """Merged by id, as an import does."""
        for product in products:
            known: dict[str, Any] = {**self._products.get(product["id"], {}), **product}
            self._products[product["id"]] = {key: one for key, one in known.items() if one is not None}

    def product(self, id: str) -> Product | None:
        """The row of a product; None when there is none."""
        return self._products.get(id)

    def coupon(self, pool: str, at: datetime) -> Coupon | None:
        """A made-up code that never expires."""
        del at
        if self._taken[pool] >= self._coupons.get(pool, self._taken[pool] + 1):
            return None
        self._taken[pool] += 1
        return Coupon(0, made_up_code(pool, self._taken[pool]))

    def bestsellers(self) -> Sequence[str]:
        """By the orders that were told, otherwise as the products were."""
        if not self._orders:
            return list(self._products)
        return _ranked(Counter(id for order in self._orders for id in order))

    def bought_together(self, ids: Sequence[str]) -> Sequence[str]:
        """By the orders that were told."""
        pairs = ((one, other) for order in self._orders for one in order for other in order if one != other)
        return _ranked(Counter(other for one, other in pairs if one in ids))

    def new_arrivals(self, at: datetime) -> Sequence[str]:
        """The newest first."""
        arrived = ((as_instant(row.get("created_at")), id) for id, row in self._products.items())
        known = sorted((-when.timestamp(), id) for when, id in arrived if when is not None and when <= at)
        return [id for _, id in known]


def _ranked(counts: Mapping[str, int]) -> list[str]:
    """The most often first, by id where it is as often."""
    return sorted(counts, key=lambda id: (-counts[id], id))
