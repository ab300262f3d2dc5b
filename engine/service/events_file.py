"""Events from a file of JSON lines, for replay and backtest: each is received when it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import UsageError
from engine.intake.lines import Identified, LineError, iter_jsonl, read_line
from engine.model.event import Event


def read_items(file: Path, reject: Callable[[LineError], None]) -> Iterator[Event | Identified]:
    """Each line's event or identify. A line that cannot be read is told to `reject`, and the rest go on."""
    try:
        with file.open("rb") as lines:
            for number, plain in iter_jsonl(lines):
                if isinstance(plain, LineError):
                    reject(plain)
                    continue
                try:
                    yield read_line(plain, line=number, received_at=None)
                except LineError as error:
                    reject(error)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror}", "Name a file of events as JSON lines."
        ) from None
