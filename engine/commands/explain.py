"""`journeys explain`: what a code of validation means, with an example and what to write instead."""

from __future__ import annotations

from dataclasses import asdict

import click

from engine.commands.context import Context
from engine.commands.machine import print_json
from engine.commands.options import Options, Verb, format_option
from engine.errors import UsageError
from engine.model.spelling import did_you_mean
from engine.service.explanations import MEANINGS, Page, page_of, sentence_of


@click.command("explain", cls=Verb)
@click.argument("code", required=False, metavar="[CODE]")
@format_option("text", "json")
@click.pass_obj
def command(options: Options, code: str | None, format: str) -> None:
    """Tell what a code means.

    CODE stands in each line of `journeys validate`, such as J720. Without it, all codes are listed.
    """
    context = Context(options)
    if code is None:
        _list(context, format)
        return
    page = page_of(_known(code))
    if format == "json":
        print_json({"page": asdict(page)})
        return
    _print(context, page)


def _known(code: str) -> str:
    """The code as it is written in the tables. UsageError when there is none such."""
    known = code.strip().upper()
    if known not in MEANINGS:
        message = f"there is no code `{code}`.{did_you_mean(known, MEANINGS)}"
        raise UsageError(message, "`journeys explain` lists them all.")
    return known


def _list(context: Context, format: str) -> None:
    if format == "json":
        print_json({"codes": {code: sentence_of(meaning) for code, meaning in MEANINGS.items()}})
        return
    for code, meaning in MEANINGS.items():
        context.say((code, "bold"), f"  {sentence_of(meaning)}")


def _print(context: Context, page: Page) -> None:
    context.say((f"{page.code} {page.severity}".rstrip(), "bold"), f"  {page.meaning}")
    if page.why:
        context.say()
        context.say(page.why)
    _block(context, "Found in", page.example)
    if page.told:
        context.say()
        context.say(page.told)
        context.say(("help: ", "bold"), page.help)
    _block(context, "Right", page.clean)
    if page.can_be_ignored:
        context.say()
        comment = f"# lint: ignore {page.code} — REASON"
        context.say("To keep it as it is, write on the line above: ", (comment, "bold"))


def _block(context: Context, title: str, text: str) -> None:
    if text:
        context.say()
        context.say((f"{title}:", "bold"))
        for line in text.splitlines():
            context.say(f"    {line}".rstrip())
