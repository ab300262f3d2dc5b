"""What conditions and steps see: one contact in one journey at one instant. They only look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.model.contact import Contact
from engine.model.event import Event

UTC = ZoneInfo("UTC")

#: Events by name, each list ordered by `at`.
History = Mapping[str, Sequence[Event]]


@dataclass(slots=True)
class View:
    """Filled by core; the same view serves all steps of one advance.

    `now` is the logical instant. `event` is the event under test in a `where`; `caught` the one that
    a wait_for woke up to. `steps` holds what steps remember, by step id.
    """

    contact: Contact
    now: datetime
    zone: ZoneInfo  # of the journey; a step may name its own
    history: History
    journey: str = ""
    step: str = ""
    entry_key: str = ""
    iteration: str = ""
    trigger: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    entered_at: datetime | None = None
    triggered_at: datetime | None = None  # the `at` of the triggering event, for since: journey_start
    arrived_at: datetime | None = None  # at the current step
    event: Event | None = None
    caught: Event | None = None
    contact_zone: ZoneInfo = UTC
