"""`journeys run`: the daemon."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from engine.channels.table import open_channel
from engine.commands.context import Context
from engine.commands.counts import some
from engine.commands.database import opened_store
from engine.commands.options import Options, Verb
from engine.commands.progress import progress_of
from engine.commands.rejected import Rejected
from engine.commands.times import read_until
from engine.errors import UsageError
from engine.service.captured import notes
from engine.service.clock import Clock, VirtualClock, WallClock
from engine.service.daemon import Daemon, refuse_unsafe_marketing
from engine.service.events_file import read_items
from engine.service.links import links_of
from engine.service.replay import replay as replay_items
from engine.store.database import Store


@click.command("run", cls=Verb)
@click.option("--once", is_flag=True, help="One round of everything, then end.")
@click.option(
    "--until-idle", is_flag=True, help="Until nothing is due now and the outbox is empty, then end."
)
@click.option(
    "--replay",
    "replayed",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Set the clock to the events of a file, in order.",
)
@click.option("--until", metavar="TIME", help="With --replay: the time it ends at, inclusive.")
@click.option("--role", metavar="ROLE", help="What this process does; only `all` runs in this version.")
@click.pass_obj
def command(
    options: Options, once: bool, until_idle: bool, replayed: Path | None, until: str | None, role: str | None
) -> int:
    """Run the journeys that were applied: let people enter, advance them, send their messages.

    Ctrl-C or SIGTERM ends it when the page and the messages under way are done.
    """
    if once + until_idle + (replayed is not None) > 1:
        raise UsageError("--once, --until-idle and --replay exclude each other", "Use one of them.")
    if until is not None and replayed is None:
        raise UsageError("--until goes with --replay", "Add --replay FILE.")
    if role not in (None, "all"):
        raise UsageError(
            f"`--role {role}` does not run in this version yet", "Leave it out: one process does all."
        )
    context = Context(options)
    with opened_store(context, create=True) as store:
        if replayed is not None:
            _replay(context, store, replayed, until)
        else:
            _run(context, store, once, until_idle)
    return 0


def _run(context: Context, store: Store, once: bool, until_idle: bool) -> None:
    with _begun(context, store, WallClock()) as daemon:
        running = len(daemon.running().current)
        _say_captured(context, daemon)
        if not running:
            click.echo("No journey has been applied, so nobody enters; run `journeys apply`.", err=True)
        if once:
            daemon.once()
        elif until_idle:
            daemon.until_idle()
        else:
            click.echo(f"running {some(running, 'journey')}; Ctrl-C ends it", err=True)
            with _listening(context, store, daemon):
                daemon.forever()
            click.echo("ended in order; people stand where they stood, the next run goes on", err=True)


@contextmanager
def _listening(context: Context, store: Store, daemon: Daemon) -> Iterator[None]:
    """The web beside the loops, where a port is set; its libraries are loaded only then."""
    http = context.settings.http
    if http.port is None:
        yield
        return
    from engine.web.daemon import app_for
    from engine.web.server import serving

    with serving(app_for(store, daemon, http.host), http.host, http.port) as address:
        click.echo(f"listening on {address}", err=True)
        yield


def _replay(context: Context, store: Store, file: Path, until: str | None) -> None:
    """The clock begins at the first event, or where an interrupted replay of the same file stood."""
    last = None if until is None else read_until(until, context.workspace.catalog)
    rejected = Rejected(file)
    first = next(iter(read_items(file, lambda _: None)), None)
    if first is None:
        raise UsageError(f"{file} holds no events", "Write events as JSON lines, one a line.")
    clock = VirtualClock(max(first.received_at, store.latest_event() or first.received_at))
    with _begun(context, store, clock) as daemon, progress_of(context, "replaying") as progress:
        done = replay_items(daemon, clock, read_items(file, rejected), last, progress)
    context.say(
        f"replayed {done.events:,} events up to {clock.now():%Y-%m-%d %H:%M} UTC"
        + (f", {done.duplicates:,} known already" if done.duplicates else "")
    )
    rejected.tell()


def _say_captured(context: Context, daemon: Daemon) -> None:
    versions = daemon.running().current.values()
    compiled = [(version.journey.id, version.journey.compiled or {}) for version in versions]
    for note in notes(compiled, context.settings):
        click.echo(f"note: {note}", err=True)


@contextmanager
def _begun(context: Context, store: Store, clock: Clock) -> Iterator[Daemon]:
    """A daemon that holds the lease; signals end it in order."""
    settings = context.settings
    ways = settings.channel_settings()
    channel = open_channel("email", settings.delivery.email, ways)
    links = None if settings.http.public_url is None else links_of(store, settings.http.public_url)
    has_way_out = settings.unsubscribe is not None or links is not None
    daemon = Daemon(
        store,
        channel,
        settings.policy(),
        settings.unsubscribe,
        settings.on_unsure,
        clock,
        links,
        may_market=settings.is_loopback_relay or has_way_out,
        ways=lambda name: open_channel(name, settings.way_of(name), ways),
    )
    daemon.begin()
    try:
        if not daemon.may_market:
            refuse_unsafe_marketing(daemon.running())
        with _stopped_by_signals(daemon.stop):
            yield daemon
    finally:
        daemon.end()


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
