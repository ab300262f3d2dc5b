"""The part of a story that a failed test needs: what stands around each difference, or all of a short one."""

from __future__ import annotations

from datetime import datetime

from engine.service.journey_tests import Tried
from engine.service.story import Told, local

#: Lines of a story around each difference; a short story is told whole.
_AROUND = 3
_SHORT = 12


def excerpt(result: Tried) -> list[str]:
    """The story around the differences, with a mark where lines are left out."""
    story = result.story
    kept = set(range(len(story)))
    if len(story) > _SHORT:
        centres = {
            _nearest(story, difference.at) for difference in result.differences if difference.at is not None
        }
        kept = {line for centre in centres for line in range(centre - _AROUND, centre + _AROUND + 1)}
    lines: list[str] = []
    for number, told in enumerate(story):
        if number in kept:
            lines.append(f"{local(told.at, result.zone)}  {told.step + ' ' if told.step else ''}{told.words}")
        elif not lines or lines[-1] != "…":
            lines.append("…")
    return lines


def _nearest(story: tuple[Told, ...], at: datetime) -> int:
    return min(range(len(story)), key=lambda number: abs(story[number].at - at))
