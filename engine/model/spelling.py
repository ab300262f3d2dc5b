"""What somebody probably meant by a word that nobody knows; for the end of a complaint."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like `word`, or None when none comes close. Case does not matter."""
    by_lower = {one.lower(): one for one in sorted(known, reverse=True)}
    close = get_close_matches(word.lower(), sorted(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ " Did you mean `x`?" with its leading space, or nothing; to be put behind a full stop."""
    found = suggest(word, known)
    return f" Did you mean `{found}`?" if found else ""
