"""`journeys pause`: keep everybody in a journey where they stand, and send nothing."""

from __future__ import annotations

import click

from engine.commands.holding import by_option, held_by_command
from engine.commands.options import Options, Verb


@click.command("pause", cls=Verb)
@click.argument("journey")
@by_option
@click.pass_obj
def command(options: Options, journey: str, by: str) -> int:
    """Keep everybody in JOURNEY where they stand, and send nothing.

    Exits and goals still act, clocks run, and whoever would enter is kept. It holds, whatever the file says,
    until `journeys resume`.
    """
    return held_by_command(options, journey, "paused", by)
