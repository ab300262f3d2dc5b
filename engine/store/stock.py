"""The stock of a page: products read when they are asked for, each once, as of the page's transaction.

Which products a condition reads is known only while it is asked (a list of the trigger, an event that just
came), so they are looked up then; a page of contacts with the same products asks the database once for each.
"""

from __future__ import annotations

from engine.model.stock import Product
from engine.store import products
from engine.store.link import Link


class PageStock:
    """Made with every page, and idle unless a journey reads products."""

    __slots__ = ("_is_held", "_link", "_products")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._products: dict[str, Product | None] = {}
        self._is_held = False

    def product(self, id: str) -> Product | None:
        """The row of a product; None when there is none."""
        if id not in self._products:
            self._hold()
            self._products[id] = products.find(self._link, id)
        return self._products[id]

    def _hold(self) -> None:
        """Products stand still until the page is written: nobody begins to wait for what just changed."""
        if not self._is_held:
            products.hold(self._link)
            self._is_held = True
