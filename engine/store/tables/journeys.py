"""Journeys as applied, and every version that ever ran."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


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
