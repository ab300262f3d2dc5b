"""`journeys keys`: who may send events over HTTP."""

from __future__ import annotations

import secrets

import click

from engine.calendar.instants import write_instant
from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.errors import UsageError
from engine.service.clock import WallClock
from engine.store.write_keys import WriteKey

#: Bytes drawn by lot; nobody guesses so many.
_BYTES = 24


@click.group("keys", cls=Group)
def command() -> None:
    """Write keys of the HTTP API. Only their hashes are kept: a key is shown once, when it is made."""


@command.command("create", cls=Verb)
@click.option("--source", required=True, metavar="NAME", help="Who sends with it, such as shop.")
@click.pass_obj
def create(options: Options, source: str) -> int:
    """Make a write key and show it, this once."""
    name = source.strip()
    if not name or not name.isprintable() or len(name) > 100:
        raise UsageError("`--source` names who sends", "Write a short name such as shop.")
    key = f"jk_{secrets.token_urlsafe(_BYTES)}"
    context = Context(options)
    with opened_store(context, create=True) as store:
        made = store.put_write_key(key, name, WallClock().now())
    click.echo(f"Write key {made.id} for {name}. It is not shown again:", err=True)
    click.echo(key)
    return 0


@command.command("list", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def list_(options: Options, format: str) -> int:
    """List the write keys, without the keys themselves."""
    context = Context(options)
    with opened_store(context) as store:
        keys = store.write_keys()
    if format == "json":
        print_json({"keys": [_plain(key) for key in keys]})
        return 0
    for key in keys:
        state = "" if key.revoked_at is None else f", revoked {key.revoked_at:%Y-%m-%d}"
        context.say(f"{key.id}  {key.source}  made {key.created_at:%Y-%m-%d}{state}")
    if not keys:
        context.say("No write keys. `journeys keys create --source shop` makes one.")
    return 0


@command.command("revoke", cls=Verb)
@click.argument("id", metavar="ID")
@click.pass_obj
def revoke(options: Options, id: str) -> int:
    """Make a write key open nothing any more, within a second. ID is what `keys list` shows."""
    context = Context(options)
    with opened_store(context) as store:
        found = [key for key in store.write_keys() if key.id == id]
        if not found:
            raise UsageError(f"there is no write key `{id}`", "See `journeys keys list`.")
        store.revoke_write_key(found[0].hash, WallClock().now())
    context.say(f"{id} ({found[0].source}) opens nothing any more.")
    return 0


def _plain(key: WriteKey) -> dict[str, object]:
    return {
        "id": key.id,
        "source": key.source,
        "created_at": write_instant(key.created_at),
        "revoked_at": None if key.revoked_at is None else write_instant(key.revoked_at),
    }
