"""What was done and why, one line a time, kept so that everyone can be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Did = Literal[
    "entered",
    "not_entered",
    "waiting",
    "passed",  # a wait or wait_for is over
    "chose",  # branch and split
    "skipped",  # its `when` did not hold
    "sent",
    "held",  # quiet hours
    "dropped",
    "changed",  # attributes, topics
    "converted",
    "moved",  # to a new version
    "left",
    "warned",
]


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One line. `step` is empty for entering and leaving; `until` only where something waits."""

    at: datetime
    step: str
    did: Did
    why: str = ""
    until: datetime | None = None
