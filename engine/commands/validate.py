"""`journeys validate`: every fault in the files, and what lint remarks; no database is read."""

from __future__ import annotations

import json
import os

import click
from rich.cells import cell_len

from engine.commands.context import Context
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.commands.sarif import sarif
from engine.commands.selection import select
from engine.conditions.wording import sentence
from engine.errors import UsageError
from engine.language.file_text import decode
from engine.language.source_text import SourceText, source_of
from engine.model.fault import Fault
from engine.service.captured import notes
from engine.service.remarks import told_faults

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_LONGEST_LINE = 120


@click.command("validate", cls=Verb)
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@format_option("text", "json", "github", "sarif")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.pass_obj
def command(options: Options, paths: tuple[str, ...], format: str, strict: bool) -> int:
    """Find every fault in the files.

    PATH is a file, a folder or the id of a journey; without one, the whole workspace is looked at.
    """
    context = Context(options, paths)
    selection = select(context, paths)
    faults = [
        fault
        for fault in told_faults(context.workspace, context.files, context.caps)
        if selection.holds(fault.position.file)
    ]
    files = context.workspace.files if not paths else len(selection.files)
    match format:
        case "json":
            print_json(
                {"faults": [_plain(fault) for fault in faults], "counts": {**_counts(faults), "files": files}}
            )
        case "sarif":
            found = sarif(faults, lambda file: _from_here(context, file))
            click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        case "github":
            for fault in faults:
                click.echo(_annotation(fault, context))
        case _:
            _print(context, faults, files)
            _say_captured(context, paths)
    counts = _counts(faults)
    return 1 if counts["error"] or (strict and counts["warning"]) else 0


def _say_captured(context: Context, paths: tuple[str, ...]) -> None:
    """What is right and reaches nobody all the same; a config that cannot be read is not our affair here."""
    try:
        settings = context.settings
    except UsageError:
        return
    ids = select(context, paths).journeys(context)
    compiled = [(id, context.workspace.journeys[id].compiled or {}) for id in ids]
    for note in notes(compiled, settings):
        context.say(("note: ", "bold"), note)


def _counts(faults: list[Fault]) -> dict[str, int]:
    return {kind: sum(fault.severity == kind for fault in faults) for kind in ("error", "warning", "info")}


def _plain(fault: Fault) -> dict[str, object]:
    place = fault.position
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "severity": fault.severity,
        "rule": fault.rule,
        "message": fault.message,
        "help": fault.help,
    }


# --- for GitHub ----------------------------------------------------------------------------------


def _from_here(context: Context, file: str) -> str:
    """A file of the workspace, relative to where the shell or the action stands."""
    return os.path.relpath(context.folder / file).replace(os.sep, "/")


def _annotation(fault: Fault, context: Context) -> str:
    """A workflow command; its file is relative to where the action runs."""
    place = fault.position
    kind = {"error": "error", "warning": "warning", "info": "notice"}[fault.severity]
    file = _from_here(context, place.file)
    columns = f",col={place.column},endColumn={place.end_column}" if place.line == place.end_line else ""
    where = f"file={_property(file)},line={place.line},endLine={place.end_line}{columns},title={fault.rule}"
    return f"::{kind} {where}::{_data(f'{fault.message} {sentence(fault.help)}'.strip())}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --- for people ----------------------------------------------------------------------------------


def _print(context: Context, faults: list[Fault], files: int) -> None:
    sources: dict[str, SourceText] = {}
    for fault in faults:
        file = fault.position.file
        if file not in sources:
            sources[file] = source_of(file, decode(context.files.get(file, b""))[0])
        _print_one(context, fault, sources[file])
    context.say(*_summary(faults, files))


def _print_one(context: Context, fault: Fault, source: SourceText) -> None:
    style = _STYLES[fault.severity]
    context.say(
        (str(fault.position), "bold"), ": ", (f"{fault.severity} {fault.rule}", style), f" {fault.message}"
    )
    text, gap, width = _window(fault, source.line(fault.position.line))
    if text.strip():
        number = str(fault.position.line)
        context.say((f"{number:>5} │ ", "dim"), text)
        context.say((f"{'':>5} │ ", "dim"), gap, ("^" * width, style))
    if fault.help:
        context.say(("help: ", "bold"), sentence(fault.help))
    context.say()


def _window(fault: Fault, line: str) -> tuple[str, str, int]:
    """The line, or the part of a very long one around the fault; what stands before the carets; how many."""
    start = fault.position.column - 1
    end = fault.position.end_column - 1 if fault.position.end_line == fault.position.line else len(line)
    first = max(0, start - _LONGEST_LINE // 2) if len(line) > _LONGEST_LINE else 0
    shown = line[first : first + _LONGEST_LINE]
    before, marked = shown[: start - first], shown[start - first : max(end, start + 1) - first]
    gap = "".join("\t" if letter == "\t" else " " * cell_len(letter) for letter in before)
    return shown, gap, max(cell_len(marked), 1)


def _summary(faults: list[Fault], files: int) -> list[str | tuple[str, str]]:
    counts = _counts(faults)
    where = f" in {_count(files, 'file')}"
    if not faults:
        return [("No faults", "bold green"), where]
    named = (("error", "error"), ("warning", "warning"), ("info", "remark"))
    told = [_count(counts[kind], word) for kind, word in named if counts[kind]]
    style = "bold red" if counts["error"] else "bold yellow" if counts["warning"] else "bold cyan"
    return [(", ".join(told), style), where]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
