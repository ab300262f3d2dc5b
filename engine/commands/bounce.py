"""`journeys bounce`: what returned mails say."""

from __future__ import annotations

import click

from engine.bounces.classify import classify
from engine.commands.context import Context
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.errors import ReadError
from engine.intake.mail_files import MailFile, mails_at
from engine.intake.returned_mail import read_returned
from engine.model.returned import Returned


@click.group("bounce", cls=Group, later=("take",))
def command() -> None:
    """Returned mail: bounces, complaints, and what only looks like them."""


@command.command("classify", cls=Verb)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@format_option("text", "json")
@click.pass_obj
def classify_(options: Options, files: tuple[str, ...], format: str) -> int:
    """Tell what each mail says of each recipient; nothing is changed.

    FILE is a mail, an mbox, a maildir, a folder of .eml files, or - for a mail on standard input.
    """
    context = Context(options)
    found: list[dict[str, object]] = []
    unread = 0
    for mail in (mail for file in files for mail in mails_at(file)):
        try:
            told = classify(read_returned(mail.raw))
        except ReadError as error:
            unread += 1
            click.echo(f"{mail.name}: {error.message}. {error.help}", err=True)
            continue
        if format == "json":
            found += [plain(mail, one) for one in told]
        else:
            for one in told:
                _say(context, mail, one)
    if format == "json":
        print_json({"bounces": found})
    return 1 if unread else 0


def plain(mail: MailFile, one: Returned) -> dict[str, object]:
    """As interface.md has it; what is not known is null."""
    return {
        "file": mail.name,
        "kind": one.kind,
        "hard": one.is_hard,
        "status": one.status or None,
        "recipient": one.recipient or None,
        "reason": one.reason or None,
        "action": one.action,
        "said": one.said or None,
    }


def _say(context: Context, mail: MailFile, one: Returned) -> None:
    kind = one.kind if one.kind != "bounce" else f"{'hard' if one.is_hard else 'soft'} bounce"
    why = one.reason.replace("_", " ")
    parts = [why, one.status, "still trying" if one.action == "delayed" else ""]
    words = ", ".join(part for part in parts if part)
    context.say(f"{mail.name}  ", (kind, "bold"), f"  {one.recipient or '-'}  {words}".rstrip())
