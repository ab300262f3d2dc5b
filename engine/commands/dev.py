"""`journeys dev`: everything at once on this machine, to try journeys out; each step is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event as Flag
from threading import Thread

import click

from engine.calendar.zones import zone_of
from engine.commands.apply import print_report
from engine.commands.at_work import begun, listening
from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.options import Options, Verb
from engine.commands.trace_words import in_words, outside
from engine.errors import StoreError
from engine.service.applying import apply
from engine.service.clock import WallClock
from engine.service.revisions import commit_of
from engine.service.settings import Delivery, Http, Settings
from engine.store.database import Store
from engine.store.traces import TraceRecord

_PORT = 8080
#: Seconds between two looks at what happened.
_LOOK_EVERY = 0.3


@click.command("dev", cls=Verb)
@click.option("--port", type=click.IntRange(0, 65535), help=f"Where events come in; {_PORT} or the config's.")
@click.pass_obj
def command(options: Options, port: int | None) -> int:
    """Apply the files and run them here; tell every step as it happens.

    Events come in over HTTP from this machine, and every message is captured: nobody gets mail, whatever
    config.yaml says. Ctrl-C ends it.
    """
    context = Context(options)
    settings = _at_home(context.settings, port)
    with opened_store(context, create=True) as store:
        now = WallClock().now()
        report = apply(
            store,
            context.workspace,
            context.files,
            settings.policy(),
            settings.unsubscribe,
            commit_of(context.folder),
            now,
        )
        print_report(context, report)
        with (
            begun(settings, store, WallClock()) as daemon,
            _telling(context, store),
            listening(settings, store, daemon),
        ):
            daemon.forever()
    return 0


def _at_home(settings: Settings, port: int | None) -> Settings:
    """Nothing leaves this machine and nothing reaches it from outside."""
    delivery = Delivery(capture_dir=settings.delivery.capture_dir)
    chosen = port if port is not None else settings.http.port if settings.http.port is not None else _PORT
    url = f"http://127.0.0.1:{chosen}" if chosen else None  # pages for contacts, to try them out
    return replace(settings, delivery=delivery, http=Http(port=chosen, public_url=url))


@contextmanager
def _telling(context: Context, store: Store) -> Iterator[None]:
    """A thread that says what the trace says, from now on."""
    is_over = Flag()
    thread = Thread(
        target=_tell, args=(context, store, store.last_trace(), is_over), name="tell", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _tell(context: Context, store: Store, after: int, is_over: Flag) -> None:
    """The last look comes after the end, so that nothing is left unsaid."""
    goes_on = True
    while goes_on:
        goes_on = not is_over.wait(_LOOK_EVERY)
        try:
            after, found = store.traces_since(after)
        except StoreError:  # the loops meet it as well, and say so
            continue
        for contact, record in found:
            _say(context, contact, record)


def _say(context: Context, contact: str, record: TraceRecord) -> None:
    zone = zone_of(context.workspace.catalog.timezone)[0]
    line, journey = record.line, record.journey
    words = f"{journey}: {in_words(line, zone)}" if record.enrollment_id else outside(journey, line, zone)
    context.say(f"{line.at.astimezone(zone):%H:%M:%S}  ", (contact, "bold"), f"  {words}")
