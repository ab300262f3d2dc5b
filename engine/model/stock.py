"""What the shop has: products, coupon codes, what sells. The store knows it, or a list in a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

#: One row of the product table, as conditions and templates see it: id, name, price, … and its attributes.
Product = Mapping[str, Any]

#: What every product may have; every other column is an attribute that catalog.yaml declares.
BUILT_IN = ("id", "name", "price", "url", "image", "category", "stock", "created_at")


#: What a step that names something keeps in its memory: the name, a code, or a list of picks.
NAME, CODE, PICKS = "as", "code", "items"


class Coupon(NamedTuple):
    """One code of a pool. `id` is the store's; 0 for a code that is made up."""

    id: int
    code: str
    expires_at: datetime | None = None


def made_up_code(pool: str, number: int) -> str:
    """The same for the same pool and number, and plainly no real one."""
    mark = blake2b(f"{pool} {number}".encode(), digest_size=3).hexdigest().upper()
    return f"EXAMPLE-{mark}"


class Stock(Protocol):
    """The shop at one moment."""

    def coupon(self, pool: str, at: datetime) -> Coupon | None:
        """Take a code that is still good then; None when the pool is empty. Nobody gets the same one."""
        ...

    def bestsellers(self) -> Sequence[str]:
        """Ids of products by the number of orders that they were in lately."""
        ...

    def bought_together(self, ids: Sequence[str]) -> Sequence[str]:
        """Ids of products by the number of orders that they shared with one of these lately."""
        ...

    def new_arrivals(self, at: datetime) -> Sequence[str]:
        """Ids of products by `created_at`, the newest first; none of the future."""
        ...

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

    def coupon(self, pool: str, at: datetime) -> Coupon | None:
        """Every pool is empty."""
        del pool, at
        return None

    def bestsellers(self) -> Sequence[str]:
        """Nothing sells."""
        return ()

    def bought_together(self, ids: Sequence[str]) -> Sequence[str]:
        """Nothing sells."""
        del ids
        return ()

    def new_arrivals(self, at: datetime) -> Sequence[str]:
        """Nothing arrives."""
        del at
        return ()


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

    def coupon(self, pool: str, at: datetime) -> Coupon | None:
        """As the stock has it."""
        return self._stock.coupon(pool, at)

    def bestsellers(self) -> Sequence[str]:
        """As the stock has it."""
        return self._stock.bestsellers()

    def bought_together(self, ids: Sequence[str]) -> Sequence[str]:
        """As the stock has it."""
        return self._stock.bought_together(ids)

    def new_arrivals(self, at: datetime) -> Sequence[str]:
        """As the stock has it."""
        return self._stock.new_arrivals(at)
