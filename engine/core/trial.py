"""Who wins a trial, and whether that is certain. Figures in, decision out."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt

from engine.model.trial import Decision, Tally

#: The normal approximation holds where at least so many hits and misses are to be expected (7.2.4 there).
_ENOUGH = 5


def decide(tallies: Sequence[Tally], confidence: float | None) -> Decision:
    """The way with the highest rate, the earlier one in the file where two are equal.

    With a confidence it is certain when it differs from each other way that much. With more than two ways
    each comparison is held to a stricter limit (Bonferroni), so that all together keep to the one asked for.
    """
    leader = max(tallies, key=_rate)  # the first of equals
    if confidence is None:
        return Decision(leader.name, None)
    others = [one for one in tallies if one.name != leader.name]
    limit = (1 - confidence) / len(others)
    is_certain = all(_rate(leader) > _rate(one) and p_value(leader, one) <= limit for one in others)
    return Decision(leader.name, is_certain)


def p_value(one: Tally, other: Tally) -> float:
    """Two-sided two-proportion z-test with the pooled proportion; 1 where there are too few to tell.

    NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3: z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)).
    """
    people = one.people + other.people
    if not one.people or not other.people:
        return 1.0
    pooled = (one.hits + other.hits) / people
    smaller = min(one.people, other.people)
    if smaller * min(pooled, 1 - pooled) < _ENOUGH:
        return 1.0
    spread = sqrt(pooled * (1 - pooled) * (1 / one.people + 1 / other.people))
    return erfc(abs(_rate(one) - _rate(other)) / spread / sqrt(2))


def _rate(tally: Tally) -> float:
    return tally.hits / tally.people if tally.people else 0.0
