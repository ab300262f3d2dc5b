"""`journeys db upgrade|check`: the database."""

from __future__ import annotations

import click

from engine.commands.context import Context
from engine.commands.counts import some
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option

_LATER = ("backup", "restore")


@click.group("db", cls=Group, later=_LATER)
def command() -> None:
    """The database: create or upgrade it, check it."""


@command.command("upgrade", cls=Verb)
@click.pass_obj
def upgrade(options: Options) -> int:
    """Create the database, or bring it to the schema of this release."""
    context = Context(options)
    with opened_store(context, create=False, any_schema=True) as store:
        before = store.upgrade()
        after = store.schema()
    if not before:
        context.say(f"created, schema {after}")
    else:
        context.say(f"schema {after}" if before == after else f"upgraded from schema {before} to {after}")
    return 0


@command.command("check", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def check(options: Options, format: str) -> int:
    """Look for what is wrong in the database, and print fingerprints of who is where and what was sent."""
    context = Context(options)
    with opened_store(context, any_schema=True) as store:
        problems = store.check()
        digests = {} if problems else {"enrollments": store.digest(), "messages": store.messages_digest()}
        counts = {} if problems else store.counts()
    if format == "json":
        print_json({"problems": problems, "digests": digests, "counts": counts})
    else:
        for problem in problems:
            context.say(("problem: ", "bold red"), problem)
        if not problems:
            context.say(
                "The database is sound: "
                + ", ".join(some(n, "trace line" if name == "trace" else name) for name, n in counts.items())
            )
            for name, digest in digests.items():
                context.say(f"digest of {name}: {digest[:16]}")
    return 1 if problems else 0
