"""`journeys sources`: webhooks of other systems, by file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import click
import msgspec

from engine.calendar.instants import write_instant
from engine.commands.columns import as_table
from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.conditions.wording import show
from engine.errors import FaultyError, UsageError
from engine.intake.declared import in_words, odd_in_contact, odd_in_event
from engine.intake.lines import Identified
from engine.intake.requests import LARGEST_BODY, Anonymous, Linked
from engine.intake.signatures import Request
from engine.intake.webhooks import Entry, Mapped, Source
from engine.language.catalog import Catalog
from engine.language.file_names import SOURCES as FOLDER
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.spelling import did_you_mean
from engine.service.clock import WallClock
from engine.service.secret_values import VARIABLE
from engine.service.sources import source_figures
from engine.service.starter import source_templates


@click.group("sources", cls=Group)
def command() -> None:
    """Webhooks of other systems, by the files of journeys/sources."""


@command.command("add", cls=Verb)
@click.argument("name", metavar="[NAME]", required=False)
@click.pass_obj
def add(options: Options, name: str | None) -> int:
    """Put a file for a system that is known into journeys/sources; without NAME, list them."""
    context, known = Context(options), source_templates()
    if name is None:
        context.say(", ".join(known))
        return 0
    if name not in known:
        raise UsageError(
            f"there is no file for `{name}` to begin with.{did_you_mean(name, known)}",
            f"Known are {', '.join(known)}; others are described as docs/reference/files/source.md says.",
        )
    file = context.folder / FOLDER / f"{name}.yaml"
    if file.exists():
        raise UsageError(f"{file} is there already", "Edit it, or take it away first.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(known[name])
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", "Look at the folder.") from None
    variables = sorted({match[1] for match in VARIABLE.finditer(known[name].decode())})
    context.say(("Wrote ", "bold green"), f"{file.as_posix()}; its first lines tell what to set up there")
    context.say(f"  it sends to   https://YOUR-ADDRESS/in/{name}")
    context.say(f"  set here      {', '.join(variables)}")
    context.say("Next: journeys validate; journeys apply")
    return 0


@command.command("try", cls=Verb)
@click.argument("name", metavar="SOURCE")
@click.argument("payload", type=click.File("rb"), metavar="FILE")
@click.option("--kind", metavar="WORD", help="What `select` would find in a header or in the address.")
@click.option("--fetched", type=click.File("rb"), metavar="FILE", help="What `fetch` would be answered.")
@click.option("--header", "headers", multiple=True, metavar="NAME:TEXT", help="A header of the request.")
@format_option("text", "json")
@click.pass_obj
def try_(
    options: Options,
    name: str,
    payload: BinaryIO,
    kind: str | None,
    fetched: BinaryIO | None,
    headers: tuple[str, ...],
    format: str,
) -> int:
    """Show what a payload (FILE, or - for standard input) would become. Nothing is stored.

    SOURCE is the name of a file in journeys/sources. The signature is not looked at.
    """
    context = Context(options)
    file = context.workspace.sources.get(name)
    if file is None:
        known = context.workspace.sources
        raise UsageError(
            f"there is no {FOLDER}{name}.yaml.{did_you_mean(name, known)}",
            f"There are {', '.join(known)}." if known else "`journeys sources add` lists some to begin with.",
        )
    if file.plain is None:
        raise FaultyError(f"{file.file} has faults", file.faults)
    given = {**_of_kind(file.plain, kind), **dict(_header(one) for one in headers)}
    request = Request(payload.read(LARGEST_BODY), given, address=given.get("", ""))
    source = Source(name, file.plain)
    answers = _answers(source, request, fetched)
    mapped = source.read(request, WallClock().now(), answers)
    if format == "json":
        print_json(_plain(mapped))
    else:
        _print(context, mapped, file.plain)
    return 1 if mapped.rejected else 0


@command.command("list", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def list_(options: Options, format: str) -> int:
    """List the sources that were applied, and what came of what they sent."""
    context = Context(options)
    with opened_store(context) as store:
        figures = source_figures(store)
    if format == "json":
        print_json({"sources": [{"id": name, "kinds": kinds} for name, kinds in figures.items()]})
        return 0
    rows = [
        (name, kind, *(f"{counts[what]:,}" if counts.get(what) else "" for what in _FIGURES))
        for name, kinds in figures.items()
        for kind, counts in (kinds or {"": {}}).items()
    ]
    if not rows:
        context.say("No source was applied. `journeys sources add` lists some to begin with.")
        return 0
    for line in as_table(("source", "about", *_FIGURES), rows):
        context.say(line)
    return 0


_FIGURES = ("taken", "ignored", "rejected")


# --- what a payload becomes --------------------------------------------------------------------------


def _of_kind(plain: Mapping[str, Any], kind: str | None) -> dict[str, str]:
    """The header, or (under an empty name) the address, by which the request says what it is about."""
    if kind is None:
        return {}
    select = plain.get("select", ())
    for path in [select] if isinstance(select, str) else select:
        if path == "address":
            return {"": kind}
        if path.startswith("header."):
            return {path.removeprefix("header.").lower(): kind}
    raise UsageError("--kind is of no use here: the payload itself says what it is about", "Leave it out.")


def _answers(source: Source, request: Request, fetched: BinaryIO | None) -> dict[str, Any]:
    """What the other system would answer, out of a file: it is not asked here."""
    asked = [question.url for question in source.questions(request)]
    if fetched is None or not asked:
        for url in asked:
            click.echo(f"would ask {url}; give its answer with --fetched FILE", err=True)
        return {}
    try:
        return dict.fromkeys(asked, msgspec.json.decode(fetched.read()))
    except msgspec.MsgspecError as error:
        raise UsageError(f"--fetched holds no JSON: {error}", "Save an answer of the other system.") from None


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"`--header {text}` is no header", "Write --header 'X-Topic: orders/create'.")
    return name.strip().lower(), value.strip()


def _print(context: Context, mapped: Mapped, plain: Mapping[str, Any]) -> None:
    for entry in mapped.entries:
        for line in _lines(entry):
            context.say(line)
        for odd in _odd(entry, context.workspace.catalog):
            context.say((f"  {odd}", "yellow"))
    for one in mapped.rejected:
        context.say(("rejected  ", "bold red"), one.reason)
    for kind, number in mapped.ignored.items():
        about = f" about {kind}" if kind else ""
        context.say(("ignored   ", "bold"), f"{number:,}{about}: no rule wants it")
        kinds = [one for rule in plain["take"] for one in _kinds(rule)]
        if kinds and not kind:
            context.say(f"  say what it is about with --kind: {', '.join(dict.fromkeys(kinds))}")


def _kinds(rule: Mapping[str, Any]) -> list[str]:
    when = rule.get("when", ())
    return [when] if isinstance(when, str) else list(when)


def _lines(entry: Entry) -> Iterator[str]:
    match entry:
        case Linked():
            yield f"known     {entry.anonymous_id} is {entry.contact_id}"
        case Anonymous():
            yield f"waiting   until somebody says who {entry.anonymous_id} is:"
            yield from (f"  {line}" for line in _lines(entry.item))
        case Identified():
            yield f"contact   {entry.contact_id}"
            yield from (f"  {name}: {show(value)}" for name, value in _told(entry.traits).items())
        case Event():
            yield f"event     {entry.name} of {entry.contact_id}, {write_instant(entry.at)}"
            yield from (f"  {name}: {show(value)}" for name, value in entry.properties.items())


def _told(traits: Contact) -> dict[str, Any]:
    """What is said of a contact, as it is written in files."""
    fields = ("email", "phone", "timezone", "locale", "created_at")
    found = {name: getattr(traits, name) for name in fields if getattr(traits, name) is not None}
    if traits.created_at is not None:
        found["created_at"] = write_instant(traits.created_at)
    grouped = {"topics": dict(traits.topics), "consent": dict(traits.consents)}
    return {**found, **traits.attributes, **{name: said for name, said in grouped.items() if said}}


def _odd(entry: Entry, catalog: Catalog) -> list[str]:
    item = entry.item if isinstance(entry, Anonymous) else entry
    match item:
        case Identified():
            return [in_words(odd, catalog) for odd in odd_in_contact(item.traits, catalog)]
        case Event():
            return [in_words(odd, catalog) for odd in odd_in_event(item, catalog)]
        case _:
            return []


def _plain(mapped: Mapped) -> dict[str, Any]:
    return {
        "items": [_plain_entry(entry) for entry in mapped.entries],
        "rejected": [{"reason": one.reason, "text": one.text} for one in mapped.rejected],
        "ignored": dict(mapped.ignored),
    }


def _plain_entry(entry: Entry) -> dict[str, Any]:
    match entry:
        case Linked():
            return {"type": "alias", "previousId": entry.anonymous_id, "userId": entry.contact_id}
        case Anonymous():
            return {**_plain_entry(entry.item), "userId": None, "anonymousId": entry.anonymous_id}
        case Identified():
            told = {"type": "identify", "traits": _told(entry.traits)}
        case Event():
            told = {"type": "track", "event": entry.name, "properties": dict(entry.properties)}
    who = {"userId": entry.contact_id, "timestamp": write_instant(entry.at), "messageId": entry.message_id}
    return {**told, **who}
