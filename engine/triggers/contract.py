"""What a kind of trigger is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from engine.conditions.names import Names
from engine.conditions.vocabulary import Brought
from engine.conditions.wording import sentence
from engine.errors import ReadError
from engine.model.fault import Mistake, Path, Report
from engine.model.journey import Trigger
from engine.triggers import rules


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

    def inside(self, key: str) -> TriggerReader:
        """The same, one level down."""
        return replace(self, path=(*self.path, key))

    def take(self, key: str, read: Callable[[Any], Any], data: Mapping[str, Any]) -> Any:
        """Read a time, days or a length; a ReadError becomes a mistake at that key and None."""
        if key not in data:
            return None
        try:
            return read(data[key])
        except ReadError as error:
            self.wrong(key, rules.UNREADABLE, sentence(error.message), sentence(error.help))
            return None


def clock_id_of(kind: str, plain: Mapping[str, Any]) -> str:
    """The same for the same words, and another for an edited trigger."""
    text = json.dumps([kind, plain], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class TriggerType:
    """One kind. `word` is the key that names it; `schema` describes its keys. `brings` tells, of a checked
    trigger, what `trigger.*` holds for those who enter by it."""

    word: str
    summary: str
    example: str
    schema: Mapping[str, Any]
    read: Callable[[Mapping[str, Any], TriggerReader], Trigger | None]
    brings: Callable[[Mapping[str, Any]], Brought]
