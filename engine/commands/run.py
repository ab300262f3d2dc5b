"""`journeys run`: the daemon."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.at_work import begun, listening
from engine.commands.context import Context
from engine.commands.counts import some
from engine.commands.database import opened_store
from engine.commands.options import Options, Verb
from engine.commands.progress import progress_of
from engine.commands.rejected import Rejected
from engine.commands.times import read_until
from engine.errors import UsageError
from engine.service.captured import notes
from engine.service.clock import VirtualClock, WallClock
from engine.service.daemon import Daemon
from engine.service.events_file import read_items
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
    with begun(context.settings, store, WallClock()) as daemon:
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
            with listening(context.settings, store, daemon):
                daemon.forever()
            click.echo("ended in order; people stand where they stood, the next run goes on", err=True)


def _replay(context: Context, store: Store, file: Path, until: str | None) -> None:
    """The clock begins at the first event, or where an interrupted replay of the same file stood."""
    last = None if until is None else read_until(until, context.workspace.catalog)
    rejected = Rejected(file)
    first = next(iter(read_items(file, lambda _: None)), None)
    if first is None:
        raise UsageError(f"{file} holds no events", "Write events as JSON lines, one a line.")
    clock = VirtualClock(max(first.received_at, store.latest_event() or first.received_at))
    with begun(context.settings, store, clock) as daemon, progress_of(context, "replaying") as progress:
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
