"""Kinds of columns that several tables share."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

#: SQLite makes only a column declared INTEGER the row's own number.
Long = BigInteger().with_variant(Integer, "sqlite")
