"""`journeys export`: contacts, history, suppressions and the outbox as CSV or JSON lines."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from engine.commands.catalog import catalog_for
from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.options import Options, Verb, format_option
from engine.errors import RefusedError, UsageError
from engine.language.catalog import Catalog
from engine.model.spelling import did_you_mean
from engine.service.broken_off import Reached, how_far
from engine.service.exporting import Progress, Sheet, columns_of, write_lines, write_table
from engine.service.sheets import contacts_sheet, events_sheet, messages_sheet, suppressions_sheet
from engine.store.extract import Extract

_KINDS = ("contacts", "events", "suppressions", "messages")
_EVERY = 5.0  # seconds between two lines where there is no terminal

#: The table that each kind is counted in, and the column that a row is known by.
_TABLES = {
    "contacts": "contact",
    "events": "event",
    "suppressions": "suppression",
    "messages": "message",
}
_KEYS = {"contacts": "id", "events": "messageId", "messages": "id"}


@click.command("export", cls=Verb)
@click.argument("what", metavar="contacts|events|suppressions|messages")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there; otherwise to standard output.",
)
@click.option("--resume", is_flag=True, help="Go on in FILE, where an export broke off.")
@format_option("csv", "jsonl")
@click.pass_obj
def command(options: Options, what: str, output: Path | None, resume: bool, format: str) -> int:
    """Export contacts, events, suppressions or messages as CSV or JSON lines.

    Everything is of one moment, however long it takes, and a running daemon is not held up. Contacts and
    events can be imported again; in CSV, cells that a spreadsheet would take for formulas stand behind an
    apostrophe, which the import takes away.
    """
    _check(what, output, resume=resume)
    context = Context(options)
    with opened_store(context) as store, store.extract() as extract:
        sheet = _sheet(what, extract, catalog_for(context, store))
        is_table = format == "csv"
        columns = columns_of(sheet) if is_table else []
        reached = _reached(output, what, columns, is_table=is_table) if resume and output else Reached()
        after = _number(extract, what, reached.last)
        total = extract.count(_TABLES[what])
        with _file(output, reached, resume=resume) as file, _progress(context, what, total, reached) as tell:
            if is_table:
                has_header = bool(reached.size)
                done = write_table(file, sheet, columns, tell, after=after, has_header=has_header)
            else:
                done = write_lines(file, sheet, tell, after=after)
    if output is not None:
        before = f", after {reached.rows:,} that were there" if reached.rows else ""
        context.say(f"{done:,} {what} written to {output}{before}")
    return 0


def _check(what: str, output: Path | None, *, resume: bool) -> None:
    if what not in _KINDS:
        raise UsageError(
            f"there is no export of `{what}`.{did_you_mean(what, _KINDS)}",
            f"Write one of {', '.join(f'`export {kind}`' for kind in _KINDS)}.",
        )
    if resume and what == "suppressions":
        raise UsageError("an export of suppressions is short, and begins anew", "Leave --resume out.")
    if resume and output is None:
        raise UsageError(
            "it is not said which file broke off", "Name it: `--output FILE --resume`, also after `> FILE`."
        )
    if output is not None and output.exists() and not resume:
        raise UsageError(
            f"{output} is there already", "Name another file, or add --resume if an export broke off in it."
        )


def _sheet(what: str, extract: Extract, catalog: Catalog) -> Sheet[Any]:
    if what == "contacts":
        return contacts_sheet(extract, catalog)
    if what == "events":
        return events_sheet(extract, catalog)
    return suppressions_sheet(extract) if what == "suppressions" else messages_sheet(extract)


# --- going on ------------------------------------------------------------------------------------


def _reached(output: Path, what: str, columns: list[str], *, is_table: bool) -> Reached:
    try:
        with output.open("rb") as file:
            found = how_far(file, _KEYS[what], is_table=is_table)
    except OSError as error:
        raise UsageError(f"{output} cannot be read: {error.strerror}", "Export without --resume.") from None
    if found.size and is_table and list(found.header) != columns:
        raise RefusedError(
            f"the columns of {output} are not those that are to be written now",
            "Export anew; JSON lines (`--format jsonl`) can always go on.",
        )
    return found


def _number(extract: Extract, what: str, last: str | None) -> int:
    """The number of the last thing in the file."""
    if last is None:
        return 0
    if what == "messages":
        return int(last) if last.isdigit() else 0
    find = extract.number_of_contact if what == "contacts" else extract.number_of_event
    found = find(last)
    if found is None:
        raise RefusedError(
            f"the last line is about `{last[:60]}`, which is not in the database", "Export anew."
        )
    return found


@contextmanager
def _file(output: Path | None, reached: Reached, *, resume: bool) -> Iterator[BinaryIO]:
    """What is exported is personal: a new file is for its owner alone."""
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        number = os.open(output, os.O_WRONLY | os.O_CREAT | (0 if resume else os.O_EXCL), 0o600)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}", "Name another file.") from None
    with os.fdopen(number, "wb") as file:
        file.truncate(reached.size)
        file.seek(reached.size)
        yield file


@contextmanager
def _progress(context: Context, what: str, total: int, reached: Reached) -> Iterator[Progress]:
    """A bar on a terminal, a line now and then otherwise."""
    if sys.stderr.isatty() and not sys.stdout.isatty() and not context.options.is_plain:
        with _bar(what, total, reached.rows) as fill:
            yield fill
        return
    last = time.monotonic()

    def tell(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            click.echo(f"exporting: {reached.rows + done:,} of {total:,} {what}", err=True)

    yield tell


@contextmanager
def _bar(what: str, total: int, before: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"exporting {what}", total=total)
        yield lambda done: bar.update(task, completed=before + done)
