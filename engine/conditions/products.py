"""Rows of the product table in conditions: `product.*` by the header, `item.product.*` by an item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.model.predicate import Predicate, Reference
from engine.model.stock import Product
from engine.model.view import View

#: Where an item of a list, or an event, names its product.
PRODUCT_ID = "product_id"


def id_of(value: Any) -> str | None:
    """The id of a product as the table has it: text; shops also write numbers."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def product_of(view: View) -> Product | None:
    """The row that the journey is about; inside `recommend` the one under test."""
    if view.product is not None:
        return view.product
    return None if view.product_id is None else row_of(view, view.product_id(view))


def product_of_item(view: View) -> Product | None:
    """The row of the item under test."""
    item = view.item
    return row_of(view, item.get(PRODUCT_ID)) if isinstance(item, Mapping) else None


def row_of(view: View, value: Any) -> Product | None:
    """The row of the product that a value names."""
    id = id_of(value)
    return None if id is None else view.stock.product(id)


def reads_products(predicate: Predicate) -> bool:
    """Whether some part of it, however deep, reads a row of the product table."""
    return _any_reference(predicate, lambda one: is_of_product(one.path))


def is_of_product(path: tuple[str, ...]) -> bool:
    """Whether a path leads into a row of the product table."""
    return path[0] == "product" or path[:2] == ("item", "product")


def _any_reference(part: Any, asks: Callable[[Reference], bool]) -> bool:
    if isinstance(part, Reference):
        return asks(part)
    if isinstance(part, tuple):
        return any(_any_reference(one, asks) for one in part)
    if not is_dataclass(part):
        return False
    return any(_any_reference(getattr(part, field.name), asks) for field in fields(part))


def names_products(plain: Any) -> bool:
    """Whether a plain form, conditions and steps alike, names a path into the product table anywhere."""
    if isinstance(plain, str):
        return plain.startswith(("product.", "item.product."))
    if isinstance(plain, Mapping):
        return any(names_products(key) or names_products(value) for key, value in plain.items())
    return isinstance(plain, list | tuple) and any(names_products(one) for one in plain)
