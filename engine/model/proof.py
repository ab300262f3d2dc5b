"""What shows that somebody said yes or no: where and when it was, and to which words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct, field

#: How they stand where a contact is written as JSON, YAML or the row of a table.
KEYS: Final = ("consent_source", "consent_at", "consent_text", "consent_confirmed_at", "consent_proof")

State = Literal["yes", "no", "asked"]


class Proof(Struct, frozen=True):
    """Told with a contact's topics and channels, for the record alone. `wording` names the version of the
    text that was agreed to; `confirmed_at` is when the person answered a mail there (double opt-in)."""

    source: str | None = None
    at: datetime | None = None
    wording: str | None = None
    confirmed_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Said(Struct, frozen=True):
    """One statement for the record: of a channel, or of a topic (`*`: all of them)."""

    channel: str | None
    topic: str | None
    state: State
    source: str
    at: datetime
    wording: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
