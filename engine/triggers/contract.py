"""What a kind of trigger is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.conditions.names import Names
from engine.model.fault import Mistake, Path, Report
from engine.model.journey import Trigger


@dataclass(frozen=True, slots=True)
class TriggerReader:
    """Where a trigger is read, and what may be named there."""

    path: Path
    report: Report
    names: Names
    segments: frozenset[str] | None = None
    journey: str = ""  # whose file it is, where that is known

    def wrong(self, key: str, rule: str, message: str, help: str, *, at_key: bool = False) -> None:
        """Report a mistake at a key of this trigger."""
        self.report(Mistake((*self.path, key) if key else self.path, rule, message, help, at_key))


@dataclass(frozen=True, slots=True)
class TriggerType:
    """One kind. `word` is the key that names it; `schema` describes its keys."""

    word: str
    summary: str
    example: str
    schema: Mapping[str, Any]
    read: Callable[[Mapping[str, Any], TriggerReader], Trigger | None]
