"""Importing coupon codes into a pool; a code that is there already stays as it is, whoever has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.intake.lines import LineError
from engine.intake.rows import Row
from engine.model.stock import Coupon
from engine.service.importing import Import, Imported, PageResult, import_pages
from engine.store.pages import Page


def import_coupons(how: Import, rows: Iterable[Row[Coupon]], pool: str) -> Imported:
    """Codes are added to the pool, and given from then on."""

    def put(_how: Import, page: Page, rows: Sequence[Row[Coupon]]) -> PageResult:
        codes = [row.found for row in rows if not isinstance(row.found, LineError)]
        stored = page.put_coupons(pool, codes)
        return PageResult(stored=stored, duplicates=len(codes) - stored)

    return import_pages(how, rows, put)
