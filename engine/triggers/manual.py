"""`manual`: a contact enters when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.vocabulary import Brought
from engine.model.journey import Asked, Entry, NoEntry, Occasion, Started, Trigger
from engine.model.view import View
from engine.triggers.contract import TriggerReader, TriggerType


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """`manual: true` and nothing else."""
    del data, reader

    def fires(occasion: Occasion, view: View) -> Entry | NoEntry | None:
        del view
        match occasion:
            case Asked(values, entry_key):
                return Entry(entry_key, values)
            case Started(_, values, str(entry_key)):
                return Entry(entry_key, values)
            case Started():
                return NoEntry("key_missing", "the `key` of the step has no value")
        return None

    return Trigger("manual", fires)


MANUAL = TriggerType(
    word="manual",
    summary="Enters the contact only by command, or by a `start` step of another journey.",
    example="trigger: { manual: true }\n",
    schema={"manual": {"enum": [True], "description": "Only by command, or by a `start` step."}},
    read=read,
    brings=lambda _plain: Brought("manual"),
)
