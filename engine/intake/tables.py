"""Tables: CSV files as spreadsheets and shops write them. What a cell means is told elsewhere."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from engine.errors import ReadError
from engine.intake.columns import ColumnMap
from engine.intake.exact import read_names, unguarded
from engine.intake.lines import LineError, numbered_lines

_DELIMITERS = ",;\t"
_QUOTES = "Put a cell that holds quotes in quotes, and write each of its quotes twice."
_QUOTED = re.compile(rb'"[^"]*"')
_EXCEL = re.compile(rb"sep=([,;\t])\s*")

#: Cells of a row that are not empty, by our names.
Cells = Mapping[str, str]


class Table:
    """An open CSV file. Making it reads the header, and raises ReadError where that cannot be used."""

    def __init__(self, file: BinaryIO, map: ColumnMap | None = None) -> None:
        self._map = map or ColumnMap()
        self._source = _Source(file)
        self._reader = csv.reader(self._source, delimiter=self._source.delimiter(), strict=True)
        self.header = self._read_header()

    @property
    def columns(self) -> frozenset[str]:
        """All names that a row may have a value for."""
        return frozenset(name for name in (*self.header, *self._map.constants) if name)

    def __iter__(self) -> Iterator[tuple[int, Cells | LineError]]:
        """Each row with the line it begins on; rows without any value are passed over."""
        while True:
            line = self._source.number + 1
            try:
                row = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, LineError(line, self._swallowed(line, _in_words(error)), _QUOTES)
            except LineError as error:
                yield error.line, error
            else:
                if any(cell.strip() for cell in row):
                    yield line, self._cells(line, row)

    def _read_header(self) -> list[str | None]:
        try:
            header = read_names(next(row for row in self._reader if row))
        except StopIteration:
            raise ReadError(
                "the file is empty", "Its first line names the columns, such as id,email."
            ) from None
        except csv.Error as error:
            raise ReadError(f"the first line cannot be read: {_in_words(error)}", _QUOTES) from None
        ours = self._map.ours(header)
        seen = set(self._map.constants)
        for name in filter(None, ours):
            if name in seen:
                raise ReadError(f"there are two columns `{name}`", "Rename one, or leave it out with --map.")
            seen.add(name)
        return ours

    def _cells(self, line: int, row: list[str]) -> Cells | LineError:
        try:
            return {**self._map.constants, **self._named(row)}
        except ReadError as error:
            return LineError(line, error.message, error.help, ",".join(row).encode())

    def _named(self, row: list[str]) -> dict[str, str]:
        """The cells that hold something, by our names."""
        cells: dict[str, str] = {}
        for index, cell in enumerate(row):
            if text := cell.strip():
                name = self._name_of(index, row)
                if name is not None:
                    cells[name] = unguarded(text)
        return cells

    def _swallowed(self, line: int, words: str) -> str:
        """A quote that is never closed takes the lines behind it with it; that must be said."""
        last = self._source.number
        return words if last <= line else f"{words}; everything down to line {last} was taken for one cell"

    def _name_of(self, index: int, row: list[str]) -> str | None:
        if index >= len(self.header):
            message = f"there are {len(row)} cells under {len(self.header)} columns"
            raise ReadError(message, "Put a cell that holds the delimiter in quotes.")
        name = self.header[index]
        if name == "":
            raise ReadError(f"column {index + 1} has no name but holds a value", "Name it in the first line.")
        return name


class _Source:
    """Lines of text for the csv module; unlike a generator it goes on after an error."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = numbered_lines(file)
        self._ahead: list[tuple[int, bytes | LineError]] = []
        self.number = 0

    def delimiter(self) -> str:
        """What parts the cells, told by the first line that is not blank. Excel may say it: `sep=;`."""
        for number, line in self._lines:
            if isinstance(line, LineError):
                raise line
            if not line.strip():
                continue
            if found := _EXCEL.fullmatch(line):
                return found[1].decode()
            self._ahead.append((number, line))
            plain = _QUOTED.sub(b"", line).decode(errors="replace")
            return max(_DELIMITERS, key=plain.count)
        return _DELIMITERS[0]

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        self.number, line = self._ahead.pop() if self._ahead else next(self._lines)
        if isinstance(line, LineError):
            raise line
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            help = "Save the file as UTF-8; in Excel as `CSV UTF-8`."
            raise LineError(self.number, f"byte {error.start + 1} is not UTF-8", help, line) from None


def _in_words(error: csv.Error) -> str:
    """The csv module speaks to programmers."""
    text = str(error)
    words = {
        "unexpected end of data": "a quote is opened and never closed",
        "field larger than": "a quote is opened and not closed",
        "expected after": "a quote stands in the middle of a cell",
        "new-line character": "the line ends as on old Macs",
    }
    return next((told for sign, told in words.items() if sign in text), text)
