"""`journeys failures`: what did not leave, grouped by cause, and trying it again."""

from __future__ import annotations

import click

from engine.calendar.instants import write_instant
from engine.commands.context import Context
from engine.commands.counts import in_words, some
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.holding import by_option
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.service.clock import WallClock
from engine.service.failures import Failure, find_failures, retry
from engine.service.running import load_running


@click.group("failures", cls=Group, invoke_without_command=True)
@format_option("text", "json")
@click.pass_context
def command(click_context: click.Context, format: str) -> int:
    """What did not leave, grouped by cause; without a verb behind it, the list of it."""
    return 0 if click_context.invoked_subcommand is not None else _list(click_context.obj, format)


@command.command("list", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def list_(options: Options, format: str) -> int:
    """List the causes, the largest first, with what to do about each."""
    return _list(options, format)


def _list(options: Options, format: str) -> int:
    context = Context(options)
    with opened_store(context) as store:
        found = find_failures(store)
    if format == "json":
        print_json({"failures": [_plain(one) for one in found]})
        return 0
    for one in found:
        _print(context, one)
    if not found:
        context.say("Nothing failed.")
    return 0


@command.command("retry", cls=Verb)
@click.argument("groups", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that failed, bounced or was put off.")
@by_option
@click.pass_obj
def retry_(options: Options, groups: tuple[str, ...], everything: bool, by: str) -> int:
    """Try all messages of some GROUPS again now, as `journeys failures list` names them."""
    if bool(groups) == everything:
        raise click.UsageError("Name groups as `journeys failures list` does, or say --all.")
    context = Context(options)
    settings = context.settings
    with opened_store(context) as store:
        running = load_running(store, settings.policy(), settings.unsubscribe)
        done = retry(store, running, None if everything else groups, by, WallClock().now())
    for group, count in done.items():
        context.say((group, "bold"), f"  {some(count, 'message')} to be tried again")
    if not done:
        context.say("Nothing to try again.")
    return 0


def _print(context: Context, one: Failure) -> None:
    reason = f" ({in_words(one.reason)})" if one.reason and one.reason != one.state else ""
    context.say(
        (one.id, "bold"), f"  {one.count:,} {one.state}{reason}  {one.journey}/{one.step}, {one.channel}"
    )
    if one.words:
        context.say(f"        {one.words}")
    since = f"{one.first_at:%Y-%m-%d %H:%M}"
    context.say(f"        {since} to {one.last_at:%Y-%m-%d %H:%M} UTC, such as message {one.message}")
    context.say(f"        {one.advice}")


def _plain(one: Failure) -> dict[str, object]:
    return {
        "id": one.id,
        "journey": one.journey,
        "step": one.step,
        "channel": one.channel,
        "state": one.state,
        "reason": one.reason,
        "words": one.words,
        "count": one.count,
        "first_at": write_instant(one.first_at),
        "last_at": write_instant(one.last_at),
        "message": one.message,
        "advice": one.advice,
    }
