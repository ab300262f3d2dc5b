"""An enrollment (a contact's one pass through a journey) together with its position (where it stands)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

#: How an enrollment ends (language.md §3). An outcome is one of these, or the name that an `end` gives.
REASONS = ("completed", "goal", "exit", "left", "stopped", "restarted", "merged", "erased", "failed")

#: Reasons with which a contact leaves only to go on in another enrollment of the same journey: not finished.
GOES_ON = ("restarted", "merged")


class Enrollment(Struct):
    """Unique while running by (journey, contact, entry key, serial); serial is 0 unless `parallel`.

    Core changes it in place while it advances; the store reads `is_new`, `is_changed` and
    `is_moved` to know what to write. `ver` guards the position against a stale worker.
    """

    journey: str
    version: str
    entry_key: str
    entered_at: datetime
    trigger: Mapping[str, Any]
    triggered_at: datetime  # the `at` of the triggering event: goals and exits need a later one
    serial: int = 0

    step: str | None = None
    arrived_at: datetime | None = None
    due_at: datetime | None = None
    owed_at: datetime | None = (
        None  # the first due time when the daemon was late (max_lateness counts from it)
    )
    steps: dict[str, dict[str, Any]] = {}  # what steps remember
    sent_at: list[datetime] = []  # releases, for the goal window
    iteration: str = ""
    is_held_out: bool = False  # decided at entry: its messages are recorded and not sent
    capped_at: datetime | None = None  # the message it stands at was first held by a frequency cap then

    left_at: datetime | None = None
    reason: str | None = None
    outcome: str | None = None
    detail: str = ""
    goal_until: datetime | None = None  # a closed enrollment still counts a goal until then
    converted_at: datetime | None = None
    revenue: float | None = None

    answer: dict[str, Any] | None = None  # what its step answered while the journey was paused
    drafted: dict[str, Any] = {}  # what a journey in shadow would have changed

    id: int | None = None
    ver: int = 0
    is_new: bool = False
    is_moved: bool = False  # the position changed: step, times, memory
    is_changed: bool = False  # the enrollment's own row changed: left, converted

    @property
    def is_running(self) -> bool:
        return self.left_at is None
