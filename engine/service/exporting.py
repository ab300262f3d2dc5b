"""Exporting: contacts, history and the outbox as rows and lines, in bounded memory, of one moment.

An export that broke off goes on after the last thing that is whole in its file.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from engine.errors import RefusedError
from engine.intake.exact import write_name

T = TypeVar("T")

#: Rows written at once; and so many columns a spreadsheet can show.
_PAGE, _MOST_COLUMNS = 2_000, 16_384

#: Told how many rows are written.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """One kind of thing to export, and how it is written."""

    things: Callable[[int], Iterable[T]]  # those that come after a number
    columns: tuple[str, ...]  # that every table has
    more_columns: Callable[[T], Iterable[str]]  # that this thing needs besides
    cells: Callable[[T], Mapping[str, str]]
    line: Callable[[T], Any]
    named: Callable[[T], str]  # what the thing is known by


def columns_of(sheet: Sheet[T]) -> list[str]:
    """Every column that some thing has a value for: reads everything once."""
    more: set[str] = set()
    for thing in sheet.things(0):
        more.update(sheet.more_columns(thing))
        if len(more) > _MOST_COLUMNS:
            raise RefusedError(
                f"there are more than {_MOST_COLUMNS:,} columns, and no spreadsheet shows so many",
                "Export JSON lines: `--format jsonl`.",
            )
    return [*sheet.columns, *sorted(more - set(sheet.columns))]


def write_table(
    file: BinaryIO,
    sheet: Sheet[T],
    columns: list[str],
    progress: Progress,
    *,
    after: int = 0,
    has_header: bool = False,
) -> int:
    """Comma-separated values, UTF-8; how many rows were written."""
    if not has_header:
        file.write(_header(columns))

    def rows(things: list[T]) -> bytes:
        text = StringIO(newline="")
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writerows(sheet.cells(thing) for thing in things)
        return text.getvalue().encode()

    return _write(file, sheet, rows, progress, after)


def write_lines(file: BinaryIO, sheet: Sheet[T], progress: Progress, *, after: int = 0) -> int:
    """JSON lines; how many were written."""
    encoder = msgspec.json.Encoder()
    return _write(
        file, sheet, lambda things: encoder.encode_lines([sheet.line(t) for t in things]), progress, after
    )


def _write(
    file: BinaryIO, sheet: Sheet[T], text_of: Callable[[list[T]], bytes], progress: Progress, after: int
) -> int:
    done = 0
    for things in _pages(sheet.things(after)):
        file.write(text_of(things))
        done += len(things)
        progress(done)
    file.flush()
    return done


def _pages(things: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(things)
    while page := list(islice(rest, _PAGE)):
        yield page


def _header(columns: list[str]) -> bytes:
    """Names with another delimiter in them are quoted, so that nobody takes it for the one of the file."""
    text = StringIO(newline="")
    names = [write_name(name) for name in columns]
    is_odd = any(sign in name for name in names for sign in ';\t"')
    csv.writer(text, quoting=csv.QUOTE_ALL if is_odd else csv.QUOTE_MINIMAL, lineterminator="\n").writerow(
        names
    )
    return text.getvalue().encode()
