"""What holds for every journey of an installation: topics, limits, defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Consent = Literal["opt_in", "opt_out", "none"]


@dataclass(frozen=True, slots=True)
class Topic:
    """opt_in needs a yes, opt_out is allowed until a no, none is transactional."""

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
class Policy:
    """Topics and defaults come from the catalog as applied, limits from the config."""

    topics: Mapping[str, Topic] = field(default_factory=dict)
    default_zone: str | None = None
    late_after: timedelta = timedelta(hours=24)  # an older event triggers nothing
    max_lateness: timedelta = timedelta(hours=72)  # a later message is dropped
    squeeze_after: timedelta = timedelta(
        hours=1
    )  # a daemon later than this counts arrivals from the real time
    early: timedelta = timedelta(minutes=5)  # an event from further ahead counts as of its receipt
    entries_per_day: int = 20  # more, per contact and journey, is a loop
