"""The outbox."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from engine.store.tables.kinds import Long


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
            "message_in_trouble",
            "id",
            sqlite_where=text("state IN ('failed', 'bounced', 'unsure')"),
            postgresql_where=text("state IN ('failed', 'bounced', 'unsure')"),
        ),
        Index(
            "message_at_rest",
            "journey",
            sqlite_where=text("state = 'deferred' AND next_try_at IS NULL"),
            postgresql_where=text("state = 'deferred' AND next_try_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
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


class TallyRow(SQLModel, table=True):
    """What became of marketing, by journey and hour since 1970: see store/tallies.py."""

    __tablename__ = "tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    journey: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hour: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    what: str = Field(primary_key=True)
    n: int = Field(sa_type=BigInteger)
