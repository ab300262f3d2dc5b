"""Importing products: rows are merged into the product table; whoever waits for one of them is woken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.intake.lines import LineError
from engine.intake.rows import Row
from engine.model.stock import Product
from engine.service.importing import Import, Imported, PageResult, import_pages
from engine.store.pages import Page


def import_products(how: Import, rows: Iterable[Row[Product]]) -> Imported:
    """Products are merged by id: what a row does not mention stays, null takes away.

    Nobody enters a journey by it. Contacts that stand at a step which reads a changed product are asked again
    by the daemon, when it next looks.
    """
    return import_pages(how, rows, _put_products)


def _put_products(how: Import, page: Page, rows: Sequence[Row[Product]]) -> PageResult:
    done = PageResult()
    products = _complete(page, rows, done)
    created, changed = page.put_products(products, how.now)
    done.created, done.stored = created, created + changed
    done.duplicates = len(products) - done.stored
    return done


def _complete(page: Page, rows: Sequence[Row[Product]], done: PageResult) -> list[Product]:
    """The products that have all required attributes, in their row or from before; the rest is rejected."""
    wanted = {row.found["id"] for row in rows if row.lacking and isinstance(row.found, Mapping)}
    known = page.products(wanted)
    complete: list[Product] = []
    for row in rows:
        if isinstance(row.found, LineError):
            continue
        missing = sorted(row.lacking - known.get(row.found["id"], {}).keys())
        if missing:
            reason = f"there is no `{missing[0]}`, which catalog.yaml requires of every product"
            done.rejected.append((LineError(row.line, reason, f"Fill in {', '.join(missing)}."), row.raw))
        else:
            complete.append(row.found)
    return complete
