"""A sender of marketing without a postal address."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    senders = subject.catalog.senders
    for letter in subject.mails:
        sender = senders.get(letter.source.sender or subject.catalog.sender or "")
        if sender is not None and not sender.postal_address:
            message = f"The sender `{sender.id}` sends marketing and has no postal address."
            help = "Add `postal_address: …` to the sender; the footer of each message shows it."
            yield Finding(("senders", sender.id), message, help, at_key=True, file="journeys/catalog.yaml")


_CATALOG = """\
contact: { first_name: text }
events:
  Signed Up: { source: text }
  Order Completed: { order_id: text, total: number }
topics: { news: { name: News, consent: opt_in } }
senders: { shop: { from: hello@shop.example%s } }
defaults: { sender: shop }
"""
RULE = Rule(
    code="J760",
    group="sending",
    severity="warning",
    meaning="A sender of marketing has no postal address.",
    why="In many countries, such as the United States and Canada, marketing must name one.",
    example=Example(files={"catalog.yaml": _CATALOG % ""}),
    clean=Example(files={"catalog.yaml": _CATALOG % ', postal_address: "Bahnhofstrasse 1, 8001 Zürich"'}),
    check=check,
)
