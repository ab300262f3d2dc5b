"""What calls take and answer, as types: requests are checked by them, and the description is made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

#: Alike in every dialect of patterns: no `\\s`, whose blanks differ. What still cannot be gets 422.
_NAME = r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"
_ADDRESS = r"^[^@<>,;\x00-\x20\x7f]+@[^@<>,;\x00-\x20\x7f]+$"
_LINE = r"^[^\x00-\x1f]*$"

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=_NAME, examples=["ann"])]
Line = Annotated[str, Meta(max_length=255, pattern=_LINE)]
Address = Annotated[str, Meta(max_length=255, pattern=_ADDRESS, examples=["ann@shop.example"])]
Instant = Annotated[datetime, Meta(tz=True, examples=["2026-03-28T19:00:00Z"])]
Channel = Literal["email", "sms", "push", "whatsapp"]
#: Instants of answers are written already.
Written = Annotated[str, Meta(examples=["2026-03-28T19:00:00Z"])]


# --- what is asked for ---------------------------------------------------------------------------


class Paging(Struct, forbid_unknown_fields=True):
    """A page of a list."""

    limit: Annotated[int, Meta(ge=1, le=500, description="How many.")] = 100
    cursor: Annotated[
        str, Meta(max_length=500, description="`next` of the page before; left out for the first one.")
    ] = ""


class MessagePaging(Paging, forbid_unknown_fields=True):
    """A page of the outbox."""

    contact: Annotated[str, Meta(max_length=255, description="Only to this contact.")] = ""
    journey: Annotated[str, Meta(max_length=255, description="Only of this journey.")] = ""


class Narrowing(Struct, forbid_unknown_fields=True):
    """Which part of a contact's story."""

    journey: Annotated[str, Meta(max_length=255, description="Only this journey.")] = ""
    step: Annotated[str, Meta(max_length=255, description="Only the message of this step.")] = ""


class Releasing(Struct, forbid_unknown_fields=True):
    """How an address is let go."""

    allow_erased: Annotated[bool, Meta(description="Also somebody who was erased.")] = False


# --- what is said --------------------------------------------------------------------------------


class ContactBody(Struct):
    """What is said of a contact. What is not mentioned stays; every other key is an attribute, and null
    empties one."""

    email: Address | UnsetType = UNSET
    phone: Line | UnsetType = UNSET
    timezone: Annotated[Line, Meta(examples=["Europe/Zurich"])] | UnsetType = UNSET
    locale: Annotated[Line, Meta(examples=["de-CH"])] | UnsetType = UNSET
    stage: Line | UnsetType = UNSET
    created_at: Instant | UnsetType = UNSET
    paused_until: Instant | UnsetType = UNSET
    topics: Annotated[dict[str, bool], Meta(examples=[{"newsletter": True}])] | UnsetType = UNSET
    consent: Annotated[dict[str, bool], Meta(examples=[{"sms": True}])] | UnsetType = UNSET
    consent_source: Annotated[Line, Meta(examples=["web form"])] | UnsetType = UNSET
    consent_at: Instant | UnsetType = UNSET
    consent_text: Annotated[Line, Meta(examples=["2026-01"])] | UnsetType = UNSET
    consent_confirmed_at: Instant | UnsetType = UNSET


class SuppressBody(Struct, forbid_unknown_fields=True):
    """An address to which nothing is to go, whoever has it, now or later."""

    address: Annotated[Name, Meta(examples=["ann@shop.example"])]
    channel: Channel = "email"
    note: Line | UnsetType = UNSET


class EventBody(Struct, forbid_unknown_fields=True):
    """Something a contact did. A `message_id` counts once, for ever; without one it is made up."""

    contact: Name
    event: Annotated[Name, Meta(examples=["Order Completed"])]
    timestamp: Instant | UnsetType = UNSET
    message_id: Name | UnsetType = UNSET
    properties: dict[str, Any] = field(default_factory=dict)


class MergeBody(Struct, forbid_unknown_fields=True):
    """`from` is the id of the contact that goes."""

    one: Name = field(name="from")


class EnrollBody(Struct, forbid_unknown_fields=True):
    """Who is to enter; `with` are the values that the journey sees as trigger.*."""

    contact: Name
    values: dict[str, Any] = field(name="with", default_factory=dict)


# --- what is answered ----------------------------------------------------------------------------


class ContactView(Struct, omit_defaults=True):
    """A contact; every other key is an attribute."""

    id: str
    email: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    stage: str | UnsetType = UNSET
    created_at: Written | UnsetType = UNSET
    paused_until: Written | UnsetType = UNSET
    topics: dict[str, bool] | UnsetType = UNSET
    consent: dict[str, bool] | UnsetType = UNSET
    suppressed: dict[str, str] | UnsetType = UNSET


class ContactList(Struct):
    """A page of contacts; `next` is null on the last one."""

    contacts: list[ContactView]
    next: str | None


class Enrollment(Struct):
    """One pass through a journey."""

    journey: str
    version: str
    entry_key: str
    entered_at: Written
    left_at: Written | None
    reason: str | None
    outcome: str | None
    step: str | None
    due_at: Written | None
    converted_at: Written | None
    revenue: float | None


class NextEntry(Struct):
    """When a contact may enter a journey by itself, and by what."""

    journey: str
    at: Written
    by: str


class ContactDetail(Struct):
    """A contact, where it stands, and what may come."""

    contact: ContactView
    enrollments: list[Enrollment]
    next_entries: list[NextEntry]


class TraceLine(Struct):
    """One thing that was done, and why."""

    at: Written
    step: str
    did: str
    until: Written | None
    why: str


class StoryMessage(Struct):
    """A message, and what became of it."""

    step: str
    channel: str
    state: str
    reason: str | None
    at: Written
    subject: str | None


class Story(Struct):
    """A pass with everything done in it; without one, why there was none."""

    journey: str
    enrollment: Enrollment | None
    trace: list[TraceLine]
    messages: list[StoryMessage]


class Why(Struct):
    """Why a contact got, or did not get, its messages."""

    contact: str
    stories: list[Story]
    next_entries: list[NextEntry]


class Told(Struct):
    """What came of what was said of a contact."""

    created: bool


class EventView(Struct):
    """Something that a contact did."""

    event: str
    timestamp: Written
    received_at: Written
    message_id: str
    properties: dict[str, Any]


class EventList(Struct):
    """A page of events, the latest first; `next` is null on the last one."""

    events: list[EventView]
    next: str | None


class Taken(Struct):
    """The event is on disk with all that follows from it; a duplicate was there before, and changed nothing
    now."""

    message_id: str
    duplicate: bool


class Entered(Struct):
    """Whether the contact entered; if not, why; or that a pause keeps the entry until the journey goes on."""

    entered: bool
    kept: bool
    refused: list[str]


class Merged(Struct):
    """What came along. `merged` is false where they were one contact already; `left` are journeys that both
    were in, where one place was given up, and `dropped` counts messages that would have come twice."""

    merged: bool
    came: dict[str, int]
    left: list[str]
    dropped: int


class Left(Struct):
    """How many passes ended, and entries that were kept."""

    left: int


class StepView(Struct):
    """How many stand at a step, went through it, and were sent its message; `dropped` by reason."""

    inside: int
    passed: int
    sent: int
    held_out: int
    dropped: dict[str, int]
    drafted: int


class JourneyView(Struct):
    """A journey: how it stands, by file and command, and its figures."""

    id: str
    name: str
    status: str
    file: dict[str, Any]
    command: dict[str, Any] | None
    kept: int
    version: str | None
    entered: int
    inside: int
    sent: int
    converted: int
    held_out: dict[str, int]
    left: dict[str, int]
    not_entered: dict[str, int]
    trials: list[dict[str, Any]]
    faults: int
    fault: str | None
    captured: list[str]
    steps: dict[str, StepView]


class JourneyList(Struct):
    """Every journey ever applied."""

    journeys: list[JourneyView]


class Operated(Struct):
    """How the journey stands now, and how many contacts that concerned."""

    journey: str
    status: str
    contacts: int


class MessageView(Struct):
    """One thing to one contact."""

    id: int
    contact: str
    journey: str
    version: str
    step: str
    iteration: str
    entry_key: str
    channel: str
    topic: str | None
    transactional: bool
    state: str
    reason: str | None
    at: Written
    to: str | None
    subject: str | None
    message_id: str
    attempts: int
    reply: str | None
    changed_at: Written


class MessageList(Struct):
    """A page of the outbox, the newest first; `next` is null on the last one."""

    messages: list[MessageView]
    next: str | None


class SuppressionView(Struct):
    """An address to which nothing goes; null for somebody who was erased."""

    channel: str
    address: str | None
    reason: str
    at: Written
    source: str
    detail: str | None


class SuppressionList(Struct):
    """A page of the list; `next` is null on the last one."""

    suppressions: list[SuppressionView]
    next: str | None


class Suppressed(Struct):
    """Whether that is news; otherwise the address was suppressed already."""

    news: bool


class Released(Struct):
    """Why the address was suppressed."""

    reason: str


class Erased(Struct):
    """What is gone, by table; and captured messages that could not be removed from their folder."""

    rows: dict[str, int]
    files_left: int


class Problem(Struct):
    """RFC 9457; `code` is for programs, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: str
