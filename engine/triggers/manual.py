"""`manual`: a contact enters when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model.journey import Asked, Entry, NoEntry, Occasion, Trigger
from engine.model.view import View
from engine.triggers.contract import TriggerReader, TriggerType


def read(data: Mapping[str, Any], reader: TriggerReader) -> Trigger | None:
    """`manual: true` and nothing else."""
    del data, reader

    def fires(occasion: Occasion, view: View) -> Entry | NoEntry | None:
        del view
        return Entry(occasion.entry_key, occasion.values) if isinstance(occasion, Asked) else None

    return Trigger("manual", fires)


MANUAL = TriggerType(
    word="manual",
    summary="Enters the contact only by command.",
    example="trigger: { manual: true }\n",
    schema={"manual": {"enum": [True], "description": "Only by command."}},
    read=read,
)
