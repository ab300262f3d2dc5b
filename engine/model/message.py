"""One thing to one contact: its source in the files, its row in the outbox, its content, its receipt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Protocol

from msgspec import Struct

State = Literal[
    "ready",  # released, waits for the sender
    "claimed",  # a sender has it in hand; safe to give back
    "in_data",  # recorded just before DATA: from here on a crash makes it unsure
    "sent",
    "deferred",  # the server said not now; tried again at next_try_at
    "bounced",
    "dropped",  # will never leave; `reason` says why
    "unsure",  # a crash or a broken line after DATA: the server may have it
    "failed",  # it could not be rendered; kept, retriable
    "held_out",
    "draft",
]

_HEADLINE: Final = 60

Kind = Literal["markdown", "html", "mjml", "text", "json"]  # text and json: for channels that are no mail


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a message. `data` is its content in Base64, since versions are plain JSON."""

    name: str
    type: str  # its media type
    data: str

    @property
    def size(self) -> int:
        """Bytes of the file itself."""
        return len(self.data) // 4 * 3 - self.data.count("=")


@dataclass(frozen=True, slots=True)
class MessageSource:
    """A message as its files say: front matter, body and the layout around it. Plain text throughout."""

    name: str  # the file's name without ending, or the step's id for an inline message
    kind: Kind
    subject: str
    body: str
    preheader: str | None = None
    sender: str | None = None  # `from` in the front matter: a sender of the catalog
    reply_to: str | None = None
    layout: str | None = None  # the layout's name; its text is in `partials`
    topic: str | None = None
    text: str | None = None  # NAME.txt beside the message, when there is one
    file: str = ""  # relative to the workspace, for complaints
    body_line: int = 1  # the line of the file on which the body begins
    partials: Mapping[str, str] = field(default_factory=dict)  # layouts and partials by name
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """A rendered message: what the contact will read. `html` is None where the channel knows only text."""

    subject: str
    text: str
    html: str | None = None

    @property
    def headline(self) -> str:
        """One line that tells messages apart: the subject, or the beginning of a text that has none."""
        line = self.subject or " ".join(self.text.split())
        return line if self.subject or len(line) <= _HEADLINE else f"{line[: _HEADLINE - 1]}…"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a channel carries: one finished message to exactly one recipient.

    Of a mail `raw` is the complete RFC 5322 message with CRLF line ends, of a webhook its JSON, of all others
    the text in UTF-8. `key` is the outbox id, handed back to `may_go` and with the receipt.
    """

    key: int
    sender: str  # envelope sender, a bare address; empty where the provider knows it
    recipient: str  # a bare address, a phone number, a push token, or the name of an endpoint
    raw: bytes
    message_id: str
    subject: str = ""  # the title of a push message


ReceiptKind = Literal[
    "sent",  # accepted by the server
    "deferred",  # 4xx, or the line broke before DATA: try again
    "bounced",  # 5xx for this recipient or this message
    "unsure",  # the line broke after the body was written
    "withheld",  # `may_go` said no just before DATA
    "relay_fault",  # the relay itself refuses (banner, EHLO, TLS, AUTH, MAIL): nobody bounces
]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a parcel, as data: the service decides what follows."""

    kind: ReceiptKind
    phase: str = (
        ""  # connect, ehlo, tls, auth, mail, rcpt, data, dot, quit; of HTTP the same as far as they fit
    )
    code: int | None = None  # the SMTP reply code or HTTP status, when there was one
    text: str = ""  # the server's words, or ours
    retry_after: float | None = None  # seconds for which the server asks us to wait


#: Asked once between RCPT and DATA; False withdraws the message. The service batches these
#: questions of several connections into one transaction.
MayGo = Callable[[Parcel], Awaitable[bool]]


class Sent(NamedTuple):
    """A message that was released to the contact: none to staff, no draft, none of a held-out contact."""

    at: datetime
    journey: str
    step: str
    channel: str
    topic: str | None
    is_marketing: bool


class Channel(Protocol):
    """A way out. One object serves many parcels, some at the same time."""

    name: str
    connections: int  # how many parcels may be under way at once

    async def deliver(self, parcel: Parcel, may_go: MayGo) -> Receipt:
        """Carry one parcel; never raises for what a server or a network does."""
        ...

    async def close(self) -> None:
        """Say goodbye to the servers; safe to call twice."""
        ...


class Message(Struct):
    """A row of the outbox: released in the transaction that advanced its enrollment.

    Unique by (enrollment, step, iteration). `values` is what the template reads, kept at release;
    the sender renders from it and from nothing else.
    """

    contact_id: str
    journey: str
    version: str
    step: str
    iteration: str
    channel: str
    state: State
    reason: str | None
    at: datetime  # the logical instant of release (or of the drop)
    to: str | None
    message_id: str  # Message-ID without angle brackets, derived from the key, the same on every try
    topic: str | None = None
    transactional: bool = False
    values: Mapping[str, Any] = {}
    late_at: datetime | None = None  # past this instant a first attempt is not made
    quiet_hours: str | None = None  # looked at again just before DATA, in the zone of the contact
    zone: str = "UTC"
    subject: str | None = None  # known once rendered
    id: int | None = None
    enrollment_id: int | None = None
    entry_key: str = ""

    @property
    def is_to_staff(self) -> bool:
        """Not to the contact itself, so nothing of the contact can object."""
        return bool(self.values.get("_", {}).get("staff"))
