"""Release: a send step is reached, and the message becomes a row of the outbox, is held, or is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from engine.conditions.products import product_of
from engine.core.caps import hold_by_caps
from engine.core.case import Case, TraceEntry, World
from engine.core.named import named_values
from engine.core.permit import Drop, Go, Hold, lateness_limit, permit
from engine.core.standing import is_performed
from engine.core.tell import tell
from engine.model.channels import address_of
from engine.model.contact import BUILT_IN, Contact
from engine.model.event import RELEASED, SENT
from engine.model.journey import Journey, Step
from engine.model.message import Message, Sent, State
from engine.model.position import Enrollment
from engine.model.result import Leave, SendMessage
from engine.model.stock import NO_STOCK, Product, Stock
from engine.model.trace import Did, TraceLine
from engine.model.view import View

#: What release keeps for the template, as far as it is read.
_KEPT = frozenset({"contact", "trigger", "with", "step", "journey", "product"})
_NO_TIME = timedelta(0)


def release(
    case: Case,
    world: World,
    journey: Journey,
    enrollment: Enrollment,
    step: Step,
    send: SendMessage,
    view: View,
    real: datetime,
) -> Hold | Leave | None:
    """The checks of language.md §6 in their order. None: the enrollment goes on.

    `real` is the time on the wall, for lateness; `view.now` is the logical instant.
    """
    for rule in journey.exits:
        if rule.when is not None and rule.when.holds(view):
            return Leave("exit", detail=rule.text)
    if step.when is not None and not step.when.holds(view):
        enrollment.capped_at = None
        _keep(case, world, journey, enrollment, step, send, view, Drop("when", step.when.text))
        return None
    owed_at = min(at for at in (enrollment.owed_at, enrollment.arrived_at, view.now) if at is not None)
    late_by = real - owed_at
    permission = permit(send, view.contact, world.policy, view.zone, real, max(late_by, _NO_TIME))
    if isinstance(permission, Go):
        permission = hold_by_caps(case, world, journey, enrollment, send, view.now) or permission
    if not isinstance(permission, Hold):
        enrollment.capped_at = None
    match permission:
        case Go(to):
            message = _keep(case, world, journey, enrollment, step, send, view, None, to)
            if message.state == "ready":
                message.late_at = owed_at + lateness_limit(send, world.policy)
            if not send.is_to_staff:  # no message to the contact: nothing that a goal could count from
                _remember(case, world, enrollment, message)
            return None
        case Hold():
            return permission
        case Drop():
            _keep(case, world, journey, enrollment, step, send, view, permission)
            return Leave("exit", detail=f"on_skip: {permission.reason}") if send.exit_on_skip else None


#: What the trace says of a message, by its state at release.
_DID: Mapping[State, Did] = {
    "ready": "sent",
    "draft": "drafted",
    "held_out": "held_out",
    "dropped": "dropped",
}


def _state(is_kept: bool, is_held_out: bool, is_performed: bool) -> State:
    """A held-out contact is held out in shadow as well."""
    if not is_kept:
        return "dropped"
    if is_held_out:
        return "held_out"
    return "ready" if is_performed else "draft"


def _remember(case: Case, world: World, enrollment: Enrollment, message: Message) -> None:
    """For goals, which a held-out contact reaches by the would-be message; for caps and conditions, if it
    really goes out. Those who listen hear of it when the step has blocked."""
    enrollment.sent_at.append(message.at)
    if message.state != "ready":
        return
    m = message
    case.sent.append(Sent(m.at, m.journey, m.step, m.channel, m.topic, not m.transactional))
    if RELEASED in world.heard:
        case.crossed.append(m.journey)
    if SENT in world.heard:
        source = f"{m.step}/{m.iteration}"
        tell(case, SENT, properties_of(m), m.at, source=source, enrollment=enrollment)


def properties_of(message: Message) -> dict[str, Any]:
    """What the events about a message say of it."""
    m = message
    return {"journey": m.journey, "step": m.step, "topic": m.topic, "channel": m.channel}


def _keep(
    case: Case,
    world: World,
    journey: Journey,
    enrollment: Enrollment,
    step: Step,
    send: SendMessage,
    view: View,
    drop: Drop | None,
    to: str | None = None,
) -> Message:
    """Write the message down, whatever became of it, with a trace and a count."""
    contact, is_kept = view.contact, drop is None
    is_held_out = is_kept and enrollment.is_held_out and not send.is_to_staff
    state = _state(is_kept, is_held_out, is_performed(journey))
    message = Message(
        contact_id=contact.id,
        journey=enrollment.journey,
        version=journey.version,
        step=step.id,
        iteration=enrollment.iteration,
        channel=send.channel,
        state=state,
        reason=None if drop is None else drop.reason,
        at=view.now,
        to=to or (send.to if send.to is not None else address_of(contact, send.channel)),
        message_id=message_id(enrollment, contact, step.id, world.message_domain),
        topic=send.topic,
        transactional=send.transactional or send.is_to_staff,
        values=_values(contact, enrollment, send, view) if state in ("ready", "draft") else {},
        quiet_hours=None if send.is_to_staff else send.quiet_hours,
        zone=journey.zone or "contact",
        entry_key=enrollment.entry_key,
    )
    case.messages.append((enrollment, message))
    did = _DID[state]
    why = (
        send.channel
        if drop is None
        else (drop.reason if not drop.detail else f"{drop.reason}: {drop.detail}")
    )
    case.traces.append(TraceEntry(enrollment.journey, enrollment, TraceLine(view.now, step.id, did, why)))
    case.count(enrollment.journey, step.id, did if drop is None else f"dropped:{drop.reason}")
    return message


def _values(contact: Contact, enrollment: Enrollment, send: SendMessage, view: View) -> Mapping[str, Any]:
    return values_of(contact, enrollment, send, product_of(view), view.stock)


def message_id(enrollment: Enrollment, contact: Contact, step: str, domain: str) -> str:
    """Derived from what makes the message unique, not from row numbers: the same in a run that crashed."""
    e = enrollment
    entry = f"{e.journey}\x1f{contact.id}\x1f{e.entry_key}\x1f{e.serial}\x1f{e.entered_at.isoformat()}"
    key = f"{entry}\x1f{step}\x1f{e.iteration}"
    return f"{blake2b(key.encode(), digest_size=16).hexdigest()}@{domain}"


def values_of(
    contact: Contact,
    enrollment: Enrollment,
    send: SendMessage,
    product: Product | None = None,
    stock: Stock = NO_STOCK,
) -> Mapping[str, Any]:
    """What the template reads, and only that, as it is at this moment; instants as text.

    Under "_" stands what rendering needs besides: the contact's language and zone.
    """
    setting: dict[str, Any] = {"locale": contact.locale, "timezone": contact.timezone}
    if send.is_to_staff:
        setting["staff"] = True
    others: dict[str, Any] = {
        "trigger": enrollment.trigger,
        "with": send.with_values,
        "step": enrollment.steps,
        "journey": {"id": enrollment.journey, "step": send.message},
    }
    if product is not None:
        others["product"] = product
    named = named_values(enrollment.steps, stock) if enrollment.steps else {}
    if send.reads is None:
        others |= named
        return {"contact": contact_values(contact), **others, "_": setting}
    kept: dict[str, Any] = {"_": setting}
    for path in _paths_with_values(send.reads):
        _copy(_contact_for(contact, path) if path[0] == "contact" else others, path, kept)
    for path in sorted(path for path in send.reads if path[0] in named) if named else ():
        _copy(named, path, kept)
    return kept


@lru_cache(maxsize=1024)
def _paths_with_values(reads: frozenset[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Without what rendering itself brings along, such as links and the sender."""
    return tuple(sorted(path for path in reads if path[0] in _KEPT))


def _contact_for(contact: Contact, path: tuple[str, ...]) -> Mapping[str, Any]:
    """As much of the contact as a path asks for: of thousands of messages each asks for a name or two."""
    if len(path) > 1 and path[1] not in BUILT_IN:
        return {"contact": contact.attributes}
    return {"contact": contact_values(contact)}


def contact_values(contact: Contact) -> Mapping[str, Any]:
    """The contact as templates see it; built-in fields win over attributes of the same name."""
    built_in = {name: getattr(contact, name) for name in BUILT_IN}
    if contact.created_at is not None:
        built_in["created_at"] = contact.created_at.isoformat()
    return {**contact.attributes, **built_in}


def _copy(source: Mapping[str, Any], path: tuple[str, ...], target: dict[str, Any]) -> None:
    """Copy what a path leads to; a value that is missing stays missing."""
    value: Any = source
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return
        value = value[part]
    for part in path[:-1]:
        inner = target.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        target = inner
    existing = target.get(path[-1])
    if not isinstance(existing, dict) or not isinstance(value, Mapping):
        target[path[-1]] = value
    else:
        target[path[-1]] = {**existing, **value}
