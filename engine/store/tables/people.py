"""Contacts, what they were called before, what they did, and which segments they are in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from engine.store.tables.kinds import Long


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

    key: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
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


class FormerContactRow(SQLModel, table=True):
    """An id that was a contact's of its own until it turned out to be somebody else's; it answers for ever.

    `key` is the key that went with the merge, for those who had read it before.
    """

    __tablename__ = "former_contact"
    __table_args__ = (Index("former_contact_of", "contact"),)

    id: str = Field(primary_key=True)
    key: int = Field(sa_type=BigInteger)
    contact: int = Field(sa_type=BigInteger)
    merged_at: int = Field(sa_type=BigInteger)
    merged_by: str


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

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
    message_id: str
    contact: int = Field(sa_type=BigInteger)
    name: str
    at: int = Field(sa_type=BigInteger)
    received_at: int = Field(sa_type=BigInteger)
    properties: str | None


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
