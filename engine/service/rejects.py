"""The rejects file of an import: each row that was not taken, its reason, and what to write instead."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec

from engine.intake.lines import LineError


class Rejects:
    """JSON lines; the file is made with the first reject, and not at all without one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    @property
    def path(self) -> Path | None:
        """Where they were written, if there were any."""
        return self._path if self._file is not None else None

    def add(self, error: LineError, row: Any) -> None:
        """One row that was not taken; `row` is what stood there."""
        if self._path is None:
            return
        if self._file is None:
            self._file = self._path.open("wb")
        told = {"line": error.line, "reason": error.reason, "help": error.help}
        self._file.write(_encoded({**told, "row": row}) or msgspec.json.encode({**told, "row": None}))
        self._file.write(b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def _encoded(plain: Any) -> bytes | None:
    """None for what was rejected because it cannot be written as JSON."""
    try:
        return msgspec.json.encode(plain)
    except (TypeError, ValueError, RecursionError):
        return None
