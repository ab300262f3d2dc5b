"""All benchmarks, one after the other, and a table at the end: `make bench`.

    python -m benchmarks.run [--small]

Each runs in a process of its own, so that none inherits the memory of another. `--small` is quick and proves
only that they run. Figures differ from run to run; the ratios within one run are what counts.
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from os import cpu_count


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module of this folder and what it is told for a full and for a small run."""

    module: str
    full: tuple[str, ...] = ()
    small: tuple[str, ...] = ()


BENCHMARKS = (
    Benchmark("advance", small=("--positions", "50000", "--due", "10000", "--rounds", "1")),
    Benchmark("poll", small=("--small", "--rounds", "3")),
    Benchmark("validate", small=("--rounds", "1")),
    Benchmark("journey_tests", small=("--rounds", "1")),
    Benchmark("conditions", small=("--rounds", "1")),
    Benchmark("ingest", small=("--small",)),
    Benchmark("letters", small=("--letters", "50", "--rounds", "1")),
    Benchmark("in_and_out", small=("--rows", "2000")),
)


def run(benchmark: Benchmark, *, is_small: bool) -> tuple[bool, list[str]]:
    """Whether it came to its end, and the lines it printed, which are shown as they come."""
    arguments = benchmark.small if is_small else benchmark.full
    command = [sys.executable, "-m", f"benchmarks.{benchmark.module}", *arguments]
    print(f"$ python {' '.join(command[1:])}", flush=True)
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(f"  {line}", end="", flush=True)
            lines.append(line.rstrip())
    return process.returncode == 0, lines


def machine() -> str:
    """What the figures depend on."""
    return f"{cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def main() -> None:
    """Exit code 1 when one of them did not come to its end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="quick, to see that all of them run")
    asked = parser.parse_args()
    done = [(benchmark.module, *run(benchmark, is_small=asked.small)) for benchmark in BENCHMARKS]
    print(f"\n{machine()}{'; small run' if asked.small else ''}")
    for module, has_ended, lines in done:
        figures = [line for line in lines if not line.startswith("round ")]
        for line in figures if has_ended else [*figures, "FAILED"]:
            print(f"{module:15}{line}")
    if not all(has_ended for _, has_ended, _ in done):
        sys.exit(1)


if __name__ == "__main__":
    main()
