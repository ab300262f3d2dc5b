"""`journeys drain`: let nobody enter a journey any more; those inside finish."""

from __future__ import annotations

import click

from engine.commands.holding import by_option, held_by_command
from engine.commands.options import Options, Verb


@click.command("drain", cls=Verb)
@click.argument("journey")
@by_option
@click.pass_obj
def command(options: Options, journey: str, by: str) -> int:
    """Let nobody enter JOURNEY any more; those inside finish.

    It holds, whatever the file says, until `journeys resume`.
    """
    return held_by_command(options, journey, "stopping", by)
