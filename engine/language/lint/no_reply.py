"""A sender that nobody can answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Shop

_NO_REPLY: Final = re.compile(r"\b(?:no|do[-_]?not|dont)[-_.]?reply\b", re.IGNORECASE)


def check_shop(shop: Shop) -> Iterator[Finding]:
    for sender in shop.catalog.senders.values():
        address = sender.reply_to or sender.address
        if _NO_REPLY.search(address):
            key = "reply_to" if sender.reply_to else "from"
            message = f"Nobody can answer the sender `{sender.id}`."
            help = "Write an address that a person reads; answers are the best sign a mailbox provider sees."
            yield Finding(("senders", sender.id, key), message, help, file="journeys/catalog.yaml")


_CATALOG = """\
contact: { first_name: text }
events:
  Signed Up: { source: text }
  Order Completed: { order_id: text, total: number }
topics: { news: { name: News, consent: opt_in } }
senders: { shop: { from: %s, postal_address: "Bahnhofstrasse 1, 8001 Zürich" } }
defaults: { sender: shop }
"""
RULE = Rule(
    code="J765",
    group="sending",
    severity="info",
    meaning="A sender is a no-reply address.",
    why="Who has a question is turned away, and mailbox providers trust senders less that nobody answers.",
    example=Example(files={"catalog.yaml": _CATALOG % "noreply@shop.example"}),
    clean=Example(files={"catalog.yaml": _CATALOG % "hello@shop.example"}),
    check_shop=check_shop,
)
