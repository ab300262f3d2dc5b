"""A length of time as a marketer wrote it: calendar units and exact seconds kept apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Duration:
    """Months and days are calendar units (RFC 5545 3.3.6), seconds are exact.

    Years are 12 months, weeks 7 days, hours and minutes are seconds. Applied largest unit first.
    """

    months: int
    days: int
    seconds: int
    text: str  # as written, for people

    def __str__(self) -> str:
        return self.text
