"""Validating a shop of 100 journeys: reading all files, every check, compiling; the figure is CPU time.

    python -m benchmarks.validate [--journeys N] [--rounds N] [--templates]

The shop is made of the shipped journeys, each under many names, and lint looks at it too. `--templates` adds
the checks of the Liquid in the messages, as `journeys validate` does.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from engine.language.lint.check import lint
from engine.language.workspace import read_workspace
from engine.service.faults import all_faults

SHIPPED = Path(__file__).parents[1] / "journeys"
LIMIT = 1.0  # second of CPU for 100 journeys


def shop(journeys: int) -> dict[str, bytes]:
    """The shared files, and the shipped journeys in turn until there are enough."""
    files = {f"journeys/{name}": (SHIPPED / name).read_bytes() for name in ("catalog.yaml", "segments.yaml")}
    folders = sorted(path.parent for path in SHIPPED.glob("*/journey.yaml"))
    for number in range(journeys):
        folder = folders[number % len(folders)]
        id = f"{folder.name}-{number}"
        for path in sorted(folder.iterdir()):
            text = path.read_text(encoding="utf-8").replace(f"journey: {folder.name}\n", f"journey: {id}\n")
            files[f"journeys/{id}/{path.name}"] = text.encode()
    return files


def measure(files: dict[str, bytes], rounds: int, *, templates: bool) -> list[float]:
    """CPU seconds of each round."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        workspace = read_workspace(files)
        faults = all_faults(workspace, files) if templates else workspace.all_faults()
        # That twenty-five copies of a journey write at the same moment is true, and only a remark.
        faults += [fault for fault in lint(workspace, files) if fault.severity != "info"]
        times.append(time.process_time() - start)
        if faults:
            raise SystemExit(f"the shop should be right, but {faults[0]}")
    return times


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--journeys", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--templates", action="store_true")
    options = parser.parse_args()
    files = shop(options.journeys)
    times = measure(files, options.rounds, templates=options.templates)
    allowed = LIMIT * options.journeys / 100
    print(
        f"{options.journeys} journeys, {len(files)} files: {median(times):.2f} s CPU"
        f" (median of {len(times)}, worst {max(times):.2f}; {allowed:.2f} allowed)"
    )


if __name__ == "__main__":
    main()
