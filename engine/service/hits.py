"""Hits: what a followed link or the dot of a mail means when it is asked for, by a person or by a machine."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from engine.core.release import properties_of
from engine.errors import RenderError
from engine.messages.tracked import followed_links
from engine.model.event import Event
from engine.model.message import Message
from engine.service.machines import is_machine
from engine.service.running import Running
from engine.store.database import Store
from engine.store.outbox import OutboxItem

What = Literal["opened", "clicked"]

_EVENTS = {"opened": "Message Opened", "clicked": "Message Clicked"}
#: What machines do is kept, under a name that no condition on opens and clicks reads.
_BY_MACHINE = "Message Scanned"


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody, or something, opened or clicked."""

    address: str  # where the link leads; empty for an open
    event: Event


def hit(
    store: Store,
    running: Running,
    what: What,
    found: tuple[int, int],
    user_agent: str,
    marks: Collection[str],
    now: datetime,
) -> Hit | None:
    """What a good token means now; None where the message or what made it is gone."""
    message, number = found
    item = store.message(message)
    if item is None:
        return None
    address = "" if what == "opened" else _address_of(running, item.message, number)
    if address is None:
        return None
    return Hit(address, _event(item, what, number, address, user_agent, marks, now))


def _address_of(running: Running, message: Message, number: int) -> str | None:
    """Where the link of that number leads, from the mail made again."""
    version = running.version(message.journey, message.version)
    follower = running.letters.follower
    if version is None or follower is None:
        return None
    try:
        page = running.letters.content(message, version).html or ""
    except RenderError:
        return None
    links = followed_links(page, follower.base)
    return links[number] if number < len(links) else None


def _event(
    item: OutboxItem,
    what: What,
    number: int,
    address: str,
    user_agent: str,
    marks: Collection[str],
    now: datetime,
) -> Event:
    """Told once: a message is opened once, and each of its links is clicked once, however often it is."""
    message = item.message
    properties = properties_of(message)
    properties |= {"link": address} if what == "clicked" else {}
    id = f"{what}-{number}-{message.message_id}"
    name = _EVENTS[what]
    if is_machine(user_agent, (now - item.changed_at).total_seconds(), marks):
        id, name = f"scanned-{id}", _BY_MACHINE
        properties |= {"what": what}
    return Event(id, message.contact_id, name, now, now, properties)
