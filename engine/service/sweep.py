"""Sweeping: what is kept for a time only is forgotten, in small pages that hold up nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.store.database import Store

_EVERY = timedelta(hours=1)
_PAGE = 2_000
_TALLIES = timedelta(days=31)


@dataclass(slots=True)
class Sweep:
    """`once` sweeps at most once an hour."""

    store: Store
    keep_trace: timedelta
    _swept_at: datetime | None = None

    def once(self, now: datetime) -> int:
        """How many rows of traces were forgotten."""
        if self._swept_at is not None and self._swept_at <= now < self._swept_at + _EVERY:
            return 0
        self._swept_at = now
        with self.store.page("sweep") as page:
            page.drop_tallies(now, _TALLIES)
        return self._drop_traces(now - self.keep_trace)

    def _drop_traces(self, before: datetime) -> int:
        dropped = 0
        while True:
            with self.store.page("sweep") as page:
                these = page.drop_traces(before, _PAGE)
            dropped += these
            if these < _PAGE:
                return dropped
