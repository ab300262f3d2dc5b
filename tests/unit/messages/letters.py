"""Messages and values for the tests of templates: a small shop with one cart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.messages.template import compile_message
from engine.model.message import Content, MessageSource

NOW = datetime(2026, 3, 28, 19, 30, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")


def source(body: str = "Hello", **others: Any) -> MessageSource:
    """A message beside a journey whose body begins on line 5 of its file."""
    given = {"name": "reminder-1", "kind": "markdown", "subject": "Your cart", "layout": "none"} | others
    return MessageSource(body=body, file="cart/reminder-1.md", body_line=5, **given)


def rendered(message: MessageSource, locale: str = "de-CH", currency: str = "CHF", **values: Any) -> Content:
    return compile_message(message).render(values, locale=locale, zone=ZURICH, currency=currency, now=NOW)


def html(body: str, **values: Any) -> str:
    """The HTML of a Markdown body without a layout."""
    return str(rendered(source(body), **values).html)


def text(body: str, locale: str = "de-CH", **values: Any) -> str:
    """A body rendered as a plain text file, without its last line break."""
    return rendered(source("x", text=body), locale, **values).text
