"""Retry: when a deferred message is tried again, and when we give up. Decided as data."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.steps.chance import chance

_FIRST = timedelta(minutes=5)
_GROWTH = 1.5
_LONGEST = timedelta(hours=6)
_GIVE_UP = timedelta(days=4)
_RELAY_FIRST = timedelta(seconds=30)
_RELAY_LONGEST = timedelta(minutes=10)


def next_try(released_at: datetime, attempts: int, message_id: str, now: datetime) -> datetime | None:
    """5 minutes × 1.5ⁿ with jitter, at most 6 hours apart; None after 4 days from the release."""
    wait = min(_FIRST * float(_GROWTH ** max(attempts - 1, 0)), _LONGEST)
    at = now + wait * (1 + 0.2 * chance("retry", message_id, str(attempts)))  # greylists want five minutes
    return at if at <= released_at + _GIVE_UP else None


def relay_pause(faults: int) -> timedelta:
    """How long a relay that refuses is left alone: 30 seconds, doubling up to 10 minutes."""
    return min(_RELAY_FIRST * int(2 ** min(max(faults - 1, 0), 10)), _RELAY_LONGEST)
