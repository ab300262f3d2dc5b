"""A contact: the person a journey is about, as known at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: What every contact has; every other name is an attribute (language.md §1).
BUILT_IN = ("id", "email", "phone", "timezone", "locale", "stage", "created_at")


@dataclass(frozen=True, slots=True)
class Contact:
    """One person. `topics` holds what was said (true or false) and nothing for topics never spoken of;
    `consents` the channels a yes or no was stated for; `suppressed` a reason per blocked channel."""

    id: str
    email: str | None = None
    phone: str | None = None
    timezone: str | None = None
    locale: str | None = None
    stage: str | None = None
    created_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    topics: Mapping[str, bool] = field(default_factory=dict)
    consents: Mapping[str, bool] = field(default_factory=dict)
    suppressed: Mapping[str, str] = field(default_factory=dict)
