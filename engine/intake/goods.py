"""Files of products and of coupon codes: what each line says, or why it says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from io import BufferedReader
from typing import Any

from engine.calendar.instants import as_instant
from engine.calendar.spelling import quoted
from engine.conditions.vocabulary import PRODUCT_FIELDS, TYPE_PHRASES
from engine.errors import ReadError
from engine.intake.cells import read_cell
from engine.intake.columns import ColumnMap
from engine.intake.declared import odd_in_product
from engine.intake.limits import check_limits, read_name
from engine.intake.lines import iter_jsonl
from engine.intake.rows import Row, is_table, no_column, refuse_map, rows_of
from engine.intake.tables import Cells, Table
from engine.language.catalog import Catalog
from engine.model.stock import Coupon, Product

_ID, _OTHER_ID = "id", "product_id"
_CODE, _EXPIRES = "code", "expires_at"
_DAY = len("2026-03-29")


def product_rows(
    file: BufferedReader, name: str, catalog: Catalog, columns: ColumnMap | None = None
) -> Iterator[Row[Product]]:
    """The products of a file. Raises ReadError where the file as a whole cannot be used."""

    def read(plain: Mapping[str, Any]) -> Row[Product]:
        product = read_product(plain)
        lacking = frozenset(name for name in catalog.required_of_products if product.get(name) is None)
        return Row(0, plain, product, tuple(odd_in_product(product, catalog)), lacking)

    if not is_table(file, name):
        refuse_map(columns)
        return rows_of(iter_jsonl(file), read)
    table = Table(file, columns)
    if not table.columns & {_ID, _OTHER_ID}:
        raise no_column(table, _ID)
    return rows_of(table, lambda cells: read(_plain(cells, catalog)))


def read_product(plain: Mapping[str, Any]) -> Product:
    """A row of the product table. Raises ReadError in plain words."""
    check_limits(plain)
    if _ID not in plain and _OTHER_ID not in plain:
        raise ReadError("there is no `id`", "Give every product its id, the `product_id` of your events.")
    id = read_name(_ID, plain.get(_ID, plain.get(_OTHER_ID)))
    rest = {key: value for key, value in plain.items() if key not in (_ID, _OTHER_ID)}
    for key, value in rest.items():
        if key in PRODUCT_FIELDS and value is not None:
            _check(key, value)
    return {_ID: id, **rest}


def _check(name: str, value: Any) -> None:
    """A price that is no number would make every comparison with it false, without a word."""
    kind = PRODUCT_FIELDS[name].type
    if kind == "number":
        is_right = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind == "instant":
        is_right = as_instant(value) is not None
    else:
        is_right = isinstance(value, str)
    if not is_right:
        raise ReadError(f"`{name}` is {quoted(value)}, and not {TYPE_PHRASES[kind]}", _HELP[kind])


_HELP = {
    "number": "Write digits with a point, such as 32.50, without quotes and currency.",
    "instant": "Write a day such as 2026-03-29, or an instant such as 2026-03-29T10:00:00Z.",
    "text": "Put it in quotes.",
}


def _plain(cells: Cells, catalog: Catalog) -> dict[str, Any]:
    kinds = {**(catalog.products or {}), **PRODUCT_FIELDS}
    return {name: read_cell(name, text, kinds.get(name)) for name, text in cells.items()}


# --- coupon codes ----------------------------------------------------------------------------------


def coupon_rows(
    file: BufferedReader, name: str, columns: ColumnMap | None = None, *, now: datetime
) -> Iterator[Row[Coupon]]:
    """The codes of a file. Raises ReadError where the file as a whole cannot be used."""

    def read(plain: Mapping[str, Any]) -> Row[Coupon]:
        return Row(0, plain, read_coupon(plain, now))

    if not is_table(file, name):
        refuse_map(columns)
        return rows_of(iter_jsonl(file), read)
    table = Table(file, columns)
    if _CODE not in table.columns:
        raise no_column(table, _CODE)
    return rows_of(table, read)


def read_coupon(plain: Mapping[str, Any], now: datetime) -> Coupon:
    """A code with its end. A date is over at the end of its day in UTC. Raises ReadError in plain words."""
    check_limits(plain)
    if _CODE not in plain:
        raise ReadError("there is no `code`", "Give every line its code.")
    code, written = read_name(_CODE, plain[_CODE]), plain.get(_EXPIRES)
    if written is None:
        return Coupon(0, code)
    expires_at = as_instant(written)
    if expires_at is None:
        message = f"`{_EXPIRES}` is {quoted(written)}, and not {TYPE_PHRASES['instant']}"
        raise ReadError(message, _HELP["instant"])
    if isinstance(written, str) and len(written.strip()) == _DAY:
        expires_at += timedelta(days=1)
    if expires_at <= now:
        raise ReadError(f"the code expired: {quoted(written)}", "Leave it out; it would never be given.")
    return Coupon(0, code, expires_at)
