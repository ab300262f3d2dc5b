"""Progress of long work: a bar on a terminal, a line now and then otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from engine.commands.context import Context

_EVERY = 5.0


@contextmanager
def progress_of(context: Context, what: str) -> Iterator[Callable[[datetime, int], None]]:
    """A function that takes the virtual time and the number done so far."""
    if sys.stderr.isatty() and not context.options.is_plain:
        console = Console(stderr=True)
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        ) as bar:
            task = bar.add_task(what)
            yield lambda at, done: bar.update(task, description=f"{what}: {at:%Y-%m-%d}, {done:,} events")
        return
    last = time.monotonic()

    def tell(at: datetime, done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            print(f"{what}: {at:%Y-%m-%d}, {done:,} events", file=sys.stderr, flush=True)  # noqa: T201

    yield tell
