"""What a key of the admin API may be allowed to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

#: Each with what it allows, in words.
SCOPES: Final[Mapping[str, str]] = {
    "contacts:read": "look at contacts, at all that is known of them, and why they got messages or not",
    "contacts:write": "make and change contacts",
    "contacts:erase": "erase contacts, for ever",
    "events:write": "tell of events",
    "journeys:read": "look at journeys and their figures",
    "journeys:write": "pause, resume, drain and stop journeys",
    "enrollments:write": "let contacts enter and leave journeys",
    "messages:read": "look at the outbox",
    "suppressions:read": "look at the addresses to which nothing goes",
    "suppressions:write": "suppress addresses, and let them go again",
}

#: Stands for all of them, those of later releases too.
EVERYTHING: Final = "all"


def allows(scopes: Collection[str], wanted: str) -> bool:
    """Whether a key with these scopes may do that."""
    return wanted in scopes or EVERYTHING in scopes
