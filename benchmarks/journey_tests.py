"""The tests of the shipped journeys: what one of them takes, in CPU time.

    python -m benchmarks.journey_tests [--rounds N]

A test: living through it on the virtual clock, rendering its messages, comparing with what was expected. What
comes once before the tests of a journey, checking it and compiling its templates, is told apart.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from engine.language.workspace import Workspace, read_workspace
from engine.model.policy import Policy
from engine.service.journey_tests import Tried, run_tests

SHIPPED = Path(__file__).parents[1] / "journeys"
LIMIT = 5.0  # milliseconds of CPU for a test


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their path from the workspace."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder.parent)): path.read_bytes() for path in paths}


def measure(files: dict[str, bytes], rounds: int) -> tuple[int, list[float], list[float]]:
    """How many tests there are; of each round the milliseconds of a test, and of what comes before."""
    workspace, each, before, count = read_workspace(files), [], [], 0
    untested = replace(workspace, tests={})
    for _ in range(rounds):
        start = time.process_time()
        _run(untested, files)
        between = time.process_time()
        results = _run(workspace, files)
        count = len(results)
        before.append((between - start) * 1000)
        each.append((time.process_time() - between) * 1000 / count - before[-1] / count)
        if failed := [one.name for one in results if not one.passed]:
            raise SystemExit(f"the shipped tests should pass, but not: {', '.join(failed)}")
    return count, each, before


def _run(workspace: Workspace, files: dict[str, bytes]) -> list[Tried]:
    runs = run_tests(workspace, files, Policy(), "mailto:a@shop.example")
    return [one for run in runs for one in run.results]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    count, each, before = measure(files_of(SHIPPED), parser.parse_args().rounds)
    print(
        f"{count} journey tests: {median(each):.2f} ms CPU each"
        f" (median of {len(each)} rounds, worst {max(each):.2f}; {LIMIT:.0f} allowed);"
        f" checking and compiling the four journeys before them {median(before):.0f} ms"
    )


if __name__ == "__main__":
    main()
