"""Counts as people read them: `1 contact, 24 events`, and with their reasons `3 no address, 1 exit`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


def some(count: int, word: str) -> str:
    """`1 event`, `6,919 events`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def counted(reasons: Iterable[tuple[str, int]]) -> str:
    """In the order given; empty when there are none. Machines get the reason with its underscore."""
    return ", ".join(f"{count:,} {in_words(reason)}" for reason, count in reasons)


def in_words(reason: str) -> str:
    """A reason without its underscore."""
    return "re-entry" if reason == "re_entry" else reason.replace("_", " ")


class Compared(NamedTuple):
    """How many entered, and how many of those converted."""

    entered: int
    converted: int


def compared(everybody: Compared, held_out: Compared) -> str:
    """`held out 12: 1 converted (8.3 %); mailed 108: 20 converted (18.5 %)`."""
    mailed = Compared(everybody.entered - held_out.entered, everybody.converted - held_out.converted)
    return f"held out {_share(held_out)}; mailed {_share(mailed)}"


def _share(of: Compared) -> str:
    share = f" ({of.converted / of.entered:.1%})".replace("%", " %") if of.entered else ""
    return f"{of.entered:,}: {of.converted:,} converted{share}"
