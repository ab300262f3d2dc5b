"""When contacts enter by a date, and how far schedules have fired."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel


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
