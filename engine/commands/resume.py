"""`journeys resume`: let a journey go on that a command held."""

from __future__ import annotations

import click

from engine.commands.holding import by_option, held_by_command
from engine.commands.options import Options, Verb


@click.command("resume", cls=Verb)
@click.argument("journey")
@by_option
@click.pass_obj
def command(options: Options, journey: str, by: str) -> int:
    """Let JOURNEY go on that `pause`, `drain` or `stop` held.

    What fell due meanwhile is released unless it is too late for it, and entries that were kept come in
    unless they are too old. What the file says goes on to hold.
    """
    return held_by_command(options, journey, None, by)
