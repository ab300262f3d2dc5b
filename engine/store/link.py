"""One open transaction, speaking to SQLite and PostgreSQL alike.

SQL is written once with `?`. Many rows go over in one statement: SQLite takes them one by one from a
prepared statement without a network between, PostgreSQL unfolds whole columns (`unnest`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ManyRows:
    """One statement for many rows, in both dialects; parameters in the order of its columns."""

    sqlite: str
    postgres: str


def inserting(table: str, columns: Mapping[str, str], tail: str = "") -> ManyRows:
    """`columns` maps each name to its PostgreSQL type; `tail` is an ON CONFLICT clause."""
    names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
    return ManyRows(
        f"INSERT INTO {table} ({names}) VALUES ({marks}) {tail}",
        f"INSERT INTO {table} ({names}) SELECT * FROM {_unnest(columns)} {tail}",
    )


def updating(table: str, sets: Mapping[str, str], where: Mapping[str, str], also: str = "") -> ManyRows:
    """Sets come first in each row, then the columns that find it; `also` is set as it is written."""
    plain = ", ".join([f"{name} = ?" for name in sets] + [also] * bool(also))
    taken = ", ".join([f"{name} = v.{name}" for name in sets] + [also] * bool(also))
    columns = {**sets, **where}
    return ManyRows(
        f"UPDATE {table} SET {plain} WHERE " + " AND ".join(f"{name} = ?" for name in where),
        f"UPDATE {table} SET {taken} FROM {_unnest(columns)} AS v ({', '.join(columns)}) WHERE "
        + " AND ".join(f"{table}.{name} = v.{name}" for name in where),
    )


def deleting(table: str, where: Mapping[str, str]) -> ManyRows:
    """Rows found by all columns of `where`."""
    return ManyRows(
        f"DELETE FROM {table} WHERE " + " AND ".join(f"{name} = ?" for name in where),
        f"DELETE FROM {table} USING {_unnest(where)} AS v ({', '.join(where)}) WHERE "
        + " AND ".join(f"{table}.{name} = v.{name}" for name in where),
    )


def _unnest(columns: Mapping[str, str]) -> str:
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in columns.values())})"


@lru_cache(maxsize=512)
def _for_psycopg(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class Link:
    """A connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_postgres = connection.dialect.name == "postgresql"

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        """All rows as plain tuples: the driver's own, without a wrapper on each."""
        cursor = self.connection.exec_driver_sql(self._spoken(sql), parameters).cursor
        return list(cursor.fetchall())

    def value(self, sql: str, *parameters: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.connection.exec_driver_sql(self._spoken(sql), parameters).cursor.fetchone()
        return row[0] if row else None

    def run(self, sql: str, *parameters: Any) -> int:
        """How many rows it touched."""
        return self.connection.exec_driver_sql(self._spoken(sql), parameters).rowcount

    def run_many(self, statement: ManyRows, rows: Sequence[Row]) -> int:
        """How many rows it touched, of all of them together."""
        if not rows:
            return 0
        if self.is_postgres:
            columns = tuple(list(column) for column in zip(*rows, strict=True))
            return self.connection.exec_driver_sql(statement.postgres, columns).rowcount
        return self.connection.exec_driver_sql(statement.sqlite, list(rows)).rowcount

    def these(self, alias: str = "k", kind: str = "bigint") -> str:
        """A list given as one parameter (see `pack`), to select from: its column is ALIAS.value."""
        if self.is_postgres:
            return f"unnest(?::{kind}[]) AS {alias} (value)"
        return f"json_each(?) AS {alias}"

    def pack(self, values: Collection[int] | Collection[str]) -> Any:
        """A list as one parameter."""
        return list(values) if self.is_postgres else msgspec.json.encode(list(values)).decode()

    def order(self, columns: str) -> str:
        """Rows as sorted as the list that they were asked by; SQLite joins in that order by itself."""
        return f" ORDER BY {columns}" if self.is_postgres else ""

    def over_everything(self) -> None:
        """For questions about whole tables: let PostgreSQL plan them as it likes (see engines.py)."""
        if self.is_postgres:
            for name in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
                self.run(f"SET LOCAL enable_{name} = on")

    def new_ids(self, table: str, count: int) -> Iterable[int]:
        """Numbers for rows about to be inserted, never given before. SQLite has one writer: us."""
        if not count:
            return []
        if self.is_postgres:
            sequence = f"nextval(pg_get_serial_sequence('{table}', 'id'))"
            return [row[0] for row in self.rows(f"SELECT {sequence} FROM generate_series(1, ?)", count)]
        last = self.value(f"SELECT max(id) FROM {table}") or 0
        return range(last + 1, last + 1 + count)

    def _spoken(self, sql: str) -> str:
        return _for_psycopg(sql) if self.is_postgres else sql
