"""Clocks: the wall's and one that only moves when it is told to. Everything else is handed its time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; `now` is aware UTC."""

    def now(self) -> datetime:
        """The time."""
        ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time on the wall."""
        return datetime.now(UTC)


class VirtualClock:
    """Stands still between one `set` and the next; never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def set(self, at: datetime) -> None:
        """Go on to an instant; an earlier one changes nothing."""
        self._now = max(self._now, at)
