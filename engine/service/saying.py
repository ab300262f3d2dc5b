"""Saying for a contact what they want from now on: topics, channels, a pause, a language.

It comes in as an identify, through the same door as everything else, so that exits, conditions and
`contact why` see it, and the record of consent keeps where it was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from engine.intake.lines import Identified
from engine.model.contact import Contact
from engine.model.proof import Proof


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person said; what is not spoken of stays as it is."""

    topics: Mapping[str, bool] = field(default_factory=dict)
    channels: Mapping[str, bool] = field(default_factory=dict)
    paused_until: datetime | None = None
    locale: str | None = None


def leaving(contact: Contact, topic: str | None) -> Wish:
    """No to one topic, or to everything: that also takes back every yes to a single topic."""
    return Wish(topics=dict.fromkeys((topic,) if topic is not None else (*contact.topics, "*"), False))


def saying(contact: str, wish: Wish, source: str, now: datetime, proof: Proof | None = None) -> Identified:
    """The item that says it. Said twice in one instant it is the same."""
    traits = Contact(
        contact,
        locale=wish.locale,
        topics=wish.topics,
        consents=wish.channels,
        paused_until=wish.paused_until,
        proof=proof,
    )
    said: tuple[Any, ...] = (contact, wish, source, now.isoformat())
    once = sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Identified(f"said-{once}", contact, now, now, traits, source)
