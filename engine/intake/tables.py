"""Tables: CSV files, as spreadsheets and shops write them, row by row. What a cell means is told elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from engine.errors import ReadError
from engine.intake.columns import ColumnMap
from engine.intake.lines import LONGEST_LINE, LineError, numbered_lines

_DELIMITERS = ",;\t"

#: Cells of a row that are not empty, by our names.
Cells = Mapping[str, str]


class Table:
    """An open CSV file. Making it reads the header and raises ReadError where that cannot be used."""

    def __init__(self, file: BinaryIO, map: ColumnMap | None = None) -> None:
        self._map = map or ColumnMap()
        self._source = _Source(file)
        first = self._source.look_ahead()
        self._reader = csv.reader(self._source, delimiter=_delimiter(first), strict=True)
        self.columns = self._header()

    def __iter__(self) -> Iterator[tuple[int, Cells | LineError]]:
        """Each row with the line it begins on; rows without any value are passed over."""
        while True:
            line = self._source.number + 1
            try:
                row = next(self._reader)
                if any(cell.strip() for cell in row):
                    yield line, {**self._map.constants, **self._named(row)}
            except StopIteration:
                return
            except csv.Error as error:
                yield line, LineError(line, _in_words(error), "Put cells that hold quotes in quotes, and double them.")
            except ReadError as error:
                yield line, LineError(line, error.message, error.help)

    def _header(self) -> list[str | None]:
        try:
            header = [name.strip() for name in next(self._reader)]
        except StopIteration:
            raise ReadError("the file is empty", "The first line names the columns, such as id,email.") from None
        except csv.Error as error:
            raise ReadError(f"the first line cannot be read: {_in_words(error)}", "It names the columns.") from None
        ours = self._map.ours(header)
        seen: set[str] = set()
        for name in (*self._map.constants, *(name for name in ours if name)):
            if name in seen:
                raise ReadError(f"there are two columns `{name}`", "Rename one of them, or leave it out with --map.")
            seen.add(name)
        return ours

    def _named(self, row: list[str]) -> dict[str, str]:
        """The cells by our names; columns without a name must be empty."""
        cells: dict[str, str] = {}
        for index, cell in enumerate(row):
            text = cell.strip()
            if not text:
                continue
            if index >= len(self.columns):
                message = f"there are {len(row)} cells under {len(self.columns)} columns"
                raise ReadError(message, "Put a cell that holds the delimiter in quotes.")
            name = self.columns[index]
            if name:
                cells[name] = text
            elif self._is_unnamed(index):
                raise ReadError(f"column {index + 1} has no name but holds a value", "Name it in the first line.")
        return cells


class _Source:
    """Lines of text for the csv module; unlike a generator it goes on after an error."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = numbered_lines(file)
        self._ahead: tuple[int, bytes | ReadError] | None = None
        self.number = 0
