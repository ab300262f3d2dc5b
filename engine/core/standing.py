"""How a journey stands: what its status, a command and its dates allow. Everybody who decides asks here.

The file says a status, a command may hold the journey besides, and of both the stricter holds: nobody moves
if either says paused, nobody enters if either says stopping, and shadow stays shadow.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from engine.calendar.instants import write_instant
from engine.model.journey import Held, Journey, NoEntry, Status

#: From what lets people do the most to what lets them do the least; a draft never ran at all.
_STRICTER: Final[tuple[Status, ...]] = ("live", "shadow", "stopping", "paused", "stopped", "draft")


def strictest(status: Status, held: Held | None) -> Status:
    """The one word for both."""
    return status if held is None else max(status, held, key=_STRICTER.index)


def is_frozen(journey: Journey) -> bool:
    """Whether people stay where they stand and entries are kept."""
    return "paused" in (journey.status, journey.held)


def is_performed(journey: Journey) -> bool:
    """Whether its effects happen: the one place that tells performed from drafted.

    In shadow, whatever has consequences outside of the enrollment is written down and not done.
    """
    return journey.status != "shadow"


def over_since(journey: Journey, at: datetime, real: datetime) -> datetime | None:
    """The instant at which those inside leave: now in a journey that was stopped, otherwise the end of one
    whose `ends` stops them, once it has passed on the wall's clock."""
    if "stopped" in (journey.status, journey.held):
        return at
    if journey.stops_inside and journey.ends_at is not None and journey.ends_at <= real:
        return max(at, journey.ends_at)
    return None


def not_after_the_end(journey: Journey, at: datetime) -> datetime:
    """No wait lasts longer than a journey whose end makes those inside leave."""
    return at if not journey.stops_inside or journey.ends_at is None else min(at, journey.ends_at)


def closed_to_all(journey: Journey, at: datetime) -> NoEntry | None:
    """Why nobody enters now, whoever it is. A pause is no such reason: it keeps entries."""
    for status in ("stopped", "stopping"):
        if status in (journey.status, journey.held):
            return NoEntry(status)
    if journey.starts_at is not None and at < journey.starts_at:
        return NoEntry("not_started", f"the journey starts at {write_instant(journey.starts_at)}")
    if journey.ends_at is not None and at >= journey.ends_at:
        return NoEntry("ended", f"the journey ended at {write_instant(journey.ends_at)}")
    return None
