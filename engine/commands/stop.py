"""`journeys stop`: let everybody leave a journey, with the reason `stopped`."""

from __future__ import annotations

import click

from engine.commands.holding import by_option, held_by_command
from engine.commands.options import Options, Verb


@click.command("stop", cls=Verb)
@click.argument("journey")
@by_option
@click.pass_obj
def command(options: Options, journey: str, by: str) -> int:
    """Let everybody leave JOURNEY, with the reason `stopped`.

    Nothing of it is sent any more, and nobody enters until `journeys resume`. It cannot be taken back.
    """
    return held_by_command(options, journey, "stopped", by)
