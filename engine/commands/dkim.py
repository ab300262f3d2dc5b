"""`journeys dkim`: keys with which mail is signed, and what the DNS is to hold of them."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.context import Context
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.messages.dkim import Signer
from engine.service.dkim_keys import Kind, make_key, record_of, signers_of


@click.group("dkim", cls=Group)
def command() -> None:
    """Keys with which mail is signed."""


@command.command("create", cls=Verb)
@click.argument("domain")
@click.option("--selector", required=True, metavar="NAME", help="Tells this key from others, such as s1.")
@click.option(
    "--kind",
    type=click.Choice(["rsa", "ed25519"]),
    default="rsa",
    show_default=True,
    help="Every receiver knows rsa; ed25519 may stand beside it.",
)
@click.pass_obj
def create(options: Options, domain: str, selector: str, kind: Kind) -> int:
    """Make a key for the mail of DOMAIN, in a file that only you can read."""
    context = Context(options)
    name = Path("keys") / f"{domain}.{selector}.pem"
    signer = make_key(context.settings.workspace / name, domain, selector, kind)
    context.say(f"The key is in {name.as_posix()}. Add to config.yaml:")
    click.echo(f"\ndkim:\n  {domain}: {{ {selector}: {name.as_posix()} }}\n")
    context.say("and to the DNS, as a TXT record:")
    _show(signer)
    return 0


@command.command("show", cls=Verb)
@format_option("text", "json")
@click.pass_obj
def show(options: Options, format: str) -> int:
    """Show what the DNS is to hold for the keys of config.yaml."""
    context = Context(options)
    signers = signers_of(context.settings.dkim, context.settings.workspace)
    if format == "json":
        named = [dict(zip(("name", "text"), record_of(one), strict=True)) for one in signers]
        print_json({"records": named})
        return 0
    for signer in signers:
        _show(signer)
    if not signers:
        context.say("config.yaml names no key: `journeys dkim create DOMAIN --selector s1` makes one.")
    return 0


def _show(signer: Signer) -> None:
    """In pieces of 255, as a zone file wants long texts."""
    name, text = record_of(signer)
    pieces = [text[start : start + 255] for start in range(0, len(text), 255)]
    click.echo(f"\n{name}. TXT " + " ".join(f'"{piece}"' for piece in pieces))
