"""`journeys messages`: the outbox, and what people decide about single messages."""

from __future__ import annotations

from typing import get_args

import click

from engine.calendar.instants import write_instant
from engine.commands.context import Context
from engine.commands.counts import in_words, some
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.holding import by_option
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.model.message import Message, State
from engine.service import failures
from engine.service.clock import WallClock
from engine.service.running import load_running


@click.group("messages", cls=Group)
def command() -> None:
    """The outbox: what was sent, what waits, what will never leave and why."""


@command.command("list", cls=Verb)
@click.option(
    "--state", "states", multiple=True, type=click.Choice(get_args(State)), help="Only these states."
)
@click.option("--journey", metavar="JOURNEY", help="Only of this journey.")
@click.option("--contact", metavar="ID", help="Only to this contact.")
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="How many, the newest first."
)
@format_option("text", "json")
@click.pass_obj
def list_(
    options: Options,
    states: tuple[State, ...],
    journey: str | None,
    contact: str | None,
    limit: int,
    format: str,
) -> int:
    """List messages, the newest first."""
    context = Context(options)
    with opened_store(context) as store:
        items = store.messages(states=states, journey=journey, contact=contact, limit=limit)
    if format == "json":
        print_json({"messages": [_plain(item.message) for item in items]})
        return 0
    for item in items:
        one = item.message
        reason = f" ({in_words(one.reason)})" if one.reason else ""
        to = f" <{one.to}>" if one.to else ""
        subject = f'  "{one.subject}"' if one.subject else ""
        context.say(
            f"{one.id}  {one.at:%Y-%m-%d %H:%M}Z  ",
            (f"{one.state}{reason}", "bold"),
            f"  {one.journey}/{one.step}  {one.contact_id}{to}{subject}",
        )
        if item.reply and one.state not in ("sent",):
            context.say(f"{'':>19}{item.reply}")
    if not items:
        context.say("No messages.")
    return 0


@command.command("retry", cls=Verb)
@click.argument("ids", type=int, nargs=-1, required=True)
@by_option
@click.pass_obj
def retry(options: Options, ids: tuple[int, ...], by: str) -> int:
    """Try messages that failed, bounced or were put off again now, by their IDS.

    `journeys failures retry` takes all of one cause.
    """
    context = Context(options)
    settings = context.settings
    with opened_store(context) as store:
        running = load_running(store, settings.policy(), settings.unsubscribe)
        done = failures.retry_messages(store, running, ids, by, WallClock().now())
    return _told(context, done, len(ids), "to be tried again", "failed, bounced or put off")


@command.command("resend", cls=Verb)
@click.argument("ids", type=int, nargs=-1)
@click.option("--journey", metavar="JOURNEY", help="All of this journey that may have arrived.")
@click.option("--all", "everything", is_flag=True, help="All that may have arrived.")
@by_option
@click.pass_obj
def resend(options: Options, ids: tuple[int, ...], journey: str | None, everything: bool, by: str) -> int:
    """Send messages once more of which nobody knows whether they arrived (state `unsure`).

    They keep their Message-ID, so most mailboxes show one of the two.
    """
    return _unsure(options, ids, journey, everything, by, failures.resend, "to be sent again")


@command.command("mark-sent", cls=Verb)
@click.argument("ids", type=int, nargs=-1)
@click.option("--journey", metavar="JOURNEY", help="All of this journey that may have arrived.")
@click.option("--all", "everything", is_flag=True, help="All that may have arrived.")
@by_option
@click.pass_obj
def mark_sent(options: Options, ids: tuple[int, ...], journey: str | None, everything: bool, by: str) -> int:
    """Take messages for sent of which nobody knows whether they arrived (state `unsure`)."""
    return _unsure(options, ids, journey, everything, by, failures.mark_sent, "taken for sent")


def _unsure(
    options: Options,
    ids: tuple[int, ...],
    journey: str | None,
    everything: bool,
    by: str,
    act: failures.Act,
    words: str,
) -> int:
    if (bool(ids), journey is not None, everything).count(True) != 1:
        raise click.UsageError("Name messages by their ids, or a journey with --journey, or say --all.")
    context = Context(options)
    with opened_store(context) as store:
        chosen = ids or failures.unsure_ids(store, journey)
        done = act(store, chosen, by, WallClock().now())
    return _told(context, done, len(chosen), words, "unsure")


def _told(context: Context, done: int, asked: int, words: str, states: str) -> int:
    """1 where not all that was asked for was done."""
    context.say((some(done, "message"), "bold"), f" {words}")
    if done < asked:
        context.say(f"{asked - done:,} not: only what is {states} (`journeys messages list`)")
    return 0 if done == asked else 1


def _plain(one: Message) -> dict[str, object]:
    return {
        "id": one.id,
        "contact": one.contact_id,
        "journey": one.journey,
        "step": one.step,
        "channel": one.channel,
        "state": one.state,
        "reason": one.reason,
        "at": write_instant(one.at),
        "to": one.to,
        "subject": one.subject,
        "message_id": one.message_id,
    }
