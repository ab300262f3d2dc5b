"""Importing: rows of a file become contacts and history, page by page; nothing fires unless asked for.

Each page is one transaction, so an import that was interrupted is simply run again: events are known by
their message id, and contacts are merged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from engine.core.live import look_at_segment
from engine.core.moments import keep_moments
from engine.core.stages import look_at_stage
from engine.intake.declared import Odd
from engine.intake.lines import LineError
from engine.intake.rows import Row
from engine.model.contact import Contact
from engine.service.erased import HELP, REASON, without_erased
from engine.service.rejects import Rejects
from engine.service.running import Running, under_newest
from engine.store.database import Store
from engine.store.pages import Page

PAGE_SIZE = 2_000

#: So many rejects are shown at once, and so many kinds of oddities counted apart; files have all rejects.
_SHOWN, _KINDS = 20, 200


T = TypeVar("T")


@dataclass(slots=True)
class Imported:
    """What came of the rows: `read` = `stored` + `duplicates` + `rejected`.

    A duplicate is an event that was there before, or a contact of which nothing new was said.
    `triggered` counts what was handed to the journeys, `created` the contacts that are new, `merged` the rows
    that call a contact by an id that it had before it was merged.
    """

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    triggered: int = 0
    created: int = 0
    merged: int = 0
    odd: Counter[Odd] = field(default_factory=Counter)
    examples: list[LineError] = field(default_factory=list)  # the first rejects
    rejects: Path | None = None  # the file with all of them


Progress = Callable[[Imported], None]


@dataclass(frozen=True, slots=True)
class Import:
    """How an import is done. A dry run judges every page, writes it, and takes it back."""

    store: Store
    running: Running
    now: datetime
    trigger: bool = False
    is_dry: bool = False
    rejects: Path | None = None
    progress: Progress | None = None


class _TakeBack(Exception):
    """No error: ends a transaction that was only tried."""


@dataclass(slots=True)
class PageResult:
    """What came of one page; counted only once it is committed."""

    stored: int = 0
    duplicates: int = 0
    created: int = 0
    merged: int = 0
    rejected: list[tuple[LineError, object]] = field(default_factory=list)


#: Puts the good rows of one page into the database.
Put = Callable[[Import, Page, Sequence[Row[T]]], PageResult]


def import_pages(how: Import, rows: Iterable[Row[T]], put: Put[T]) -> Imported:
    """Put all rows, page by page, and tell what came of them; what was not taken goes to the rejects file."""
    done = Imported()
    with Rejects(None if how.is_dry else how.rejects) as rejects:
        for page in _pages(rows):
            good = [row for row in page if not isinstance(row.found, LineError)]
            for row in page:
                if isinstance(row.found, LineError):
                    _reject(done, rejects, row.found, row.raw)
            _add(done, rejects, how, _committed(how, good, put) if good else PageResult())
            _count_odd(done.odd, good)
            done.read += len(page)
            if how.progress is not None:
                how.progress(done)
        done.rejects = rejects.path
    return done


def _pages(rows: Iterable[Row[T]]) -> Iterator[list[Row[T]]]:
    rest = iter(rows)
    while page := list(islice(rest, PAGE_SIZE)):
        yield page


def _committed(how: Import, rows: Sequence[Row[T]], put: Put[T]) -> PageResult:
    return under_newest(
        how.running.renewed(), lambda running: _once(replace(how, running=running), rows, put)
    )


def _once(how: Import, rows: Sequence[Row[T]], put: Put[T]) -> PageResult:
    """The page written, or in a dry run written and taken back."""
    done = PageResult()
    try:
        with how.store.page("import") as page:
            how.running.require_newest(page)
            done = put(how, page, rows)
            if how.is_dry:
                raise _TakeBack
    except _TakeBack:
        pass
    return done


def _add(done: Imported, rejects: Rejects, how: Import, page: PageResult) -> None:
    done.stored += page.stored
    done.duplicates += page.duplicates
    done.created += page.created
    done.merged += page.merged
    done.triggered += page.stored if how.trigger else 0
    for error, raw in page.rejected:
        _reject(done, rejects, error, raw)


def _reject(done: Imported, rejects: Rejects, error: LineError, raw: object) -> None:
    done.rejected += 1
    rejects.add(error, raw)
    if len(done.examples) < _SHOWN:
        done.examples.append(error)


def _count_odd(counts: Counter[Odd], rows: Iterable[Row[T]]) -> None:
    for row in rows:
        for odd in row.odd:
            if odd in counts or len(counts) < _KINDS:
                counts[odd] += 1


def not_erased(
    page: Page, rows: Sequence[Row[T]], person: Callable[[Row[T]], Contact], done: PageResult
) -> Sequence[Row[T]]:
    """The rows that may be taken; what is about erased people is rejected, and is not written down again."""
    kept = without_erased(page, rows, person)
    if len(kept) < len(rows):
        taken = {row.line for row in kept}
        gone = [row.line for row in rows if row.line not in taken]
        done.rejected += [(LineError(line, REASON, HELP), None) for line in gone]
    return kept


def look_at_segments(how: Import, page: Page, ids: Iterable[str]) -> None:
    """Who is in which segment and stage now, when to look again, and when dates come; nobody enters a journey
    by it."""
    segments, lifecycle = how.running.world.segments, how.running.world.lifecycle
    if not segments and lifecycle is None and not how.running.world.clocks:
        return
    keys = page.contacts(ids, how.now)
    cases = page.load(keys.values(), now=how.now, **how.running.reach(how.now), everything=True)
    for case in cases:
        look_at_stage(case, how.running.world, how.now, silently=True)
        for segment in segments.values():
            look_at_segment(case, how.running.world, segment, how.now)
        keep_moments(case, how.running.world, how.now)
    page.save(cases, how.now)
