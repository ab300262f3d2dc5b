"""`journeys schema`: the JSON Schemas of all kinds of files, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.commands.options import Options, Verb
from engine.errors import UsageError
from engine.service.starter import schema_texts


@click.command("schema", cls=Verb)
@click.option(
    "--write", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where to."
)
@click.option("--catalog", is_flag=True, help="Make this shop's names completions (not in this version yet).")
@click.pass_obj
def command(options: Options, folder: Path | None, catalog: bool) -> None:
    """Write the JSON Schemas for editors.

    Without --write, all of them are printed as one object, by the name of their file.
    """
    del options
    if catalog:
        raise UsageError("`--catalog` does not run in this version yet", "Leave it out for now.")
    texts = schema_texts()
    if folder is None:
        click.echo(
            json.dumps({name: json.loads(text) for name, text in texts.items()}, ensure_ascii=False, indent=2)
        )
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            click.echo(f"Wrote {(folder / name).as_posix()}")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}", "Name another folder.") from None
