"""The door over HTTP: keys, strangers and whom they turned out to be, rejected items."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.store.tables.kinds import Long


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

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
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

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
    at: int = Field(sa_type=BigInteger)
    source: str
    reason: str
    text: str
