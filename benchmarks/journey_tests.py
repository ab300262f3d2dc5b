"""The tests of the shipped journeys: what one of them takes, everything included but reading the files.

    python -m benchmarks.journey_tests [--rounds N]

Checking each journey, compiling its templates, living through every test on the virtual clock, rendering its
messages, comparing with what was expected. The figure is CPU time over the number of tests.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from engine.language.workspace import read_workspace
from engine.model.policy import Policy
from engine.service.journey_tests import run_tests

SHIPPED = Path(__file__).parents[1] / "journeys"
LIMIT = 5.0  # milliseconds of CPU for a test


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their path from the workspace."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder.parent)): path.read_bytes() for path in paths}


def measure(files: dict[str, bytes], rounds: int) -> tuple[int, list[float]]:
    """How many tests there are, and the milliseconds of one in each round."""
    workspace, times, count = read_workspace(files), [], 0
    for _ in range(rounds):
        start = time.process_time()
        results = [
            one
            for run in run_tests(workspace, files, Policy(), "mailto:a@shop.example")
            for one in run.results
        ]
        count = len(results)
        times.append((time.process_time() - start) * 1000 / count)
        if failed := [one.name for one in results if not one.passed]:
            raise SystemExit(f"the shipped tests should pass, but not: {', '.join(failed)}")
    return count, times


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    count, times = measure(files_of(SHIPPED), parser.parse_args().rounds)
    print(
        f"{count} journey tests: {median(times):.2f} ms CPU each"
        f" (median of {len(times)} rounds, worst {max(times):.2f}; {LIMIT:.0f} allowed)"
    )


if __name__ == "__main__":
    main()
