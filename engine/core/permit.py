"""The sending rules: may this message go to this contact now? Used at release and again just before DATA.

The order of the checks is language.md §6; the first that objects gives the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.calendar.clock_times import TimeSpan, read_span
from engine.calendar.quiet import quiet_until
from engine.model.channels import address_of
from engine.model.consent import is_subscribed, topic_answer
from engine.model.contact import Contact
from engine.model.policy import Policy
from engine.model.result import SendMessage


@dataclass(frozen=True, slots=True)
class Go:
    """Nothing objects."""

    to: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: try again then."""

    until: datetime
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """Never, with the reason."""

    reason: str
    detail: str = ""


Permission = Go | Hold | Drop


def permit(
    send: SendMessage, contact: Contact, policy: Policy, zone: ZoneInfo, now: datetime, late_by: timedelta
) -> Permission:
    """Address, suppression, consent, lateness, quiet hours. `late_by`: since the message first fell due."""
    address = send.to if send.to is not None else address_of(contact, send.channel)
    if not address:
        return Drop("no_address")
    if not send.is_to_staff:
        objection = object_to(
            contact, policy, send.channel, send.topic, now, transactional=send.transactional
        )
        if objection is not None:
            return objection
    if late_by > lateness_limit(send, policy):
        return Drop("too_late", f"{late_by} after it fell due")
    if send.quiet_hours is not None and not send.is_to_staff:
        until = quiet_until(now, span_of(send.quiet_hours), zone)
        if until is not None:
            return Hold(until, "quiet_hours")
    return Go(address)


def lateness_limit(send: SendMessage, policy: Policy) -> timedelta:
    """The message's own `max_lateness`, or the installation's."""
    if send.max_lateness_seconds is None:
        return policy.max_lateness
    return timedelta(seconds=send.max_lateness_seconds)


def object_to(
    contact: Contact, policy: Policy, channel: str, topic: str | None, now: datetime, *, transactional: bool
) -> Drop | None:
    """Suppression blocks everything; consent, topics and a pause block marketing."""
    if channel in contact.suppressed:
        return Drop("suppressed", contact.suppressed[channel])
    if transactional:
        return None
    # consent for e-mail follows from the topic; every other channel needs a yes of its own
    if contact.consents.get(channel, channel == "email") is False:
        return Drop("no_consent")
    if topic is not None and not is_subscribed(contact, policy.topics, topic):
        return Drop("unsubscribed" if topic_answer(contact, topic) is False else "not_subscribed", topic)
    if contact.paused_until is not None and now < contact.paused_until:
        return Drop("paused_by_contact", f"until {contact.paused_until:%Y-%m-%d %H:%M} UTC")
    return None


@lru_cache(maxsize=1024)
def span_of(text: str) -> TimeSpan:
    """The quiet hours of a text that was checked when the journey was read."""
    return read_span(text)
