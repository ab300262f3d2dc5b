"""Where something stands in a file, so that every complaint can point at it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourcePosition:
    """A span of characters in one file: lines and columns count from 1, the end is exclusive."""

    file: str  # relative to the workspace, with forward slashes
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
