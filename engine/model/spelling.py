"""Guesses what a misspelt word was meant to be, so that a complaint can offer the right one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

#: Swapping two neighbours is the commonest slip of the fingers, so it counts less than a wrong letter.
_SWAP_COST: Final = 0.6
#: Longer words are not names that anybody mistypes, and comparing them would take long.
_LONGEST: Final = 100


def suggest(word: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """The known word most like `word`, or None when nothing comes near (likeness 0 to 1 under `cutoff`).

    Case does not count, nor does the choice between space, hyphen and underscore. Of two equally
    good ones the first is taken.
    """
    if not word or len(word) > _LONGEST:
        return None
    wanted = _plain(word)
    best, best_likeness = None, 0.0
    for candidate in known:
        likeness = _likeness(wanted, _plain(candidate))
        if likeness > best_likeness:
            best, best_likeness = candidate, likeness
    return best if best_likeness >= cutoff else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence to append to a message, " Did you mean `days`?", or nothing."""
    guess = suggest(word, known)
    return f" Did you mean `{guess}`?" if guess is not None else ""


def _plain(word: str) -> str:
    return word.casefold().replace("-", " ").replace("_", " ").strip()


def _likeness(one: str, other: str) -> float:
    longest = max(len(one), len(other))
    if not longest or longest > _LONGEST:
        return 0.0
    by_distance = 1 - _distance(one, other) / longest
    by_blocks = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return max(by_distance, by_blocks)


def _distance(one: str, other: str) -> float:
    """Optimal string alignment (Damerau 1964) with a cheaper swap of neighbours."""
    before: list[float] = []
    above: list[float] = [float(column) for column in range(len(other) + 1)]
    for row, letter in enumerate(one, start=1):
        line = [float(row)]
        for column, other_letter in enumerate(other, start=1):
            cost = min(above[column] + 1, line[column - 1] + 1, above[column - 1] + (letter != other_letter))
            if _is_swap(one, other, row, column):
                cost = min(cost, before[column - 2] + _SWAP_COST)
            line.append(cost)
        before, above = above, line
    return above[-1]


def _is_swap(one: str, other: str, row: int, column: int) -> bool:
    if row < 2 or column < 2:
        return False
    return one[row - 1] == other[column - 2] and one[row - 2] == other[column - 1]
