"""Plain tables on the screen: columns as wide as their content."""

from __future__ import annotations

from collections.abc import Sequence


def as_table(head: Sequence[str], rows: Sequence[Sequence[str]], margin: str = "  ") -> list[str]:
    """The lines of a table with its head; all columns but the first and the last stand to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [margin + _line(row, widths) for row in (head, *rows)]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *middle, last = row
    cells = [
        f"{first:<{widths[0]}}",
        *(f"{cell:>{width}}" for cell, width in zip(middle, widths[1:-1], strict=True)),
        last,
    ]
    return "  ".join(cells).rstrip()
