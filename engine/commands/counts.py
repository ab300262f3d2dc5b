"""Counts as people read them: `1 contact, 24 events`, and with their reasons `3 no address, 1 exit`."""

from __future__ import annotations

from collections.abc import Iterable


def some(count: int, word: str) -> str:
    """`1 event`, `6,919 events`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def counted(reasons: Iterable[tuple[str, int]]) -> str:
    """In the order given; empty when there are none. Machines get the reason with its underscore."""
    return ", ".join(f"{count:,} {in_words(reason)}" for reason, count in reasons)


def in_words(reason: str) -> str:
    """A reason without its underscore."""
    return "re-entry" if reason == "re_entry" else reason.replace("_", " ")
