"""`journeys schema`: the JSON Schemas of all kinds of files, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.commands.context import Context
from engine.commands.options import Options, Verb
from engine.errors import UsageError
from engine.service.starter import schema_texts, shop_schema_texts


@click.command("schema", cls=Verb)
@click.option(
    "--write", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where to."
)
@click.option(
    "--catalog", is_flag=True, help="With this shop's names as completions, and each journey's own."
)
@click.pass_obj
def command(options: Options, folder: Path | None, catalog: bool) -> None:
    """Write the JSON Schemas for editors.

    Without --write, all of them are printed as one object, by the name of their file. With --catalog an
    editor completes the attributes, events, topics, segments, senders and messages of this shop, and
    ID.journey.schema.json and ID.tests.schema.json know the steps of one journey.
    """
    texts = _texts(options, is_of_shop=catalog)
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


def _texts(options: Options, *, is_of_shop: bool) -> dict[str, str]:
    if not is_of_shop:
        return schema_texts()
    context = Context(options)
    return shop_schema_texts(context.workspace, context.files)
