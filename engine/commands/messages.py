"""`journeys messages list`: the outbox."""

from __future__ import annotations

from typing import get_args

import click

from engine.calendar.instants import write_instant
from engine.commands.context import Context
from engine.commands.counts import in_words
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.model.message import Message, State

_LATER = ("retry", "resend", "mark-sent")


@click.group("messages", cls=Group, later=_LATER)
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
            f"{one.at:%Y-%m-%d %H:%M}Z  ",
            (f"{one.state}{reason}", "bold"),
            f"  {one.journey}/{one.step}  {one.contact_id}{to}{subject}",
        )
        if item.reply and one.state not in ("sent",):
            context.say(f"{'':>19}{item.reply}")
    if not items:
        context.say("No messages.")
    return 0


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
