"""`journeys enroll`: let a contact enter a manual journey."""

from __future__ import annotations

import json

import click

from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.options import Options, Verb
from engine.errors import UsageError
from engine.service.clock import WallClock
from engine.service.person import told_of_merge
from engine.service.running import load_running
from engine.service.take import enroll


@click.command("enroll", cls=Verb)
@click.argument("journey")
@click.argument("contact")
@click.option("--with", "values", metavar="JSON", help="Values that the journey sees as trigger.*.")
@click.pass_obj
def command(options: Options, journey: str, contact: str, values: str | None) -> int:
    """Let CONTACT enter JOURNEY, which needs the trigger `manual: true`.

    `enter_when` and `re_entry` hold as for everybody; the command says when they refuse.
    """
    context = Context(options)
    settings = context.settings
    with opened_store(context) as store:
        running = load_running(store, settings.policy(), settings.unsubscribe)
        merged = told_of_merge(store, contact)
        asking = enroll(store, running, journey, contact, _values(values), WallClock().now())
    if merged is not None:
        context.say(merged)
    if asking.refused:
        context.say(f"{contact} did not enter {journey}: {'; '.join(asking.refused)}")
        return 1
    if asking.is_kept:
        context.say(f"{journey} is paused: {contact} enters when it goes on")
        return 0
    context.say(f"{contact} entered {journey}")
    return 0


def _values(text: str | None) -> dict[str, object]:
    if text is None:
        return {}
    try:
        values = json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"--with is no JSON: {error}", """Write for example --with '{"source": "fair"}'."""
        ) from None
    if not isinstance(values, dict):
        raise UsageError("--with is no JSON object", """Write for example --with '{"source": "fair"}'.""")
    return values
