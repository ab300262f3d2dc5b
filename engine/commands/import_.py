"""`journeys import`: files of contacts, events, products; with a report and a file of what was not taken."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

import click

from engine.commands.catalog import catalog_for
from engine.commands.context import Context
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.errors import RefusedError, UsageError
from engine.intake.columns import ColumnMap, read_columns
from engine.intake.declared import in_words
from engine.intake.goods import coupon_rows, product_rows
from engine.intake.rows import contact_rows, event_rows
from engine.intake.unwanted import suppression_rows
from engine.language.catalog import Catalog
from engine.language.workspace import ROOT
from engine.model.spelling import did_you_mean
from engine.service.clock import WallClock
from engine.service.figures import count_sales, is_wanted
from engine.service.import_contacts import import_contacts
from engine.service.import_coupons import import_coupons
from engine.service.import_events import import_events
from engine.service.import_products import import_products
from engine.service.import_suppressions import import_suppressions
from engine.service.importing import Import, Imported
from engine.service.running import load_running
from engine.store.database import Store

_KINDS = ("contacts", "events", "products", "coupons", "suppressions")
_SILENT = ("products", "coupons", "suppressions")
_SQLITE = "sqlite:///"
_EVERY = 5.0  # seconds between two lines where there is no terminal


@click.command("import", cls=Verb)
@click.argument("what", metavar="contacts|events|products|coupons|suppressions")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--trigger", is_flag=True, help="Let journeys take notice, as of now; otherwise nothing fires.")
@click.option(
    "--map",
    "map_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Their column names and ours: columns: {Theirs: ours}.",
)
@click.option(
    "--consent-source",
    metavar="TEXT",
    help="Where yes to marketing was given, for rows and lines without a `consent_source`.",
)
@click.option("--pool", metavar="NAME", help="The pool that coupon codes go into.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen, and write nothing.")
@format_option("text", "json")
@click.pass_obj
def command(
    options: Options,
    what: str,
    file: Path,
    trigger: bool,
    map_file: Path | None,
    consent_source: str | None,
    pool: str | None,
    dry_run: bool,
    format: str,
) -> int:
    """Import contacts, events, products, coupon codes or suppressions from a CSV file or JSON lines.

    Contacts and products are merged: what a row does not say stays as it is. A yes to a topic or channel
    must say where it was given: in a column `consent_source`, or by --consent-source. Events are known by
    their message id and codes by their pool, so that a file may be imported again. Rows that cannot be
    taken go to FILE.rejects.jsonl with their reason and the rest is imported; the exit code is 1 only when
    not one row could be taken.
    """
    _check_kind(what)
    _check_pool(what, pool)
    _check_consent_source(what, consent_source)
    context = Context(options)
    with _opened(file) as source, _store(context, dry_run) as store:
        settings = context.settings
        running = load_running(store, settings.policy(), settings.unsubscribe)
        if trigger and what in _SILENT:
            raise UsageError(f"`import {what}` fires nothing, so there is no --trigger", "Leave it out.")
        if trigger and not running.current:
            raise RefusedError(
                "no journey has been applied, so there is nothing to trigger", "Run `journeys apply`."
            )
        catalog = catalog_for(context, store)
        rejects = file.with_name(f"{file.name}.rejects.jsonl")
        with _progress(context, source, file) as progress:
            how = Import(store, running, WallClock().now(), trigger, dry_run, rejects, progress)
            done = _import(what, how, source, file, catalog, _columns(map_file), pool, consent_source)
        if what == "events" and not dry_run and is_wanted(running):
            count_sales(store, how.now)
    if format == "json":
        print_json(_plain(done, what, file, catalog, dry_run))
    else:
        _print(context, done, what, file, catalog, dry_run)
    return 1 if done.rejected and done.rejected == done.read else 0


def _check_kind(what: str) -> None:
    if what not in _KINDS:
        hint = did_you_mean(what, _KINDS)
        raise UsageError(
            f"there is no import of `{what}`.{hint}",
            f"Write one of {', '.join(f'`import {kind}`' for kind in _KINDS)}.",
        )


def _check_pool(what: str, pool: str | None) -> None:
    """Codes need one, and nothing else has any."""
    if what == "coupons" and not (pool and pool.strip()):
        raise UsageError("it is not said into which pool the codes go", "Add `--pool winback-10`.")
    if what != "coupons" and pool is not None:
        raise UsageError("--pool is for coupon codes", "Leave it out.")


def _check_consent_source(what: str, source: str | None) -> None:
    if source is None:
        return
    if what not in ("contacts", "events"):
        raise UsageError("--consent-source is for contacts and what events say of them", "Leave it out.")
    if not source.strip() or not source.isprintable():
        raise UsageError("--consent-source is empty", 'Write it as in `--consent-source "fair in Bern"`.')


def _import(
    what: str,
    how: Import,
    source: BufferedReader,
    file: Path,
    catalog: Catalog,
    columns: ColumnMap | None,
    pool: str | None,
    consent_source: str | None,
) -> Imported:
    if what == "contacts":
        return import_contacts(how, contact_rows(source, file.name, catalog, columns, consent_source))
    if pool is not None:
        return import_coupons(how, coupon_rows(source, file.name, columns, now=how.now), pool)
    if what == "products":
        return import_products(how, product_rows(source, file.name, catalog, columns))
    if what == "suppressions":
        return import_suppressions(how, suppression_rows(source, file.name, columns, now=how.now))
    early = how.running.world.policy.early
    rows = event_rows(
        source,
        file.name,
        catalog,
        columns,
        now=how.now,
        early=early,
        is_received_now=how.trigger,
        consent_source=consent_source,
    )
    return import_events(how, rows)


# --- what it needs -------------------------------------------------------------------------------


def _opened(file: Path) -> BufferedReader:
    try:
        return file.open("rb")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror}", "Name a CSV file or JSON lines."
        ) from None


@contextmanager
def _store(context: Context, is_dry: bool) -> Iterator[Store]:
    """The workspace's database; a dry run before there is one tries itself on an empty one elsewhere."""
    url = context.settings.database_url
    is_missing = url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists()
    if is_missing and not (context.folder / ROOT).is_dir():
        help = "Make a workspace with `journeys init`, or name yours with --workspace DIR."
        raise UsageError(f"there is no folder {ROOT}/ in {context.folder}", help)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"{_SQLITE}{folder}/dry.db" if is_dry and is_missing else url, create=True)
        try:
            yield store
        finally:
            store.close()


def _columns(file: Path | None) -> ColumnMap | None:
    if file is None:
        return None
    try:
        return read_columns(file.read_bytes(), str(file))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "Name a YAML file.") from None


@contextmanager
def _progress(context: Context, source: BufferedReader, file: Path) -> Iterator[Callable[[Imported], None]]:
    """A bar over the bytes of the file on a terminal, a line now and then otherwise."""
    if sys.stderr.isatty() and not context.options.is_plain:
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("importing", total=file.stat().st_size)
            yield lambda done: bar.update(task, completed=source.tell(), description=f"{done.read:,} rows")
        return
    last = time.monotonic()

    def tell(done: Imported) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            click.echo(f"importing: {done.read:,} rows", err=True)

    yield tell


# --- what it tells -------------------------------------------------------------------------------


def _plain(done: Imported, what: str, file: Path, catalog: Catalog, is_dry: bool) -> dict[str, object]:
    return {
        "what": what,
        "file": str(file),
        "dry_run": is_dry,
        "read": done.read,
        "stored": done.stored,
        "duplicates": done.duplicates,
        "rejected": done.rejected,
        "created": done.created,
        "triggered": done.triggered,
        "merged": done.merged,
        "rejects": None if done.rejects is None else str(done.rejects),
        "examples": [{"line": one.line, "reason": one.reason, "help": one.help} for one in done.examples],
        "warnings": [{"message": in_words(odd, catalog), "rows": n} for odd, n in done.odd.most_common()],
    }


def _print(context: Context, done: Imported, what: str, file: Path, catalog: Catalog, is_dry: bool) -> None:
    """What went well on standard output, the rest on stderr, where a nightly job is heard."""
    for odd, rows in done.odd.most_common():
        click.echo(f"warning: {in_words(odd, catalog)} ({rows:,} {_rows(rows)})", err=True)
    for one in done.examples:
        click.echo(f"{file}:{one.line}: {one.reason}. {one.help}", err=True)
    if done.rejected > len(done.examples):
        click.echo(f"… and {done.rejected - len(done.examples):,} more", err=True)
    if done.rejects is not None:
        click.echo(f"The rejected rows are in {done.rejects}.", err=True)
    told = [f"{done.read:,} {_rows(done.read)} of {what}", f"{done.stored:,} stored"]
    told += [f"{n:,} {words}" for n, words in _also(done, what) if n]
    context.say(("dry run, nothing written: " if is_dry else "") + ", ".join(told))


def _also(done: Imported, what: str) -> list[tuple[int, str]]:
    return [
        (
            done.duplicates,
            "known already" if what in ("events", "coupons", "suppressions") else "with nothing new",
        ),
        (done.rejected, "rejected"),
        (done.created, _new(done.created, what)),
        (done.triggered, "handed to the journeys"),
        (done.merged, "by an id that was merged into another contact's"),
    ]


def _new(count: int, what: str) -> str:
    """Events make contacts."""
    thing = "product" if what == "products" else "contact"
    return f"new {thing}{'' if count == 1 else 's'}"


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"
