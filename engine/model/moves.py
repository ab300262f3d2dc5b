"""Moves: what a journey's file says of the people who stand in its older versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

#: What `people:` may say besides the id of a step.
EXIT: Final = "exit"
FINISH: Final = "finish"

Fate = Literal["stays", "renamed", "sent", "exit", "finish"]


@dataclass(frozen=True, slots=True)
class Way:
    """Where the people of one old step go. `step` is None for those who leave or finish on their version."""

    fate: Fate
    step: str | None


@dataclass(frozen=True, slots=True)
class Moves:
    """`in_flight`, `moved` (old id → new id) and `removed` (old id → a step, `exit` or `finish`).

    It is about one change and no part of what runs, so it is not in the hash of the version.
    """

    pins: bool = False
    moved: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, str] = field(default_factory=dict)

    def way(self, step: str) -> Way:
        """One line after the other, since last year's `a → b` may stand above this year's `b → c`.

        A step that was only renamed all along stays the same step; validation refuses circles.
        """
        fate: Fate = "stays"
        for _ in range(len(self.moved) + len(self.removed)):
            if step in self.removed:
                step, fate = self.removed[step], "sent"
                if step == EXIT:
                    return Way("exit", None)
                if step == FINISH:
                    return Way("finish", None)
            elif step in self.moved:
                step, fate = self.moved[step], "sent" if fate == "sent" else "renamed"
            else:
                break
        return Way(fate, step)
