"""What holds for every journey of an installation: topics, limits, defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from engine.model.duration import Duration

Consent = Literal["opt_in", "double_opt_in", "opt_out", "none"]


@dataclass(frozen=True, slots=True)
class Topic:
    """opt_in needs a yes, double_opt_in one that was confirmed, opt_out is allowed until a no, none is
    transactional."""

    id: str
    name: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message comes from."""

    id: str
    address: str  # "Example Shop <hello@shop.example>"
    reply_to: str | None = None
    postal_address: str | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` marketing messages to one contact in any window so long.

    Of one channel, of one topic, or, where both are None, of all.
    """

    most: int
    per: Duration
    channel: str | None = None
    topic: str | None = None

    def __str__(self) -> str:
        """As config.yaml says it: `email: 3 per 7 days`."""
        whose = f"topic {self.topic}" if self.topic else self.channel or "all"
        return f"{whose}: {self.most} per {self.per}"


@dataclass(frozen=True, slots=True)
class Policy:
    """Topics and defaults come from the catalog as applied, limits from the config."""

    topics: Mapping[str, Topic] = field(default_factory=dict)
    default_zone: str | None = None
    late_after: timedelta = timedelta(hours=24)  # an older event triggers nothing
    misfire_grace: timedelta = timedelta(hours=1)  # a schedule that was missed for longer is not made up
    max_lateness: timedelta = timedelta(hours=72)  # a later message is dropped
    squeeze_after: timedelta = timedelta(
        hours=1
    )  # a daemon later than this counts arrivals from the real time
    early: timedelta = timedelta(minutes=5)  # an event from further ahead counts as of its receipt
    entries_per_day: int = 20  # more, per contact and journey, is a loop
    caps: tuple[Cap, ...] = ()
    retry_within: timedelta = timedelta(hours=24)  # a capped message that cannot leave by then is dropped
