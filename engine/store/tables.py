"""The tables, as SQLModel classes that never leave this floor.

Times are microseconds since 1970 UTC, JSON is text (NULL where empty), and what repeats on every row
(journey, version, step, segment) is the number of a name: a sleeping position takes some 60 bytes that way.
Changing anything here means a migration beside it; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

#: The newest migration, known here so that opening a database need not import Alembic.
SCHEMA = "0003"

#: All tables below.
METADATA = SQLModel.metadata

#: SQLite makes only a column declared INTEGER the row's own number.
_Long = BigInteger().with_variant(Integer, "sqlite")


class NameRow(SQLModel, table=True):
    """Words that would otherwise be repeated on millions of rows."""

    __tablename__ = "name"
    __table_args__ = (UniqueConstraint("text", name="name_text"),)

    id: int | None = Field(default=None, primary_key=True)
    text: str


class ContactRow(SQLModel, table=True):
    """`key` is ours, `id` is the shop's."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("id", name="contact_id"),
        Index("contact_zone", "timezone", "key"),
        Index(
            "contact_stage",
            "stage",
            sqlite_where=text("stage IS NOT NULL"),
            postgresql_where=text("stage IS NOT NULL"),
        ),
    )

    key: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    id: str
    email: str | None
    phone: str | None
    timezone: str | None
    locale: str | None
    stage: str | None
    attributes: str | None
    topics: str | None
    consents: str | None
    suppressed: str | None
    created_at: int | None = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger)
    paused_until: int | None = Field(sa_type=BigInteger)


class EventRow(SQLModel, table=True):
    """Append-only; `message_id` is unique for ever, which is all there is to deduplication."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("message_id", name="event_message_id"),
        Index("event_history", "contact", "name", "at"),
        Index(
            "event_orders",
            "at",
            "id",
            sqlite_where=text("name = 'Order Completed'"),
            postgresql_where=text("name = 'Order Completed'"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    message_id: str
    contact: int = Field(sa_type=BigInteger)
    name: str
    at: int = Field(sa_type=BigInteger)
    received_at: int = Field(sa_type=BigInteger)
    properties: str | None


class JourneyRow(SQLModel, table=True):
    """What runs now; `fault` tells why the newest file was not taken.

    `status` is the file's, `held` a command's. `unsettled_at` is set while a change of either is still to be
    worked out for the people inside and the entries kept.
    """

    __tablename__ = "journey"

    id: str = Field(primary_key=True)
    status: str
    version: str | None
    first_live_at: int | None = Field(sa_type=BigInteger)
    fault: str | None
    fault_count: int
    status_at: int | None = Field(sa_type=BigInteger)
    held: str | None
    held_at: int | None = Field(sa_type=BigInteger)
    held_by: str | None
    unsettled_at: int | None = Field(sa_type=BigInteger)


class JourneyVersionRow(SQLModel, table=True):
    """Each form that ever ran, by the hash of what runs."""

    __tablename__ = "journey_version"

    hash: str = Field(primary_key=True)
    journey: str = Field(primary_key=True)
    compiled: str
    source_commit: str | None
    applied_at: int = Field(sa_type=BigInteger)


class SettingRow(SQLModel, table=True):
    """Single values: the catalog as applied, the serial of the last apply."""

    __tablename__ = "setting"

    name: str = Field(primary_key=True)
    value: str


class EnrollmentRow(SQLModel, table=True):
    """One pass of one contact; `memory` is kept here from leaving on, before that on the position."""

    __tablename__ = "enrollment"
    __table_args__ = (
        Index(
            "enrollment_running",
            "journey",
            "contact",
            "entry_key",
            "serial",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
        Index("enrollment_of_contact", "contact", "journey", "entry_key"),
    )

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    contact: int = Field(sa_type=BigInteger)
    journey: int
    version: int
    entry_key: str
    serial: int
    entered_at: int = Field(sa_type=BigInteger)
    triggered_at: int = Field(sa_type=BigInteger)
    triggered_by: str | None
    left_at: int | None = Field(sa_type=BigInteger)
    reason: str | None
    outcome: str | None
    detail: str | None
    goal_until: int | None = Field(sa_type=BigInteger)
    converted_at: int | None = Field(sa_type=BigInteger)
    revenue: float | None
    memory: str | None


class PositionRow(SQLModel, table=True):
    """Where a running enrollment stands. Clustered by contact, so that a sorted page reads neighbours."""

    __tablename__ = "position"
    __table_args__ = (
        Index(
            "position_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    enrollment: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    arrived_at: int | None = Field(sa_type=BigInteger)
    due_at: int | None = Field(sa_type=BigInteger)
    owed_at: int | None = Field(sa_type=BigInteger)
    version: int
    step: int | None
    ver: int
    memory: str | None


class TraceRow(SQLModel, table=True):
    """Append-only; one row holds all lines that one page wrote about one enrollment."""

    __tablename__ = "trace"
    __table_args__ = (Index("trace_of_contact", "contact"),)

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    contact: int = Field(sa_type=BigInteger)
    enrollment: int | None = Field(sa_type=BigInteger)
    journey: int
    at: int = Field(sa_type=BigInteger)
    lines: str


class MessageRow(SQLModel, table=True):
    """The outbox. `next_try_at` is set exactly while a sender may take the message."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("enrollment", "step", "iteration", name="message_once"),
        Index(
            "message_to_try",
            "next_try_at",
            sqlite_where=text("next_try_at IS NOT NULL"),
            postgresql_where=text("next_try_at IS NOT NULL"),
        ),
        Index(
            "message_in_hand",
            "claimed_by",
            sqlite_where=text("claimed_by IS NOT NULL"),
            postgresql_where=text("claimed_by IS NOT NULL"),
        ),
        Index("message_of_contact", "contact"),
        Index(
            "message_at_rest",
            "journey",
            sqlite_where=text("state = 'deferred' AND next_try_at IS NULL"),
            postgresql_where=text("state = 'deferred' AND next_try_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    contact: int = Field(sa_type=BigInteger)
    enrollment: int = Field(sa_type=BigInteger)
    journey: int
    version: int
    step: int
    iteration: str
    entry_key: str
    channel: str
    state: str
    reason: str | None
    at: int = Field(sa_type=BigInteger)
    recipient: str | None
    message_id: str
    topic: str | None
    is_transactional: bool
    template_values: str | None
    late_at: int | None = Field(sa_type=BigInteger)
    quiet_hours: str | None
    zone: str
    subject: str | None
    attempts: int
    next_try_at: int | None = Field(sa_type=BigInteger)
    claimed_by: str | None
    may_be_double: bool
    reply: str | None
    changed_at: int = Field(sa_type=BigInteger)


class KeptEntryRow(SQLModel, table=True):
    """An entry that is put off; `until` is the end of its grace, NULL where a pause keeps it."""

    __tablename__ = "kept_entry"
    __table_args__ = (
        Index("kept_entry_of_contact", "contact"),
        Index("kept_entry_of_journey", "journey", "contact"),
        Index(
            "kept_entry_until",
            "until",
            sqlite_where=text("until IS NOT NULL"),
            postgresql_where=text("until IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    contact: int = Field(sa_type=BigInteger)
    journey: int
    received_at: int = Field(sa_type=BigInteger)
    until: int | None = Field(sa_type=BigInteger)
    entry: str


class SegmentMemberRow(SQLModel, table=True):
    """Membership as last seen, to notice a change; `look_at` is when time alone may change it."""

    __tablename__ = "segment_member"
    __table_args__ = (
        Index(
            "segment_member_look",
            "look_at",
            sqlite_where=text("look_at IS NOT NULL"),
            postgresql_where=text("look_at IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    segment: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    is_member: bool
    look_at: int | None = Field(sa_type=BigInteger)


class ProductRow(SQLModel, table=True):
    """A row of the shop's product table; `fields` is all of it, as conditions and templates read it."""

    __tablename__ = "product"
    __table_args__ = (
        Index(
            "product_arrival",
            "created_at",
            sqlite_where=text("created_at IS NOT NULL"),
            postgresql_where=text("created_at IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True)
    fields: str
    created_at: int | None = Field(sa_type=BigInteger)


class ProductWatchRow(SQLModel, table=True):
    """Whom a change of a product wakes; `woken_at` is the change that is not worked on yet."""

    __tablename__ = "product_watch"
    __table_args__ = (
        Index("product_watch_of_contact", "contact"),
        Index(
            "product_watch_woken",
            "woken_at",
            sqlite_where=text("woken_at IS NOT NULL"),
            postgresql_where=text("woken_at IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    product: str = Field(primary_key=True)
    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    woken_at: int | None = Field(sa_type=BigInteger)


class MomentRow(SQLModel, table=True):
    """When a contact enters by a date of its own, or that a schedule has called it to enter."""

    __tablename__ = "moment"
    __table_args__ = (Index("moment_due", "at"), {"sqlite_with_rowid": False})

    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    clock: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    key: str


class ScheduleRow(SQLModel, table=True):
    """Until when a schedule has fired: its audience up to then has been called."""

    __tablename__ = "schedule"

    clock: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    fired_until: int = Field(sa_type=BigInteger)


class ZoneRow(SQLModel, table=True):
    """A time zone that some contact has, and since when any: a schedule did not fire there before."""

    __tablename__ = "zone"

    name: str = Field(primary_key=True)
    since: int = Field(sa_type=BigInteger)


class AssignmentRow(SQLModel, table=True):
    """To whom a step that assigns by load gave a contact last; who holds it now, the contact says."""

    __tablename__ = "assignment"
    __table_args__ = ({"sqlite_with_rowid": False},)

    journey: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    step: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    name: str


class TrialRow(SQLModel, table=True):
    """A split with a winner, until it is decided and after. `looked_at`: its `sends` were reached then.

    `is_to_wake`: it was decided before its end, and those who wait for it are still to be told.
    """

    __tablename__ = "trial"
    __table_args__ = (UniqueConstraint("journey", "step", "firing", "mark", name="trial_once"),)

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    journey: int
    step: int
    firing: str
    mark: str
    metric: str
    began_at: int = Field(sa_type=BigInteger)
    until: int = Field(sa_type=BigInteger)
    looked_at: int | None = Field(sa_type=BigInteger)
    decided_at: int | None = Field(sa_type=BigInteger)
    winner: str | None
    is_certain: bool | None
    figures: str | None
    is_to_wake: bool


class TrialEntryRow(SQLModel, table=True):
    """Who is tested, and which way they went first."""

    __tablename__ = "trial_entry"
    __table_args__ = ({"sqlite_with_rowid": False},)

    trial: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    enrollment: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    way: str
    at: int = Field(sa_type=BigInteger)


class CouponRow(SQLModel, table=True):
    """A code of a pool; with the enrollment, step and turn that took it. No two enrollments share one."""

    __tablename__ = "coupon"
    __table_args__ = (
        UniqueConstraint("pool", "code", name="coupon_code"),
        UniqueConstraint("enrollment", "step", "iteration", name="coupon_once"),
        Index(
            "coupon_free",
            "pool",
            "expires_at",
            "id",
            sqlite_where=text("enrollment IS NULL"),
            postgresql_where=text("enrollment IS NULL"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    pool: str
    code: str
    expires_at: int = Field(sa_type=BigInteger)
    enrollment: int | None = Field(sa_type=BigInteger)
    step: int | None
    iteration: str | None


class BestsellerRow(SQLModel, table=True):
    """In how many orders of late a product was; counted anew now and then."""

    __tablename__ = "bestseller"
    __table_args__ = (Index("bestseller_rank", "orders", "product"), {"sqlite_with_rowid": False})

    product: str = Field(primary_key=True)
    orders: int


class BoughtTogetherRow(SQLModel, table=True):
    """In how many orders of late two products were together; counted anew now and then."""

    __tablename__ = "bought_together"
    __table_args__ = ({"sqlite_with_rowid": False},)

    product: str = Field(primary_key=True)
    other: str = Field(primary_key=True)
    orders: int


class CounterRow(SQLModel, table=True):
    """Figures kept in the transaction that makes them true; counting rows live takes seconds."""

    __tablename__ = "counter"
    __table_args__ = ({"sqlite_with_rowid": False},)

    journey: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    step: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    what: str = Field(primary_key=True)
    n: int = Field(sa_type=BigInteger)


class LeaseRow(SQLModel, table=True):
    """Who works on this database."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    pid: int
    host: str
    token: str
    started_at: int = Field(sa_type=BigInteger)
    beat_at: int = Field(sa_type=BigInteger)


class WriteKeyRow(SQLModel, table=True):
    """Who may send events over HTTP. Only the hash is kept: the key itself is shown once, when it is made."""

    __tablename__ = "write_key"

    hash: str = Field(primary_key=True)
    source: str
    created_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(sa_type=BigInteger)


class AliasRow(SQLModel, table=True):
    """Anonymous ids of which it is known whose they are."""

    __tablename__ = "alias"

    anonymous_id: str = Field(primary_key=True)
    contact: int = Field(sa_type=BigInteger)


class AnonymousEventRow(SQLModel, table=True):
    """What strangers did and told; it waits until somebody says who they are."""

    __tablename__ = "anonymous_event"
    __table_args__ = (
        UniqueConstraint("message_id", name="anonymous_event_message_id"),
        Index("anonymous_event_of", "anonymous_id"),
    )

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    anonymous_id: str
    message_id: str
    name: str
    at: int = Field(sa_type=BigInteger)
    received_at: int = Field(sa_type=BigInteger)
    properties: str | None
    traits: str | None


class RejectedItemRow(SQLModel, table=True):
    """Items that came over HTTP and could not be taken, with the reason."""

    __tablename__ = "rejected_item"

    id: int | None = Field(default=None, sa_column=Column(_Long, primary_key=True))
    at: int = Field(sa_type=BigInteger)
    source: str
    reason: str
    text: str
