"""`journeys backtest`: history replayed through a journey as its files are now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from engine.commands.context import Context
from engine.commands.counts import Compared, compared, counted, some
from engine.commands.given import read_products
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.commands.rejected import Rejected
from engine.commands.selection import bound_journey, find_journey
from engine.commands.times import read_until
from engine.errors import UsageError
from engine.service.backtest import Backtest, backtest
from engine.service.events_file import read_items
from engine.service.shelves import Shelves
from engine.service.simulate import world_of
from engine.service.upstream import with_upstream


@click.command("backtest", cls=Verb)
@click.argument("journey")
@click.option("--events", "events", metavar="@FILE", help="History as JSON lines in the Segment form.")
@click.option("--products", metavar="@FILE", help="The product table: CSV or JSON lines, as for the import.")
@click.option("--last", metavar="TIME", help="History of the database; does not run in this version yet.")
@click.option("--until", metavar="TIME", help="The time it ends at, inclusive.")
@click.option("--against", metavar="REV", help="Another revision; does not run in this version yet.")
@format_option("text", "json")
@click.pass_obj
def command(
    options: Options,
    journey: str,
    events: str | None,
    products: str | None,
    last: str | None,
    until: str | None,
    against: str | None,
    format: str,
) -> int:
    """Replay history through JOURNEY and count: entries, messages, how they left, who is inside at the end.

    Every event is received when it happened. Contacts are known by the `identify` lines of the file.
    """
    for name, value in (("--last", last), ("--against", against)):
        if value is not None:
            raise UsageError(f"`backtest {name}` does not run in this version yet", "Use --events @FILE.")
    if events is None:
        raise UsageError("backtest needs a history", "Add --events @FILE.jsonl.")
    context = Context(options, [journey])
    version = bound_journey(context, find_journey(context, journey))
    catalog = context.workspace.catalog
    world = world_of(
        with_upstream(version, context.workspace.journeys),
        catalog,
        context.workspace.segments,
        context.settings.policy(),
        context.workspace.lifecycle,
    )
    last_at = None if until is None else read_until(until, catalog)
    file = Path(events.removeprefix("@"))
    rejected = Rejected(file)
    shelves = Shelves(read_products(products, catalog))
    figures = backtest(world, version, read_items(file, rejected), last_at, shelves)
    if format == "json":
        print_json(_plain(figures))
    else:
        _print(context, journey, figures)
    rejected.tell()
    return 0


def _steps(figures: Backtest) -> list[str]:
    """The steps with messages, sent or not."""
    return sorted({*figures.sent, *figures.held_out, *(step for step, _ in figures.dropped)})


def _plain(figures: Backtest) -> dict[str, object]:
    names = _steps(figures)
    return {
        "contacts": figures.contacts,
        "events": figures.events,
        "entered": figures.entered,
        "left": {"completed": 0, "goal": 0, "exit": 0, **figures.left},
        "inside": figures.inside,
        "converted": figures.converted,
        "revenue": round(figures.revenue, 2),
        "held_out": {"entered": figures.held_out_entered, "converted": figures.held_out_converted},
        "not_entered": dict(figures.not_entered),
        "messages": {
            name: {
                "sent": figures.sent[name],
                **({"held_out": figures.held_out[name]} if figures.held_out[name] else {}),
                "dropped": {
                    reason: count for (step, reason), count in figures.dropped.items() if step == name
                },
            }
            for name in names
        },
    }


def _not_sent(figures: Backtest, name: str) -> Iterator[tuple[str, int]]:
    if figures.held_out[name]:
        yield "held_out", figures.held_out[name]
    yield from ((reason, n) for (step, reason), n in figures.dropped.items() if step == name)


def _print(context: Context, journey: str, figures: Backtest) -> None:
    context.say(f"{some(figures.contacts, 'contact')}, {some(figures.events, 'event')}")
    left = counted(figures.left.most_common())
    context.say(
        f"{journey}: {figures.entered:,} entered; left: {left or 'nobody'}; "
        f"inside at the end: {figures.inside:,}"
    )
    if figures.converted:
        context.say(f"converted: {figures.converted:,}, worth {figures.revenue:,.2f}")
    if figures.held_out_entered:
        everybody = Compared(figures.entered, figures.converted)
        context.say(compared(everybody, Compared(figures.held_out_entered, figures.held_out_converted)))
    for name in _steps(figures):
        dropped = counted(_not_sent(figures, name))
        context.say(
            f"  {name}: {some(figures.sent[name], 'message')}" + (f"; not sent: {dropped}" if dropped else "")
        )
    refused = counted(figures.not_entered.most_common())
    if refused:
        context.say(f"did not enter: {refused}")
    if not figures.sent and any(reason == "no_address" for _, reason in figures.dropped):
        context.say(
            "Nobody in this history has an address; lines of type `identify` with `traits.email` give one."
        )
