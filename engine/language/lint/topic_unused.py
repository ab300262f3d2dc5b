"""A topic that nothing is sent about."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Shop, Subject


def check_shop(shop: Shop) -> Iterator[Finding]:
    """Conditions, updates of subscriptions and tests may name a topic too, so any mention counts."""
    if not shop.is_whole or not shop.subjects:
        return
    used = {topic for subject in shop.subjects for topic in _topics(subject)}
    for name in shop.catalog.topics or {}:
        if name not in used:
            message = f"Nothing is sent about the topic `{name}`."
            help = "Take it away, or name it in the journey that it was made for."
            yield Finding(("topics", name), message, help, at_key=True, file="journeys/catalog.yaml")


def _topics(subject: Subject) -> Iterator[str]:
    yield str(subject.defaults.get("topic"))
    for _, step in subject.steps:
        yield from (str(step[key]) for key in ("topic", "subscribe", "unsubscribe") if key in step)
        yield from (str(letter.source.topic) for letter in subject.letters)


_CATALOG = """\
contact: { first_name: text }
events:
  Signed Up: { source: text }
  Order Completed: { order_id: text, total: number }
topics: { news: { name: News, consent: opt_in }%s }
senders: { shop: { from: hello@shop.example, postal_address: "Bahnhofstrasse 1, 8001 Zürich" } }
defaults: { sender: shop }
"""
RULE = Rule(
    code="J791",
    group="references",
    severity="info",
    meaning="No journey sends anything about a topic.",
    why="People are asked for a yes to something that they never hear of.",
    example=Example(files={"catalog.yaml": _CATALOG % ", cart: { name: Cart reminders, consent: opt_out }"}),
    clean=Example(files={"catalog.yaml": _CATALOG % ""}),
    check_shop=check_shop,
)
