"""Which turn of which `repeat` an enrollment is in: a path such as `reminders.2/calls.1`, outermost first.

It makes messages and events of a step unique. The ids are part of it, so that a jump out of a repeat
(`if_past`) or a step that was moved to another place confuses no counter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping


def turn_of(iteration: str, repeat: str) -> int:
    """The turn of this repeat; 0 outside of it."""
    return next((turn for id, turn in _parts(iteration) if id == repeat), 0)


def in_turn(iteration: str, repeat: str, turn: int) -> str:
    """In this turn, and in none of what may have been inside of it."""
    return _joined([*_around(iteration, repeat), (repeat, turn)])


def after_repeat(iteration: str, repeat: str) -> str:
    """Out of it again."""
    return _joined(_around(iteration, repeat))


def carried(iteration: str, names: Mapping[str, str], around: Collection[str]) -> str:
    """Under the new names of the repeats, and without those that are not around the place any more."""
    parts = [(names.get(id, id), turn) for id, turn in _parts(iteration)]
    return _joined([(id, turn) for id, turn in parts if id in around])


def _around(iteration: str, repeat: str) -> list[tuple[str, int]]:
    parts = _parts(iteration)
    return next((parts[:index] for index, (id, _) in enumerate(parts) if id == repeat), parts)


def _parts(iteration: str) -> list[tuple[str, int]]:
    pairs = (part.rpartition(".") for part in iteration.split("/")) if iteration else ()
    return [(id, int(turn)) for id, _, turn in pairs]


def _joined(parts: list[tuple[str, int]]) -> str:
    return "/".join(f"{id}.{turn}" for id, turn in parts)
