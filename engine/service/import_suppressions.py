"""Importing suppressions: addresses to which nothing goes any more, whoever has them, now or later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.intake.lines import LineError
from engine.intake.rows import Row
from engine.intake.unwanted import Unwanted
from engine.model.suppression import Suppression, addresses_of
from engine.service.importing import Import, Imported, PageResult, import_pages
from engine.store.pages import Page


def import_suppressions(how: Import, rows: Iterable[Row[Unwanted]]) -> Imported:
    """The sender goes by the list at once; the rows of contacts follow at the end, in one look at all."""
    done = import_pages(how, rows, _put)
    if done.stored and not how.is_dry:
        for keys in how.store.all_contact_keys():
            with how.store.page("import") as page:
                page.mark_suppressed(keys, how.now)
    return done


def _put(how: Import, page: Page, rows: Sequence[Row[Unwanted]]) -> PageResult:
    done = PageResult()
    given = list(_addressed(page, rows, done))
    done.stored = page.suppress(given, how.now, holders=())
    done.duplicates = len(given) - done.stored
    return done


def _addressed(page: Page, rows: Sequence[Row[Unwanted]], done: PageResult) -> Iterator[Suppression]:
    """Each with its address; who is named without one is looked up."""
    found = [(row, row.found) for row in rows if not isinstance(row.found, LineError)]
    known = page.known({one.contact for _, one in found if one.contact is not None and one.address is None})
    for row, one in found:
        address = one.address
        if address is None and one.contact in known:
            address = addresses_of(known[one.contact]).get(one.channel)
        if address is None:
            what = f"has no address for {one.channel}" if one.contact in known else "is not known"
            reason = f"the contact `{one.contact}` {what}"
            done.rejected.append((LineError(row.line, reason, "Fill in `address`."), row.raw))
        else:
            yield Suppression(one.channel, address, one.reason, one.at, one.source, one.note)
