"""What steps gave out once and for all: to whom a contact was assigned, how a split with a winner goes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.store.tables.kinds import Long


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

    id: int | None = Field(default=None, sa_column=Column(Long, primary_key=True))
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
