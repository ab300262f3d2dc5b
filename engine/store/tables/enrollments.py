"""Passes through journeys: where they stand, what happened, and what is counted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, text
from sqlmodel import Field, SQLModel

from engine.store.tables.kinds import Long


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

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
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

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
    contact: int = Field(sa_type=BigInteger)
    enrollment: int | None = Field(sa_type=BigInteger)
    journey: int
    at: int = Field(sa_type=BigInteger)
    lines: str


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

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
    contact: int = Field(sa_type=BigInteger)
    journey: int
    received_at: int = Field(sa_type=BigInteger)
    until: int | None = Field(sa_type=BigInteger)
    entry: str


class CounterRow(SQLModel, table=True):
    """Figures kept in the transaction that makes them true; counting rows live takes seconds."""

    __tablename__ = "counter"
    __table_args__ = ({"sqlite_with_rowid": False},)

    journey: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    step: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    what: str = Field(primary_key=True)
    n: int = Field(sa_type=BigInteger)
