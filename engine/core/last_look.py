"""The last look: just before DATA the world is asked once more. It never moves the enrollment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.calendar.quiet import quiet_until
from engine.calendar.zones import zone_of
from engine.core.permit import Drop, Go, Hold, Permission, object_to, span_of
from engine.model.contact import Contact
from engine.model.journey import Status
from engine.model.message import Message
from engine.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Rest:
    """Not until its journey goes on."""

    reason: str


def look_again(
    message: Message,
    contact: Contact,
    policy: Policy,
    left_reason: str | None,
    attempts: int,
    now: datetime,
    standing: Status = "live",
) -> Permission | Rest:
    """Left (but not completed), suppression, consent, lateness (until the first attempt), quiet hours.

    `standing` is of the journey, the stricter of file and command. One that was stopped sends nothing more,
    not even to those who had completed it; while it is paused, its messages rest.
    """
    if standing == "stopped":
        return Drop("left", "stopped")
    if left_reason is not None and left_reason != "completed":
        return Drop("left", left_reason)
    if standing == "paused":
        return Rest("paused")
    is_to_staff = message.is_to_staff
    if not is_to_staff:
        objection = object_to(
            contact, policy, message.channel, message.topic, now, transactional=message.transactional
        )
        if objection is not None:
            return objection
    if attempts == 0 and message.late_at is not None and now > message.late_at:
        return Drop("too_late", "")
    if message.quiet_hours is not None:
        name = None if message.zone == "contact" else message.zone
        zone = zone_of(name, contact.timezone, policy.default_zone)[0]
        until = quiet_until(now, span_of(message.quiet_hours), zone)
        if until is not None:
            return Hold(until, "quiet_hours")
    return Go(message.to or "")
