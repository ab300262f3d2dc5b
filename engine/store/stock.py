"""The stock of a page: products and codes read when they are asked for, as of the page's transaction.

Which products a condition reads is known only while it is asked (a list of the trigger, an event that just
came), so they are looked up then; a page of contacts with the same products asks the database once for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.model.stock import Coupon, Product
from engine.store import coupons, figures, products, turn
from engine.store.link import Link

#: So many candidates of a recommendation are read.
_MOST = 500


class PageStock:
    """Made with every page, and idle unless a journey reads products."""

    __slots__ = ("_bestsellers", "_codes", "_is_held", "_link", "_products")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._products: dict[str, Product | None] = {}
        self._codes: dict[str, Iterator[Coupon]] = {}
        self._bestsellers: list[str] | None = None
        self._is_held = False

    def product(self, id: str) -> Product | None:
        """The row of a product; None when there is none."""
        if id not in self._products:
            self._hold()
            self._products[id] = products.find(self._link, id)
        return self._products[id]

    def coupon(self, pool: str, at: datetime) -> Coupon | None:
        """The next code of the pool that is good after `at`; kept by whoever is saved with it."""
        if not self._codes:
            self._hold()  # always in this order, so that two pages never wait for each other
            turn.take(self._link)  # so that none left means none left
        codes = self._codes.get(pool)
        if codes is None:
            codes = self._codes[pool] = coupons.free(self._link, pool, at)
        return next((one for one in codes if one.expires_at is None or one.expires_at > at), None)

    def bestsellers(self) -> Sequence[str]:
        """As counted last."""
        if self._bestsellers is None:
            self._bestsellers = figures.bestsellers(self._link, _MOST)
        return self._bestsellers

    def bought_together(self, ids: Sequence[str]) -> Sequence[str]:
        """As counted last."""
        return figures.bought_together(self._link, ids, _MOST)

    def new_arrivals(self, at: datetime) -> Sequence[str]:
        """The newest products."""
        return figures.new_arrivals(self._link, at, _MOST)

    def _hold(self) -> None:
        """Products stand still until the page is written: nobody begins to wait for what just changed."""
        if not self._is_held:
            products.hold(self._link)
            self._is_held = True
