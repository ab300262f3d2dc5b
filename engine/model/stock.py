"""What the shop has and journeys ask about: its products. The store fills it, or a list in a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

#: One row of the product table, as conditions and templates see it: id, name, price, … and its attributes.
Product = Mapping[str, Any]

#: What every product may have; every other column is an attribute that catalog.yaml declares.
BUILT_IN = ("id", "name", "price", "url", "image", "category", "stock", "created_at")


class Stock(Protocol):
    """The shop at one moment."""

    def product(self, id: str) -> Product | None:
        """The row of a product; None when there is none."""
        ...


class NoStock:
    """A shop without a product table."""

    __slots__ = ()

    def product(self, id: str) -> Product | None:
        """None at all."""
        del id
        return None


NO_STOCK = NoStock()


class Watched:
    """A stock that remembers which products were asked for: a change of one of them may change the answer.

    Whatever was not asked for cannot change it, because the answer comes from what was read and nothing else.
    """

    __slots__ = ("_stock", "asked")

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self.asked: set[str] = set()

    def product(self, id: str) -> Product | None:
        """As the stock has it."""
        self.asked.add(id)
        return self._stock.product(id)
