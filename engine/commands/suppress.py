"""`journeys suppress`: addresses to which nothing goes."""

from __future__ import annotations

import click

from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.holding import by_option
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.intake.person import check_address
from engine.model.suppression import ID, SUPPRESSIBLE, Suppression
from engine.service.clock import WallClock
from engine.service.dossier import plain_suppression
from engine.service.suppressing import suppress, unsuppress


@click.group("suppress", cls=Group)
def command() -> None:
    """Addresses to which nothing goes, also nothing transactional: bounced, complained, by hand, erased."""


_CHANNEL = click.option(
    "--channel",
    type=click.Choice(SUPPRESSIBLE),
    default="email",
    help="What the address is for; email unless you say so.",
)


@command.command("add", cls=Verb)
@click.argument("address")
@_CHANNEL
@click.option("--note", metavar="TEXT", help="Why, for whoever reads the list.")
@by_option
@click.pass_obj
def add(options: Options, address: str, channel: str, note: str | None, by: str) -> int:
    """Send nothing to ADDRESS any more, whoever has it, now or later."""
    check_address(channel, address)
    context = Context(options)
    now = WallClock().now()
    with opened_store(context) as store:
        given = Suppression(channel, address, "manual", now, f"command by {by}", note)
        is_news = suppress(store, [given], now)
    context.say(f"{address} gets nothing by {channel}" if is_news else f"{address} was suppressed already")
    return 0


@command.command("remove", cls=Verb)
@click.argument("address")
@click.option(
    "--channel",
    type=click.Choice((*SUPPRESSIBLE, ID)),
    default="email",
    help="What the address is for; `id` is the shop's id of somebody erased.",
)
@click.option("--allow-erased", is_flag=True, help="Let somebody who was erased in again.")
@click.pass_obj
def remove(options: Options, address: str, channel: str, allow_erased: bool) -> int:
    """Let ADDRESS get messages again."""
    context = Context(options)
    with opened_store(context) as store:
        gone = unsuppress(store, channel, address, WallClock().now(), allow_erased=allow_erased)
    context.say(f"{address} was suppressed for {channel} ({gone.reason}) and is not any more")
    return 0


@command.command("list", cls=Verb)
@click.option("--limit", type=click.IntRange(min=1), default=100, help="At most so many; 100 by default.")
@format_option("text", "json")
@click.pass_obj
def list_(options: Options, limit: int, format: str) -> int:
    """List the addresses with reason, time and source. Of erased people there is only a hash."""
    context = Context(options)
    shown: list[Suppression] = []
    with opened_store(context) as store:
        for page in store.suppressions():
            shown += [one for one in page if one.channel != ID]
            if len(shown) >= limit:
                break
        counts = store.suppression_counts()
    if format == "json":
        entries = [plain_suppression(one) for one in shown[:limit]]
        print_json({"suppressions": entries, "counts": dict(counts)})
        return 0
    for one in shown[:limit]:
        note = "" if one.detail is None else f"  {one.detail}"
        address = one.address or "(erased)"
        context.say(f"{one.at:%Y-%m-%d}  {one.reason:<13} {one.channel:<9} {address}  {one.source}{note}")
    _tell(context, sum(counts.values()), len(shown[:limit]))
    return 0


def _tell(context: Context, there: int, shown: int) -> None:
    if not there:
        context.say("Nobody is suppressed.")
    elif there > shown:
        context.say(f"{there:,} addresses in all; `--limit {there}` shows them.")
