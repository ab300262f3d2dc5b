"""One open transaction, speaking to SQLite and PostgreSQL alike.

SQL is written once with `?`. Many rows go over in one statement: PostgreSQL unfolds whole columns
(`unnest`); SQLite inserts a block of rows by one prepared statement, which takes half to three quarters of
the time of one row after the other, and updates or deletes them one by one, which there is the quickest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Connection

Row = tuple[Any, ...]

#: Rows of one INSERT on SQLite. Larger blocks gain nothing more.
_BLOCK = 50


@dataclass(frozen=True, slots=True)
class ManyRows:
    """One statement for many rows, in both dialects; parameters in the order of its columns."""

    sqlite: str
    postgres: str
    sqlite_block: str | None = None  # for _BLOCK rows at once


def inserting(table: str, columns: Mapping[str, str], tail: str = "") -> ManyRows:
    """`columns` maps each name to its PostgreSQL type; `tail` is an ON CONFLICT clause."""
    names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
    return ManyRows(
        f"INSERT INTO {table} ({names}) VALUES ({marks}) {tail}",
        f"INSERT INTO {table} ({names}) SELECT * FROM {_unnest(columns)} {tail}",
        f"INSERT INTO {table} ({names}) VALUES {', '.join([f'({marks})'] * _BLOCK)} {tail}",
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

    def mappings(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """All rows with the names of their columns, for where it need not be quick."""
        found = self.connection.exec_driver_sql(self._spoken(sql), parameters)
        return [dict(row) for row in found.mappings()]

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
        done = self._run_blocks(statement.sqlite_block, rows)
        rest = list(rows[done:]) if done else list(rows)
        return done + (self.connection.exec_driver_sql(statement.sqlite, rest).rowcount if rest else 0)

    def _run_blocks(self, block: str | None, rows: Sequence[Row]) -> int:
        """Insert as many rows as fill whole blocks; how many that were."""
        if block is None:
            return 0
        whole = len(rows) - len(rows) % _BLOCK
        for start in range(0, whole, _BLOCK):
            values = tuple(chain.from_iterable(rows[start : start + _BLOCK]))
            self.connection.exec_driver_sql(block, values)
        return whole

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

    def hold_still(self) -> None:
        """At the beginning of a transaction that reads: all of it sees one state. SQLite does so anyway."""
        if self.is_postgres:
            self.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    def take_time(self) -> None:
        """In a transaction that only reads: whoever reads along may be slow, and nobody waits for it."""
        if self.is_postgres:
            self.run("SET LOCAL idle_in_transaction_session_timeout = 0")

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
