"""Who wins a trial, held against figures worked out elsewhere and against lots drawn one by one."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest

from engine.core.trial import decide, p_value
from engine.model.trial import Decision, Tally


def test_figures_worked_out_by_hand() -> None:
    """38 of 200 against 10 of 100: z is 0.09 over the root of 0.16 · 0.84 · 0.015, which is 2.0."""
    assert p_value(Tally("a", 200, 38), Tally("b", 100, 10)) == pytest.approx(0.0450, abs=0.0005)


@pytest.mark.parametrize(
    ("people", "hits"), [((40, 40), (20, 8)), ((60, 40), (30, 12)), ((50, 50), (25, 24))]
)
def test_as_rare_as_counting_every_outcome_says(people: tuple[int, int], hits: tuple[int, int]) -> None:
    """How likely a difference as large is, if both ways are alike: every outcome is counted (mid-p)."""
    n, m = people
    share = sum(hits) / sum(people)
    seen = abs(hits[0] / n - hits[1] / m)
    exact = 0.0
    for i, k in product(range(n + 1), range(m + 1)):
        chance = comb(n, i) * comb(m, k) * share ** (i + k) * (1 - share) ** (n + m - i - k)
        difference = abs(i / n - k / m)
        if abs(difference - seen) < 1e-12:
            exact += chance / 2
        elif difference > seen:
            exact += chance
    assert p_value(Tally("a", n, hits[0]), Tally("b", m, hits[1])) == pytest.approx(exact, abs=0.03)


def test_too_few_say_nothing() -> None:
    assert p_value(Tally("a", 4, 4), Tally("b", 4, 0)) == 1
    assert p_value(Tally("a", 0, 0), Tally("b", 400, 0)) == 1
    assert p_value(Tally("a", 400, 0), Tally("b", 400, 0)) == 1


@pytest.mark.parametrize(
    ("figures", "confidence", "winner", "is_certain"),
    [
        ([(100, 12), (100, 25)], None, "b", None),
        ([(100, 12), (100, 25)], 0.95, "b", True),
        ([(100, 12), (100, 25)], 0.99, "b", False),
        ([(100, 20), (100, 20)], 0.95, "a", False),
        ([(0, 0), (0, 0)], 0.95, "a", False),
        ([(0, 0), (0, 0)], None, "a", None),
        ([(10, 1), (1000, 90)], None, "a", None),
        ([(100, 13), (100, 25), (100, 13)], 0.95, "b", False),  # three ways: each is held to 97.5 percent
        ([(100, 10), (100, 25), (100, 10)], 0.95, "b", True),
    ],
)
def test_who_wins(
    figures: list[tuple[int, int]], confidence: float | None, winner: str, is_certain: bool | None
) -> None:
    tallies = [Tally("abc"[index], *one) for index, one in enumerate(figures)]
    assert decide(tallies, confidence) == Decision(winner, is_certain)
