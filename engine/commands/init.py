"""`journeys init`: a workspace to start from."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.context import Context
from engine.commands.options import Options, Verb
from engine.errors import UsageError
from engine.service.starter import make_workspace


@click.command("init", cls=Verb)
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@click.pass_obj
def command(options: Options, folder: Path | None) -> None:
    """Make a workspace to start from.

    Config, catalog, segments, lifecycle and four classic journeys with messages and tests go into DIR, or
    into this folder. Files that are there already are never overwritten.
    """
    target = folder or options.workspace or Path()
    try:
        names = make_workspace(target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}", "Name another folder.") from None
    say = Context(options).say
    journeys = sorted(
        {name.split("/")[1] for name in names if name.count("/") == 2 and name.startswith("journeys/")}
    )
    say((f"Made a workspace of {len(names)} files in {target}", "bold green"))
    say(f"  journeys/     {', '.join(journeys)}; catalog, segments, lifecycle")
    say("  schemas/      for editors with a YAML language server")
    say("  config.yaml   mail is captured in a folder until you say otherwise")
    say("Next: ", ("" if target == Path() else f"cd {target}; ") + "journeys validate; journeys test")
