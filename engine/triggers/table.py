"""The table of triggers. A new kind is a file in this folder and a line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.conditions.vocabulary import Brought
from engine.triggers.contract import TriggerType
from engine.triggers.date import DATE
from engine.triggers.event import EVENT
from engine.triggers.journey import JOURNEY
from engine.triggers.manual import MANUAL
from engine.triggers.schedule import SCHEDULE
from engine.triggers.segment import SEGMENT
from engine.triggers.stage import STAGE

_KINDS = (EVENT, SEGMENT, STAGE, DATE, SCHEDULE, JOURNEY, MANUAL)
TRIGGERS: dict[str, TriggerType] = {trigger.word: trigger for trigger in _KINDS}


def brought_by(plain: Any) -> Brought | None:
    """What one trigger of a file brings; None where it says nothing that could be understood."""
    kinds = [kind for word, kind in TRIGGERS.items() if isinstance(plain, Mapping) and word in plain]
    return kinds[0].brings(plain) if len(kinds) == 1 else None


def all_brought(triggers: Sequence[Any]) -> tuple[Brought, ...]:
    """What each of them brings; nothing at all where one of them is not understood."""
    found = [brought_by(plain) for plain in triggers]
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else ()
