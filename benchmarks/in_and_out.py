"""A million contacts in and out again: seconds, and the most memory that each took.

    python -m benchmarks.in_and_out [--rows N]

Each command runs as people run it, in a process of its own; its peak is what the kernel says of it. A tenth
of the rows goes before, as the yardstick: ten times the rows must not take ten times the memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Took:
    """What one command took."""

    seconds: float
    peak: int  # bytes


def journeys(folder: Path, *arguments: str, into: Path | None = None) -> Took:
    """Run a verb; standard output into a file."""
    command = [sys.executable, "runner.py", "--workspace", str(folder), *arguments]
    began = time.perf_counter()
    with (into or Path(os.devnull)).open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    return Took(time.perf_counter() - began, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def write_contacts(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write("id,email,first_name,country,orders,created_at\n")
        out.writelines(
            f"c{n},c{n}@customers.example,Ann {n},CH,{n % 9},2025-01-{n % 28 + 1:02}\n" for n in range(rows)
        )


def measure(folder: Path, rows: int) -> dict[str, Took]:
    """Import a table, export it in both forms, and import what was exported."""
    first, second = folder / "first", folder / "second"
    for shop in (first, second):
        (shop / "journeys").mkdir(parents=True)
        (shop / "journeys" / "catalog.yaml").write_text(
            "contact: { first_name: text, country: text, orders: number }\n"
        )
    source, table, lines = folder / "source.csv", folder / "out.csv", folder / "out.jsonl"
    write_contacts(source, rows)
    return {
        "import CSV": journeys(first, "import", "contacts", str(source)),
        "export CSV": journeys(first, "export", "contacts", into=table),
        "export JSON lines": journeys(first, "export", "contacts", "--format", "jsonl", into=lines),
        "import JSON lines": journeys(second, "import", "contacts", str(lines)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    taken = []
    for count in (rows // 10, rows):
        with tempfile.TemporaryDirectory() as folder:
            taken.append(measure(Path(folder), count))
    few, many = taken
    for what, took in many.items():
        speed = rows / took.seconds
        print(
            f"{what}: {took.seconds:.1f} s for {rows:,} contacts ({speed:,.0f} a second), "
            f"peak {took.peak / 2**20:.0f} MiB, with a tenth of them {few[what].peak / 2**20:.0f} MiB"
        )


if __name__ == "__main__":
    main()
