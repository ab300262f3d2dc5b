"""What a caller has done in the same transaction: told of what came of the work, just before the commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from engine.store.pages import Page

T = TypeVar("T")

#: Takes the page and what came of it.
Also: TypeAlias = Callable[[Page, T], None]


def nothing(_page: Page, _done: object) -> None:
    """For callers that have nothing to add."""
