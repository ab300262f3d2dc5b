"""A shop for tests of the service: journeys as texts, a real store, a daemon on a clock that tests move."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.channels.capture import CaptureChannel
from engine.channels.email import SmtpChannel, SmtpSettings, Timeouts
from engine.intake.lines import Identified
from engine.language.workspace import Workspace, read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.message import Channel
from engine.model.policy import Policy
from engine.service.applying import ApplyReport, apply
from engine.service.daemon import Daemon
from engine.service.running import Running, load_running
from engine.service.take import Item, take
from engine.store.database import Store
from engine.store.outbox import OnUnsure, OutboxItem

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday, 09:00 in Zürich

CATALOG = """\
contact: { n: number, nick: text, tags: list, born: date }
events: { A: { n: number, key: text }, B: { n: number }, C: { n: number }, Order: { total: number } }
topics:
  news: { name: News, consent: opt_out }
  offers: { name: Offers, consent: opt_in }
senders: { shop: { from: "Shop <hello@shop.example>" } }
defaults: { sender: shop, timezone: Europe/Zurich, locale: en }
"""

HEADER = """\
dsl: 1
journey: {id}
status: {status}
owner: o@shop.example
"""


def journey(id: str, body: str, status: str = "live") -> str:
    """A journey file without repeating its header."""
    return HEADER.format(id=id, status=status) + body


class Clock:
    """Goes where it is told, also back."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def go(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@dataclass
class Shop:
    """Files, a store and a clock. Every door of the service that a test needs is one short word here."""

    store: Store
    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    limits: Policy = field(default_factory=Policy)
    taken: int = 0
    _daemons: list[Daemon] = field(default_factory=list)

    def close(self) -> None:
        """End the daemons, whose connections live as long as they do."""
        for daemon in self._daemons:
            daemon.end()

    def write(self, **texts: str) -> Workspace:
        """Journeys by id with `_` for `-`; `catalog` and `segments` are those files. Empty text deletes."""
        self.files.setdefault("journeys/catalog.yaml", CATALOG.encode())
        for name, text in texts.items():
            path = f"journeys/{name.replace('_', '-')}.yaml"
            if text:
                self.files[path] = text.encode()
            else:
                self.files.pop(path, None)
        return read_workspace(self.files)

    def apply(self, **texts: str) -> ApplyReport:
        workspace = self.write(**texts)
        return apply(self.store, workspace, self.files, self.limits, None, None, self.clock.now())

    def running(self) -> Running:
        return load_running(self.store, self.limits, None)

    def daemon(self, channel: Channel | None = None, on_unsure: OnUnsure = "resend") -> Daemon:
        """Not begun: it holds no lease, and a test may have several."""
        channel = channel or CaptureChannel(self.folder / "captured")
        daemon = Daemon(self.store, channel, self.limits, None, on_unsure, self.clock)
        self._daemons.append(daemon)
        return daemon

    def event(self, name: str, contact: str = "ada", /, **properties: Any) -> Event:
        self.taken += 1
        now = self.clock.now()
        return Event(f"m{self.taken}", contact, name, now, now, properties)

    def told(self, contact: str = "ada", /, **said: Any) -> Identified:
        """What the shop says of a contact; an address unless something else is said."""
        self.taken += 1
        said.setdefault("email", f"{contact}@shop.example")
        now = self.clock.now()
        return Identified(f"m{self.taken}", contact, now, now, Contact(contact, **said))

    def take(self, *items: Item) -> None:
        take(self.store, self.running(), items, self.clock.now())

    def does(self, name: str, contact: str = "ada", /, **properties: Any) -> None:
        self.take(self.event(name, contact, **properties))

    def known(self, *contacts: str, **said: Any) -> None:
        """Contacts with an address."""
        self.take(*(self.told(contact, **said) for contact in contacts or ("ada",)))

    def outbox(self, contact: str | None = None) -> list[OutboxItem]:
        """Oldest first."""
        return self.store.messages(contact=contact, limit=100_000)[::-1]

    def message(self, contact: str = "ada") -> OutboxItem:
        """The only one."""
        (item,) = self.outbox(contact)
        return item

    def states(self) -> list[tuple[str, str, str | None]]:
        """(step, state, reason), oldest first."""
        return [(m.message.step, m.message.state, m.message.reason) for m in self.outbox()]

    def did(self, contact: str = "ada") -> list[tuple[str, str]]:
        """(step, what was done) of every line of the trace."""
        return [(record.line.step, record.line.did) for record in self.store.traces(contact)]

    def stands_at(self, contact: str = "ada") -> list[str | None]:
        return [one.step for one in self.store.enrollments(contact) if one.is_running]


def smtp(port: int, connections: int = 1, **timeouts: float) -> SmtpChannel:
    """A channel to a server on this machine that waits for no more than a moment."""
    waits = dict.fromkeys(("connect", "banner", "ehlo", "mail", "rcpt", "data", "dot"), 1.5)
    waits |= {"quit": 0.5, "dot_at_least": 0.1, **timeouts}
    settings = SmtpSettings(
        "127.0.0.1", port, tls="none", connections=connections, timeouts=Timeouts(**waits), source_name="test"
    )
    return SmtpChannel(settings)


def each_minute(
    daemon: Daemon, clock: Clock, until: datetime, step: timedelta = timedelta(minutes=1)
) -> None:
    """Rounds of the daemon as the time passes."""
    while clock.at < until:
        clock.at = min(clock.at + step, until)
        daemon.until_idle()
