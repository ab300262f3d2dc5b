"""Preview: one message as one contact would read it, rendered from the values that a release would keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.calendar.zones import zone_of
from engine.conditions.products import product_of
from engine.core.release import message_id, values_of
from engine.errors import RefusedError, UsageError
from engine.language.catalog import Catalog
from engine.model.channels import address_of
from engine.model.contact import Contact
from engine.model.message import Message
from engine.model.position import Enrollment
from engine.model.result import SendMessage, TakeCoupon
from engine.model.spelling import did_you_mean
from engine.model.stock import CODE, NAME, NO_STOCK, Stock, made_up_code
from engine.model.view import View
from engine.service.letters import Letters
from engine.service.versions import Version


def step_of_message(version: Version, name: str) -> str:
    """The send step meant by a message: its file beside the journey, or the id of the step. UsageError."""
    if name in version.sources:
        return name
    for step, source in version.sources.items():
        if source.name == name:
            return step
    names = sorted({*version.sources, *(source.name for source in version.sources.values())})
    listed = f"Its messages: {', '.join(names)}." if names else "It sends no message."
    raise UsageError(f"{version.journey.id} sends no message `{name}`.{did_you_mean(name, names)}", listed)


def preview(
    version: Version,
    step: str,
    contact: Contact,
    trigger: Mapping[str, Any],
    catalog: Catalog,
    now: datetime,
    stock: Stock = NO_STOCK,
) -> Message:
    """The message of a send step as release would keep it for this contact; no sending rule is asked."""
    zone = zone_of(version.journey.zone, contact.timezone, catalog.timezone)[0]
    enrollment = Enrollment(version.journey.id, version.journey.version, "", now, trigger, now)
    view = View(contact, now, zone, {}, version.journey.id, step, trigger=trigger, stock=stock)
    view.product_id = version.journey.product_id
    _name(version, enrollment, view)
    send = _send(version, step, view)
    return Message(
        contact_id=contact.id,
        journey=version.journey.id,
        version=version.journey.version,
        step=step,
        iteration="",
        channel=send.channel,
        state="draft",
        reason=None,
        at=now,
        to=(send.to if send.to is not None else address_of(contact, send.channel)) or None,
        message_id=message_id(enrollment, contact, step, Letters.domain_of(catalog)),
        topic=send.topic,
        transactional=send.transactional or send.is_to_staff,
        values=values_of(contact, enrollment, send, product_of(view), stock),
        zone=version.journey.zone or "contact",
    )


def _name(version: Version, enrollment: Enrollment, view: View) -> None:
    """What steps before a message name, as far as they can be asked here; codes are made up."""
    for id, step in version.journey.steps.items():
        if step.asks_stock:
            result = step.run(view)
            memory = dict(result.remember or {})
            for effect in result.effects:
                if isinstance(effect, TakeCoupon):
                    memory = {NAME: effect.name, CODE: made_up_code(effect.pool, 1)}
            enrollment.steps[id] = memory


def _send(version: Version, step: str, view: View) -> SendMessage:
    for effect in version.journey.steps[step].run(view).effects:
        if isinstance(effect, SendMessage):
            return effect
    raise RefusedError(f"the step `{step}` sends nothing to this contact")
