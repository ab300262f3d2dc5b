"""`journeys preview`: one message as one contact would read it. Nothing is stored or sent."""

from __future__ import annotations

import html

import click

from engine.commands.context import Context
from engine.commands.given import read_given_contact, read_object, read_products
from engine.commands.options import Options, Verb, format_option
from engine.commands.selection import bound_journey, find_journey
from engine.errors import UsageError
from engine.language.messages import ENDINGS
from engine.model.message import Content, Message
from engine.model.sms import sms_length
from engine.service.clock import WallClock
from engine.service.letters import Letters, unsubscribe_link_of
from engine.service.preview import preview, step_of_message
from engine.service.shelves import Shelves


@click.command("preview", cls=Verb)
@click.argument("message", metavar="JOURNEY/MESSAGE")
@click.option(
    "--contact", required=True, metavar="JSON|@FILE", help='Such as \'{"email": "ada@shop.example"}\'.'
)
@click.option(
    "--trigger", metavar="JSON|@FILE", help="What started the journey, as trigger.*: '{\"total\": 180}'."
)
@click.option("--products", metavar="@FILE", help="The product table: CSV or JSON lines, as for the import.")
@format_option("html", "text", "eml", later=("png",))
@click.pass_obj
def command(
    options: Options, message: str, contact: str, trigger: str | None, products: str | None, format: str
) -> None:
    """Show a message as one contact would read it.

    MESSAGE is the name of a file beside the journey, without its ending, or the id of the step that sends it.
    Consent, topics and quiet hours are not asked: it is a look, and nothing is sent.
    """
    journey, name = _named(message)
    context = Context(options, [journey])
    version = bound_journey(context, find_journey(context, journey))
    step = step_of_message(version, name)
    catalog, now = context.workspace.catalog, WallClock().now()
    letters = Letters(catalog, context.settings.unsubscribe or unsubscribe_link_of(catalog))
    values = {} if trigger is None else read_object("--trigger", trigger)
    shelves = Shelves(read_products(products, catalog))
    letter = preview(version, step, read_given_contact(contact, catalog)[1], values, catalog, now, shelves)
    if format == "eml" and letter.channel != "email":
        words = f"`{step}` sends {_named_channel(letter.channel)}, which is no mail"
        raise UsageError(words, "Use --format text.")
    if format == "eml":
        if letter.to is None:
            raise UsageError("the contact has no e-mail address", "Give it one: --contact '{\"email\": …}'.")
        click.echo(letters.parcel(letter, version, now)[0].raw, nl=False)
    else:
        content = letters.content(letter, version)
        shown = _shown(content, format) if letter.channel == "email" else _text(letter, content, format)
        click.echo(shown, nl=False)


def _named(text: str) -> tuple[str, str]:
    """JOURNEY/MESSAGE, also as the path of a file: journeys/abandoned-cart/reminder-1.md."""
    journey, slash, name = text.rstrip("/").rpartition("/")
    if not slash or not journey or not name:
        raise UsageError(
            f"`{text}` does not say which message of which journey",
            "Write both with a slash, such as `journeys preview abandoned-cart/reminder-1`.",
        )
    return journey, name.rpartition(".")[0] if name.endswith(ENDINGS) else name


def _text(letter: Message, content: Content, format: str) -> str:
    """What a channel without HTML shows, whom to, and how long an SMS is."""
    head = [f"To: {letter.to or 'nobody: the contact has no address for it'}"]
    head += [f"Subject: {content.subject}"] if content.subject else []
    head += [f"Length: {sms_length(content.text)}"] if letter.channel == "sms" else []
    text = "\n".join([f"Channel: {letter.channel}", *head, "", content.text, ""])
    return text if format == "text" else f"<pre>{html.escape(text, quote=False)}</pre>\n"


def _named_channel(channel: str) -> str:
    return {"sms": "an SMS", "push": "a push message", "whatsapp": "a WhatsApp message"}.get(
        channel, f"a {channel} message"
    )


def _shown(content: Content, format: str) -> str:
    if format == "html" and content.html is not None:
        return content.html.rstrip() + "\n"
    return f"Subject: {content.subject}\n\n{content.text.rstrip()}\n"
