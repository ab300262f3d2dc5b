"""Lines of an events file that could not be read: counted, the first few named, the rest go on."""

from __future__ import annotations

from pathlib import Path

import click

from engine.intake.lines import LineError

_NAMED = 5


class Rejected:
    """Called with each; `tell` says on stderr what there was."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._first: list[LineError] = []
        self.count = 0

    def __call__(self, error: LineError) -> None:
        """One more line."""
        self.count += 1
        if len(self._first) < _NAMED:
            self._first.append(error)

    def tell(self) -> None:
        """The count, and the first few with their reason."""
        if not self.count:
            return
        lines = "line" if self.count == 1 else "lines"
        click.echo(
            f"warning: {self.count:,} {lines} of {self._file} could not be read and were left out", err=True
        )
        for error in self._first:
            click.echo(f"  {error.message}. {error.help}", err=True)
        if self.count > len(self._first):
            click.echo(f"  … and {self.count - len(self._first):,} more", err=True)
