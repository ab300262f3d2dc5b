"""Erased people stay out: what is told of them is refused, counted, and not kept.

Whoever comes back of their own will is let in: a confirmed opt-in (`consent_confirmed_at`) younger than
the erasure takes their hashes off the list, and so does `journeys suppress remove --allow-erased`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from engine.model.contact import Contact
from engine.store.pages import Page

T = TypeVar("T")

#: Why, in words for whoever sent it. Nothing of the item itself is kept.
REASON = "this person was erased"
HELP = (
    "A confirmed opt-in after the erasure (`consent_confirmed_at`) lets them in again, "
    "or `journeys suppress remove ADDRESS --allow-erased`."
)


def without_erased(page: Page, items: Sequence[T], person: Callable[[T], Contact]) -> list[T]:
    """The items that may be taken; `person` is who each is about, with what it says of them."""
    refused = page.refuse_erased(person(item) for item in items)
    return [item for item in items if person(item).id not in refused] if refused else list(items)


def keep_count(page: Page, number: int, source: str, now: datetime) -> None:
    """So many items were refused: each stands among the rejected ones, without what it said."""
    page.keep_rejected([(f"{REASON}. {HELP}", "")] * number, source, now)
