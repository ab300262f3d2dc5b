"""Asking who is due when nobody is, with 1 million and with 10 million sleepers: it must cost the same.

    python -m benchmarks.poll [--small] [--rounds N]

Only position rows are made, nothing else is read by the question. `--small` takes a tenth of each.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.advance import NOW, due_times, seed_positions
from engine.store.database import Store

SLEEPERS = (1_000_000, 10_000_000)
CALLS = 2_000  # in each measurement


@dataclass(frozen=True, slots=True)
class Polled:
    """Medians over the rounds, in microseconds for one question; and what a sleeper takes on disk."""

    few: float
    many: float
    bytes_each: float

    @property
    def ratio(self) -> float:
        """How much more it costs with ten times the sleepers."""
        return self.many / self.few


def prepare(path: Path, sleepers: int) -> None:
    """A database in which so many wait and nobody is due at NOW."""
    Store.open(f"sqlite:///{path}", create=True).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = OFF")  # it can be made anew
    db.execute("PRAGMA cache_size = -262144")
    db.execute("DROP INDEX position_due")  # made at the end, sorted, which is much faster
    seed_positions(db, due_times(sleepers, None), 1, 2)
    db.execute("CREATE INDEX position_due ON position (due_at) WHERE due_at IS NOT NULL")
    db.commit()
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def poll(store: Store) -> float:
    """Microseconds for one question by the daemon's own front door."""
    began = time.perf_counter()
    for _ in range(CALLS):
        if store.due(NOW):
            raise RuntimeError("somebody is due")
    return (time.perf_counter() - began) / CALLS * 1_000_000


def measure(sleepers: tuple[int, int], rounds: int) -> Polled:
    """Both databases in turn, round by round."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{count}.db" for count in sleepers]
        for file, count in zip(files, sleepers, strict=True):
            prepare(file, count)
        stores = [Store.open(f"sqlite:///{file}") for file in files]
        for store in stores:
            poll(store)  # the first is slower: connections, caches
        turns = [(poll(stores[0]), poll(stores[1])) for _ in range(rounds)]
        for store in stores:
            store.close()
        few, many = (median(times) for times in zip(*turns, strict=True))
        return Polled(few, many, files[1].stat().st_size / sleepers[1])


def main() -> None:
    """Prints both and their ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="a tenth of the sleepers")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    sleepers = (SLEEPERS[0] // 10, SLEEPERS[1] // 10) if asked.small else SLEEPERS
    polled = measure(sleepers, asked.rounds)
    for count, micros in zip(sleepers, (polled.few, polled.many), strict=True):
        print(f"{count:,} sleepers: {micros:.0f} µs")
    print(f"ratio {polled.ratio:.2f} (1.2 allowed)")
    print(f"{polled.bytes_each:.0f} bytes on disk for each position (120 allowed)")


if __name__ == "__main__":
    main()
