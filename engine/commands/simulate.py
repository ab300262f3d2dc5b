"""`journeys simulate`: what would happen to one contact in one journey. Nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from engine.calendar.instants import read_instant
from engine.calendar.zones import zone_of
from engine.commands.context import Context
from engine.commands.given import opened, read_given_contact, read_products, warn_of
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.commands.selection import bound_journey, find_journey
from engine.commands.simulation_output import as_json, print_story
from engine.errors import JourneysError, ReadError, UsageError
from engine.intake.declared import odd_in_item
from engine.intake.lines import iter_jsonl, read_line
from engine.service.clock import WallClock
from engine.service.graph import path_taken
from engine.service.letters import Letters, unsubscribe_link_of
from engine.service.one_contact import Item, Life, items_of, life
from engine.service.shelves import Shelves
from engine.service.simulate import simulate, world_of
from engine.service.upstream import own_part, with_upstream


@click.command("simulate", cls=Verb)
@click.argument("journey")
@click.option(
    "--contact", required=True, metavar="JSON|@FILE", help='Such as \'{"email": "ada@shop.example"}\'.'
)
@click.option("--events", metavar="@FILE.jsonl", help="Events in the Segment form, one JSON object per line.")
@click.option("--products", metavar="@FILE", help="The product table: CSV or JSON lines, as for the import.")
@click.option(
    "--start", metavar="TIME", help="When simulated time starts; otherwise at the first event, or now."
)
@click.option(
    "--until", metavar="TIME", help="When it ends, inclusive; otherwise when nothing is due any more."
)
@format_option("text", "json", "mermaid")
@click.pass_obj
def command(
    options: Options,
    journey: str,
    contact: str,
    events: str | None,
    products: str | None,
    start: str | None,
    until: str | None,
    format: str,
) -> None:
    """Tell what would happen to one contact.

    JOURNEY is an id or a path; it runs as if it were live, or in shadow if that is its status. TIME is
    2026-03-28T19:00:00Z, or "2026-03-28 20:00 Europe/Zurich"; without a zone, the catalog's. Events before
    --start are history.
    """
    context = Context(options, [journey])
    file = find_journey(context, journey)
    version = bound_journey(context, file, may_be_shadow=True)
    begun = _life(context, contact, events, start)
    catalog, settings = context.workspace.catalog, context.settings
    shop = context.workspace
    versions = with_upstream(version, shop.journeys)
    simulation = simulate(
        world_of(versions, catalog, shop.segments, settings.policy(), shop.lifecycle),
        version,
        Letters(catalog, settings.unsubscribe or unsubscribe_link_of(catalog)),
        begun.contact,
        begun.history,
        begun.happenings,
        begun.start,
        _time("--until", until, context),
        Shelves(read_products(products, catalog)),
    )
    simulation = own_part(simulation, version.journey.id)
    zone = zone_of(begun.contact.timezone, catalog.timezone)[0]
    match format:
        case "json":
            print_json(as_json(file.id, version.journey.version, simulation))
        case "mermaid":
            click.echo(path_taken(simulation, version.journey, zone), nl=False)
        case _:
            print_story(context, file, version.journey, begun, simulation, zone)


def _life(context: Context, contact: str, events: str | None, start: str | None) -> Life:
    catalog = context.workspace.catalog
    plain, known, history = read_given_contact(contact, catalog)
    items, left_out = items_of(known, _events(events), is_named=plain.get("id") is not None)
    warn_of((odd for item in items for odd in odd_in_item(item, catalog)), catalog)
    starts = _time("--start", start, context) or (items[0].received_at if items else WallClock().now())
    return life(known, history, items, starts, left_out)


def _time(name: str, text: str | None, context: Context) -> datetime | None:
    if text is None:
        return None
    try:
        return read_instant(text, zone_of(context.workspace.catalog.timezone)[0])
    except ReadError as error:
        raise UsageError(f"{name}: {error.message}", error.help) from None


# --- what is given on the command line -----------------------------------------------------------


def _events(given: str | None) -> Iterator[Item]:
    """The lines of the file, in its order. UsageError names the line that cannot be read."""
    if given is None:
        return
    name = given.removeprefix("@")
    with opened(name, "--events") as file:
        for number, plain in iter_jsonl(file):
            try:
                if isinstance(plain, JourneysError):
                    raise plain
                yield read_line(plain, line=number, received_at=None)
            except ReadError as error:
                source = "standard input" if name == "-" else name
                raise UsageError(f"{source}: {error.message}", error.help) from None
