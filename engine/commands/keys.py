"""`journeys keys`: who may send events over HTTP, and who may use the admin API."""

from __future__ import annotations

import secrets
from datetime import datetime

import click

from engine.calendar.instants import write_instant
from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.errors import UsageError
from engine.model.scopes import EVERYTHING, SCOPES
from engine.model.spelling import did_you_mean
from engine.service.clock import WallClock
from engine.store.admin_keys import AdminKey
from engine.store.database import Store
from engine.store.write_keys import WriteKey

#: Bytes drawn by lot; nobody guesses so many.
_BYTES = 24


@click.group("keys", cls=Group)
def command() -> None:
    """Keys of the HTTP API. Only their hashes are kept: a key is shown once, when it is made."""


@command.command("create", cls=Verb)
@click.option("--source", "--name", required=True, metavar="NAME", help="Who uses it, such as shop.")
@click.option("--admin", is_flag=True, help="A key of the admin API, not one to send events with.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help=f"What an admin key may do; may be repeated. One of {', '.join(SCOPES)}, {EVERYTHING}.",
)
@click.pass_obj
def create(options: Options, source: str, admin: bool, scopes: tuple[str, ...]) -> int:
    """Make a key and show it, this once."""
    name = source.strip()
    if not name or not name.isprintable() or len(name) > 100:
        raise UsageError("`--source` names who uses the key", "Write a short name such as shop.")
    _check_scopes(scopes, is_admin=admin)
    context, now = Context(options), WallClock().now()
    key = f"{'ja' if admin else 'jk'}_{secrets.token_urlsafe(_BYTES)}"
    with opened_store(context, create=True) as store:
        made = _put(store, key, name, scopes, now, is_admin=admin)
    click.echo(f"{_kind(made)} {made.id} for {name}. It is not shown again:", err=True)
    click.echo(key)
    return 0


def _put(
    store: Store, key: str, name: str, scopes: tuple[str, ...], now: datetime, *, is_admin: bool
) -> AdminKey | WriteKey:
    if is_admin:
        return store.put_admin_key(key, name, scopes, now)
    return store.put_write_key(key, name, now)


def _check_scopes(scopes: tuple[str, ...], *, is_admin: bool) -> None:
    listed = "\n".join(f"  {scope:<20}{what}" for scope, what in SCOPES.items())
    if not is_admin and scopes:
        raise UsageError("--scope is for admin keys", "Add --admin; a write key only sends events.")
    if is_admin and not scopes:
        raise UsageError(f"it is not said what the key may do\n{listed}", "Add `--scope contacts:read`.")
    for scope in scopes:
        if scope not in SCOPES and scope != EVERYTHING:
            hint = did_you_mean(scope, (*SCOPES, EVERYTHING))
            raise UsageError(f"there is no scope `{scope}`.{hint}\n{listed}", "Write one of these.")


@command.command("list", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def list_(options: Options, format: str) -> int:
    """List the keys, without the keys themselves."""
    context = Context(options)
    with opened_store(context) as store:
        keys: list[WriteKey | AdminKey] = [*store.write_keys(), *store.admin_keys()]
    if format == "json":
        print_json({"keys": [_plain(key) for key in keys]})
        return 0
    for key in keys:
        state = "" if key.revoked_at is None else f", revoked {key.revoked_at:%Y-%m-%d}"
        may = f"  {', '.join(sorted(key.scopes))}" if isinstance(key, AdminKey) else ""
        context.say(
            f"{key.id}  {_kind(key).lower():<9}  {key.source}{may}  made {key.created_at:%Y-%m-%d}{state}"
        )
    if not keys:
        context.say("No keys. `journeys keys create --source shop` makes one to send events with.")
    return 0


@command.command("revoke", cls=Verb)
@click.argument("id", metavar="ID")
@click.pass_obj
def revoke(options: Options, id: str) -> int:
    """Make a key open nothing any more, within a second. ID is what `keys list` shows."""
    context, now = Context(options), WallClock().now()
    with opened_store(context) as store:
        keys: list[WriteKey | AdminKey] = [*store.write_keys(), *store.admin_keys()]
        found = [key for key in keys if key.id == id]
        if not found:
            raise UsageError(f"there is no key `{id}`", "See `journeys keys list`.")
        if isinstance(found[0], AdminKey):
            store.revoke_admin_key(found[0].hash, now)
        else:
            store.revoke_write_key(found[0].hash, now)
    context.say(f"{id} ({found[0].source}) opens nothing any more.")
    return 0


def _kind(key: WriteKey | AdminKey) -> str:
    return "Admin key" if isinstance(key, AdminKey) else "Write key"


def _plain(key: WriteKey | AdminKey) -> dict[str, object]:
    return {
        "id": key.id,
        "kind": "admin" if isinstance(key, AdminKey) else "write",
        "scopes": sorted(key.scopes) if isinstance(key, AdminKey) else [],
        "source": key.source,
        "created_at": write_instant(key.created_at),
        "revoked_at": None if key.revoked_at is None else write_instant(key.revoked_at),
    }
