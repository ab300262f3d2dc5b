"""`journeys graph`: the picture of a journey."""

from __future__ import annotations

import click

from engine.commands.context import Context
from engine.commands.options import Options, Verb, format_option
from engine.commands.selection import bound_journey, find_journey
from engine.service.graph import mermaid


@click.command("graph", cls=Verb)
@click.argument("journey")
@format_option("mermaid", later=("svg", "png"))
@click.pass_obj
def command(options: Options, journey: str, format: str) -> None:
    """Draw a journey.

    JOURNEY is an id or a path. Mermaid is text that GitHub, GitLab and many editors show as a picture.
    """
    del format  # there is one
    context = Context(options, [journey])
    version = bound_journey(context, find_journey(context, journey))
    click.echo(mermaid(version.journey), nl=False)
