"""`journeys leave`: let one contact leave a journey."""

from __future__ import annotations

import click

from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.holding import by_option
from engine.commands.options import Options, Verb
from engine.service.clock import WallClock
from engine.service.operating import leave_journey
from engine.service.person import told_of_merge
from engine.service.running import load_running


@click.command("leave", cls=Verb)
@click.argument("journey")
@click.argument("contact")
@by_option
@click.pass_obj
def command(options: Options, journey: str, contact: str, by: str) -> int:
    """Let CONTACT leave JOURNEY, with the reason `left`; what was not sent yet stays unsent."""
    context = Context(options)
    settings = context.settings
    with opened_store(context) as store:
        running = load_running(store, settings.policy(), settings.unsubscribe)
        merged = told_of_merge(store, contact)
        leave_journey(store, running, journey, contact, by, WallClock().now())
    if merged is not None:
        context.say(merged)
    context.say(f"{contact} left {journey}")
    return 0
