"""The table of triggers. A new kind is a file in this folder and a line here."""

from __future__ import annotations

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

#: Kinds of the language that do not run in this version; refused by name.
LATER: tuple[str, ...] = ()
