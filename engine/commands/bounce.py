"""`journeys bounce`: what returned mails say, and what follows."""

from __future__ import annotations

from collections import Counter

import click

from engine.bounces.classify import classify
from engine.commands.at_work import return_paths_of
from engine.commands.context import Context
from engine.commands.database import opened_store
from engine.commands.groups import Group
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.errors import JourneysError, ReadError
from engine.intake.mail_files import PIPE, MailFile, mails_at
from engine.intake.returned_mail import read_returned
from engine.model.returned import Returned
from engine.service.clock import WallClock
from engine.service.returning import Trust, take_apart, take_returned
from engine.service.running import load_running

#: EX_TEMPFAIL of sysexits.h: Postfix, Exim and Sendmail keep the mail and try again.
_TRY_AGAIN = 75


@click.group("bounce", cls=Group)
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
            _tell(mail, error)
            continue
        if format == "json":
            found += [plain(mail, one) for one in told]
        else:
            for one in told:
                _say(context, mail, one)
    if format == "json":
        print_json({"bounces": found})
    return 1 if unread else 0


@command.command("take", cls=Verb)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--by-address",
    is_flag=True,
    help="You vouch for these mails: one that shows nothing but an address counts as well.",
)
@click.pass_obj
def take(options: Options, files: tuple[str, ...], by_address: bool) -> int:
    """Act on returned mail: history, suppression list, the messages' state. FILE is as in `classify`.

    What was taken before changes nothing. From a pipe (-) the exit code is 75 when it cannot be taken now,
    which mail servers understand as: keep it, and try again.
    """
    is_pipe = PIPE in files
    try:
        return _take(Context(options), files, by_address)
    except JourneysError as error:
        if not is_pipe:
            raise
        click.echo(f"error: {error.message} {error.help}".rstrip(), err=True)
        return _TRY_AGAIN


def _take(context: Context, files: tuple[str, ...], by_address: bool) -> int:
    settings, now = context.settings, WallClock().now()
    counts: Counter[str] = Counter()
    unread = 0
    with opened_store(context) as store:
        running = load_running(store, settings.policy(), settings.unsubscribe)
        trust = Trust(return_paths_of(store, settings), by_address or settings.bounces.by_address)
        for mail in (mail for file in files for mail in mails_at(file)):
            try:
                apart = take_apart(mail.raw, trust.paths)
            except ReadError as error:
                unread += 1
                _tell(mail, error)
                continue
            counts += take_returned(store, running, [apart], trust, now)
    context.say(", ".join(f"{count:,} {what}" for what, count in counts.items()) or "nothing to take")
    return 1 if unread else 0


def _tell(mail: MailFile, error: ReadError) -> None:
    click.echo(f"{mail.name}: {error.message}. {error.help}", err=True)


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
