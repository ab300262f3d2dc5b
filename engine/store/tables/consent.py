"""What people said and who is to be left alone: consent records and the suppression list."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel

from engine.store.tables.kinds import Long


class ConsentRow(SQLModel, table=True):
    """Append-only. What holds now stands on the contact; here is how it came to be, to be proved.

    Of a channel or of a topic (`*`: all of them). `at` is when it was said, `recorded_at` when it came in.
    """

    __tablename__ = "consent"
    __table_args__ = (Index("consent_of_contact", "contact"),)

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
    contact: int = Field(sa_type=BigInteger)
    channel: str | None
    topic: str | None
    state: str
    source: str
    at: int = Field(sa_type=BigInteger)
    recorded_at: int = Field(sa_type=BigInteger)
    wording: str | None
    proof: str | None


class SuppressionRow(SQLModel, table=True):
    """Addresses to which nothing goes. `mark` is a keyed hash, which is all that is kept of the erased."""

    __tablename__ = "suppression"
    __table_args__ = ({"sqlite_with_rowid": False},)

    channel: str = Field(primary_key=True)
    mark: str = Field(primary_key=True)
    address: str | None
    reason: str
    at: int = Field(sa_type=BigInteger)
    source: str
    detail: str | None
