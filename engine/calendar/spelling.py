"""How a value that cannot be read is shown in the complaint about it."""

from __future__ import annotations


def quoted(value: object, limit: int = 60) -> str:
    """A value in backticks, cut to a length that still fits a line of a terminal."""
    text = str(value)
    return f"`{text if len(text) <= limit else text[: limit - 1] + '…'}`"
