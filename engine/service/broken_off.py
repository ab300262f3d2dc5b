"""How far an export came before it broke off: the last row that is whole, and where the file goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from engine.errors import ReadError, RefusedError
from engine.intake.exact import INEXACT, exact
from engine.intake.lines import LineError, iter_jsonl
from engine.intake.tables import Table


@dataclass(frozen=True, slots=True)
class Reached:
    """`size`: the bytes that are whole. `last` is what the last thing is known by; None before the first."""

    size: int = 0
    rows: int = 0
    last: str | None = None
    header: tuple[str | None, ...] = ()


class _Watched:
    """A file that remembers where the last whole line ended."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = 0
        self.is_whole = True

    def readline(self, limit: int) -> bytes:
        line = self._file.readline(limit)
        self.read += len(line)
        if line:
            self.is_whole = line.endswith(b"\n")
        return line


def how_far(file: BinaryIO, key: str, *, is_table: bool) -> Reached:
    """Reads the file once. RefusedError where something else stands in it than an export."""
    watched = _Watched(file)
    table: Table | None = None
    if is_table:
        try:
            table = Table(watched)  # type: ignore[arg-type]  # it reads lines and nothing else
        except ReadError:
            return Reached()
        if not watched.is_whole:
            return Reached()
    header = () if table is None else tuple(table.header)
    reached = Reached(watched.read, header=header)
    lines = iter(table if table is not None else iter_jsonl(watched))  # type: ignore[arg-type]  # likewise
    return _last_whole(watched, lines, key, reached)


def _last_whole(
    watched: _Watched, lines: Iterator[tuple[int, Mapping[str, Any] | LineError]], key: str, reached: Reached
) -> Reached:
    broken: LineError | None = None
    for number, found in lines:
        if broken is not None:  # it was not the last line
            break
        if not watched.is_whole:
            continue
        if isinstance(found, LineError):
            broken = found
        elif found.get(key) is None:
            broken = LineError(number, f"there is no `{key}`")
        else:
            reached = Reached(watched.read, reached.rows + 1, _text(found[key]), reached.header)
    else:
        return reached
    assert broken is not None  # noqa: S101  # the loop ended for it
    raise RefusedError(
        f"line {broken.line} of the file cannot be what an export wrote: {broken.reason}",
        "Take the file away and export anew.",
    )


def _text(value: Any) -> str:
    found = exact(value) if isinstance(value, str) else value
    return str(value if found is INEXACT else found)
