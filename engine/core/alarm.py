"""Alarms: how many of a journey's messages may come back before it must send no more. Decided as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """`bounces` and `complaints` are shares of the messages tried `within` so long, once there are `at_least`
    so many. Gmail and Yahoo ask bulk senders to stay under 0.3 % of complaints. `late`: how long something
    due may wait for the walker.
    """

    bounces: float = 0.05
    complaints: float = 0.003
    at_least: int = 200
    within: timedelta = timedelta(hours=24)
    late: timedelta = timedelta(minutes=15)


def alarm(tried: int, bounced: int, complained: int, limits: AlarmLimits) -> str | None:
    """Why the journey must stop; None while all is well. A limit that is reached is passed."""
    if tried < limits.at_least:
        return None
    for count, most, words in (
        (complained, limits.complaints, "were complained about"),
        (bounced, limits.bounces, "bounced"),
    ):
        if count and count >= most * tried:
            shares = f"{_percent(count / tried)} (limit {_percent(most)})"
            return f"{count:,} of {tried:,} messages {words}, {shares}"
    return None


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
