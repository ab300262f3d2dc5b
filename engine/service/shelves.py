"""The shop of a simulation: products as a file or a test tells them, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.model.stock import Product


class Shelves:
    """One for each simulated life, because products may change in it."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self._products: dict[str, Product] = {}
        self.put(products)

    def put(self, products: Iterable[Product]) -> None:
        """Merged by id, as an import does."""
        for product in products:
            known: dict[str, Any] = {**self._products.get(product["id"], {}), **product}
            self._products[product["id"]] = {key: one for key, one in known.items() if one is not None}

    def product(self, id: str) -> Product | None:
        """The row of a product; None when there is none."""
        return self._products.get(id)
