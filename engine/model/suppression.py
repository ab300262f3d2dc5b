"""Suppression: an address to which nothing goes any more, with the reason; and how addresses are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from unicodedata import normalize

from engine.model.channels import address_of
from engine.model.consent import CHANNELS
from engine.model.contact import Contact

Reason = Literal["hard_bounce", "soft_bounces", "complaint", "manual", "erased"]

#: From the one that gives way to the one that stays, where an address is suppressed twice.
REASONS: Final[tuple[Reason, ...]] = ("soft_bounces", "hard_bounce", "manual", "complaint", "erased")

#: Channels whose addresses are people's.
SUPPRESSIBLE: Final = tuple(channel for channel in CHANNELS if channel != "chat")

#: What an erased person was called by the shop is kept like an address of this channel.
ID: Final = "id"

_NO_DIGIT: Final = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True)
class Suppression:
    """`address` as it was given; None where only a keyed hash is kept, which is so of the erased.

    `source` tells what put it there: `command`, `bounces`, `import`, `page` and the like.
    """

    channel: str
    address: str | None
    reason: Reason
    at: datetime
    source: str
    detail: str | None = None


def normalised(channel: str, address: str) -> str:
    """One text for all ways to write an address, as far as no provider's own rules are needed.

    Mail without regard to case, although a local part may tell them apart (RFC 5321 2.4): blocking one
    person too many is the smaller mistake. Domains in their ASCII form, phones as digits.
    """
    text = normalize("NFC", address).strip()
    match channel:
        case "email":
            local, at, domain = text.lower().rpartition("@")
            return f"{local}{at}{_ascii(domain)}"
        case "sms" | "whatsapp":
            return _NO_DIGIT.sub("", text.replace("(0)", "")).removeprefix("00")
        case _:
            return text


def _ascii(domain: str) -> str:
    try:
        return domain.rstrip(".").encode("idna").decode()
    except UnicodeError:
        return domain


def addresses_of(contact: Contact) -> dict[str, str]:
    """Where each channel that goes to people reaches the contact."""
    found = {channel: address_of(contact, channel) for channel in SUPPRESSIBLE}
    return {channel: address for channel, address in found.items() if address}


def stronger(reason: Reason, other: Reason) -> Reason:
    """Of two reasons the one that stays."""
    return max(reason, other, key=REASONS.index)


def as_reason(text: str) -> Reason:
    """A reason in somebody's words; what is not one of ours is the shop's own decision."""
    return next((reason for reason in REASONS if reason == text and reason != "erased"), "manual")
