"""An event: something a contact did, with the instant it happened and the instant we heard of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: Stands among the events that a condition reads for the messages released to the contact, which are none.
RELEASED = "$released"

#: The name under which what a shop said of a contact stands among the events, because its message id counts
#: only once as well; no journey can name it.
IDENTIFY = "$identify"

#: The event that tells of a release; it happens only while somebody listens to it.
SENT = "Message Sent"


@dataclass(frozen=True, slots=True)
class Event:
    """History counts by `at`; journeys move at `received_at`. `message_id` is unique for ever."""

    message_id: str
    contact_id: str
    name: str
    at: datetime
    received_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)
