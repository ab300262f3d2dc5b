"""A contact: the person a journey is about, as known at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct, field

from engine.model.proof import Proof

#: An answer about a topic: yes, no, or a yes that is still to be confirmed (double opt-in).
ASKED: Final = "asked"
Answer = bool | Literal["asked"]

#: What every contact has; every other name is an attribute (language.md §1).
BUILT_IN = ("id", "email", "phone", "timezone", "locale", "stage", "created_at")


class Contact(Struct, frozen=True):
    """One person, changed by `msgspec.structs.replace`: one is made for every advance, and a frozen dataclass
    takes twelve times as long. `topics` holds what was said (true, false, or "asked" where a yes is to be
    confirmed) and nothing for topics never spoken of; `consents` the channels a yes or no was stated for;
    `suppressed` a reason per blocked channel. `proof` belongs to what is told of a contact, never to what is
    known of it.
    """

    id: str
    email: str | None = None
    phone: str | None = None
    timezone: str | None = None
    locale: str | None = None
    stage: str | None = None
    created_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    topics: Mapping[str, Answer] = field(default_factory=dict)
    consents: Mapping[str, bool] = field(default_factory=dict)
    suppressed: Mapping[str, str] = field(default_factory=dict)
    paused_until: datetime | None = None  # the contact wants no marketing before
    proof: Proof | None = None

    def told(self, news: Contact) -> Contact:
        """This contact after somebody told more: what is newly said wins, what is not spoken of stays."""
        return Contact(
            self.id,
            news.email if news.email is not None else self.email,
            news.phone if news.phone is not None else self.phone,
            news.timezone if news.timezone is not None else self.timezone,
            news.locale if news.locale is not None else self.locale,
            news.stage if news.stage is not None else self.stage,
            news.created_at if news.created_at is not None else self.created_at,
            {**self.attributes, **news.attributes},
            {**self.topics, **news.topics},
            {**self.consents, **news.consents},
            {**self.still_suppressed(news), **news.suppressed},
            news.paused_until if news.paused_until is not None else self.paused_until,
        )

    def still_suppressed(self, news: Contact) -> Mapping[str, str]:
        """An address that bounced says nothing of the next one; what was somebody's will stays."""
        if not self.suppressed:
            return self.suppressed
        moved = {"email"} if _is_other(self.email, news.email) else set()
        moved |= {"sms", "whatsapp"} if _is_other(self.phone, news.phone) else set()
        gone = {channel for channel in moved if self.suppressed.get(channel) in _OF_THE_ADDRESS}
        return {channel: why for channel, why in self.suppressed.items() if channel not in gone}


#: Reasons of suppression that are about an address, not about the person.
_OF_THE_ADDRESS = ("hard_bounce", "soft_bounces")


def _is_other(known: str | None, told: str | None) -> bool:
    return known is not None and told is not None and known.casefold() != told.casefold()
