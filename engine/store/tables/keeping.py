"""What the store needs for itself: names for words that repeat, single settings, who works here."""

from __future__ import annotations

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel


class NameRow(SQLModel, table=True):
    """Words that would otherwise be repeated on millions of rows."""

    __tablename__ = "name"
    __table_args__ = (UniqueConstraint("text", name="name_text"),)

    id: int | None = Field(default=None, primary_key=True)
    text: str


class SettingRow(SQLModel, table=True):
    """Single values: the catalog as applied, the serial of the last apply."""

    __tablename__ = "setting"

    name: str = Field(primary_key=True)
    value: str


class LeaseRow(SQLModel, table=True):
    """Who works on this database."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    pid: int
    host: str
    token: str
    started_at: int = Field(sa_type=BigInteger)
    beat_at: int = Field(sa_type=BigInteger)
