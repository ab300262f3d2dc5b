"""The admin API: its keys, and requests that are to be done once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class AdminKeyRow(SQLModel, table=True):
    """Who may use the API, and for what. Only the hash is kept: the key itself is shown once."""

    __tablename__ = "admin_key"

    hash: str = Field(primary_key=True)
    source: str
    scopes: str
    created_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(sa_type=BigInteger)


class RequestRow(SQLModel, table=True):
    """A request with an `Idempotency-Key`; `key` is a hash of it and of whose it is."""

    __tablename__ = "request"
    __table_args__ = (Index("request_begun", "begun_at"),)

    key: str = Field(primary_key=True)
    fingerprint: str
    begun_at: int = Field(sa_type=BigInteger)
    status: int | None
    answer: str | None
