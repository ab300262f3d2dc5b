"""Alarms: a journey whose mail comes back is paused and says why; work that is overdue is said aloud."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.core.alarm import AlarmLimits, alarm
from engine.errors import RefusedError
from engine.service.operating import hold
from engine.service.running import Running
from engine.store.database import Store

log = logging.getLogger(__name__)

#: Told to people besides the log; answers nothing.
Tell = Callable[[str], None]


@dataclass(slots=True)
class Watch:
    """`once` looks; what it said is said again only after it was well meanwhile."""

    store: Store
    running: Callable[[], Running]
    limits: AlarmLimits
    tell: Tell = log.error
    _is_late: bool = False

    def once(self, now: datetime) -> None:
        """Look at what came back, and at what is overdue."""
        self._watch_outcomes(now)
        self._watch_lateness(now)

    def _watch_outcomes(self, now: datetime) -> None:
        tallies = self.store.tallies(now - self.limits.within)
        for journey, tally in sorted(tallies.items()):
            why = alarm(tally.tried, tally.bounced, tally.complained, self.limits)
            if why is not None and self._may_pause(journey):
                self._pause(journey, why, now)

    def _may_pause(self, journey: str) -> bool:
        """What somebody holds already is in their hands."""
        return any(
            record.id == journey and record.held is None and record.standing in ("live", "stopping")
            for record in self.store.journeys()
        )

    def _pause(self, journey: str, why: str, now: datetime) -> None:
        try:
            hold(self.store, self.running(), journey, "paused", f"an alarm: {why}", now)
        except RefusedError:  # somebody was quicker
            return
        self.tell(
            f"{journey} is paused: {why}. Find out why (`journeys failures`), "
            f"then `journeys resume {journey}`."
        )

    def _watch_lateness(self, now: datetime) -> None:
        due = self.store.next_due()
        is_late = due is not None and now - due > self.limits.late
        if is_late and not self._is_late and due is not None:
            minutes = int((now - due).total_seconds() // 60)
            self.tell(
                f"waits are overdue: something was due {minutes} minutes ago and is not done. The daemon is "
                "behind, or the database is slow; see docs/operate.md."
            )
        elif self._is_late and not is_late:
            self.tell("waits are on time again")
        self._is_late = is_late
