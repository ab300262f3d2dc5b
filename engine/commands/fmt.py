"""`journeys fmt`: tidies the YAML files of the workspace, or tells which are not tidy."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.context import Context
from engine.commands.options import Options, Verb
from engine.commands.selection import select
from engine.errors import UsageError
from engine.language.tidy import tidy
from engine.model.fault import Fault


@click.command("fmt", cls=Verb)
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not tidy.")
@click.pass_obj
def command(options: Options, paths: tuple[str, ...], check: bool) -> int:
    """Tidy YAML files; comments and meaning stay.

    PATH is a file, a folder or the id of a journey; without one, all files of journeys/ are tidied. Comments,
    quotes, the order of keys and blank lines between steps stay as they are. A file with faults in its YAML
    is left alone.
    """
    context = Context(options, paths)
    selection = select(context, paths)
    changed = unread = 0
    files = [file for file in context.files if file.endswith((".yaml", ".yml")) and selection.holds(file)]
    for file in files:
        text, faults = tidy(context.files[file], file)
        if text is None:
            unread += 1
            _tell(context, file, faults)
        elif text != context.files[file]:
            changed += 1
            context.say(file, ": ", ("is not tidy", "yellow") if check else "tidied")
            if not check:
                _write(context.folder / file, text)
    context.say(_summary(len(files), changed, unread, is_check=check))
    return 1 if unread or (check and changed) else 0


def _tell(context: Context, file: str, faults: tuple[Fault, ...]) -> None:
    context.say(file, ": ", ("left alone, because it cannot be read", "red"))
    for fault in faults:
        context.say(f"  {fault.position}: {fault.rule} {fault.message}")


def _write(file: Path, text: bytes) -> None:
    try:
        file.write_bytes(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", "See who may write there.") from None


def _summary(files: int, changed: int, unread: int, *, is_check: bool) -> str:
    words = "not tidy" if is_check else "tidied"
    tail = f", {unread} left alone" if unread else ""
    return f"{changed} of {files} files {words}{tail}"
