"""Finds the word that somebody meant when the one they typed is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like this one, or None when nothing does."""
    matches = get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def quoted(value: object, limit: int = 60) -> str:
    """A value in backticks, cut to a length that still fits a line of a terminal."""
    text = str(value)
    return f"`{text if len(text) <= limit else text[: limit - 1] + '…'}`"
