"""The tables, as SQLModel classes that never leave this floor: a file for each thing they tell of.

Times are microseconds since 1970 UTC, JSON is text (NULL where empty), and what repeats on every row
(journey, version, step, segment) is the number of a name: a sleeping position takes some 60 bytes that way.
Changing anything here means a migration beside it; a test compares the two.
"""

from __future__ import annotations

from sqlmodel import SQLModel

from engine.store.tables import (  # noqa: F401  # a table is known once its file is read
    api,
    choices,
    consent,
    enrollments,
    goods,
    incoming,
    journeys,
    keeping,
    messages,
    people,
    timetable,
)

#: The newest migration, known here so that opening a database need not import Alembic.
SCHEMA = "0004"

#: All tables.
METADATA = SQLModel.metadata
