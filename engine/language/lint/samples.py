"""The small shop that the examples of lint rules are put into; it is right, so only the example is found."""

from __future__ import annotations

import re
from typing import Final

from engine.language.lint.contract import Example

_CATALOG: Final = """\
contact:
  first_name: text
  country: { type: text, values: [CH, DE, AT] }
  orders: number
  interests: list
events:
  Signed Up: { source: text }
  Cart Updated: { cart_id: text, items_count: number, total: number }
  Cart Viewed: { cart_id: text }
  Order Completed: { order_id: text, cart_id: text, total: number }
topics:
  news: { name: News, consent: opt_in }
senders:
  shop: { from: "Example Shop <hello@shop.example>", postal_address: "Bahnhofstrasse 1, 8001 Zürich" }
defaults: { sender: shop, timezone: Europe/Zurich, locale: de-CH, currency: CHF }
"""
_JOURNEY: Final = """\
dsl: 1
journey: demo
name: Demo
owner: lifecycle@shop.example
trigger: { event: Signed Up }
re_entry: never
goal: { event: Order Completed, within: 7 days }
defaults: { topic: news, quiet_hours: 21:00-08:00 }
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you for signing up. }
"""
_KEY: Final = re.compile(r"([a-z_]+):")


def files_of(example: Example) -> dict[str, bytes]:
    """The whole workspace of an example."""
    texts = {"catalog.yaml": _CATALOG, "demo/journey.yaml": journey_of(example), **example.files}
    return {f"journeys/{path}": text.encode() for path, text in texts.items()}


def journey_of(example: Example) -> str:
    """The right journey with the parts of the example in place of its own, by their first word."""
    parts = _parts(_JOURNEY) | _parts(example.journey)
    steps = parts.pop("steps")
    return "".join(text for word, text in parts.items() if word not in example.without) + steps


def _parts(text: str) -> dict[str, str]:
    """Each part by its key; a comment belongs to the key below it."""
    parts: dict[str, str] = {}
    above = ""
    word = ""
    for line in text.splitlines(keepends=True):
        key = _KEY.match(line)
        if line.startswith("#"):
            above += line
        elif key is not None:
            word = key[1]
            parts[word], above = above + line, ""
        else:
            parts[word] += line
    if above:
        parts[word] += above
    return parts
