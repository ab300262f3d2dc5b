"""A package of PyPI in a scratch folder, for one that cannot live beside what the project itself needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def install(folder: Path, package: str) -> str | None:
    """NAME==VERSION, with what it needs; None when it is there, otherwise why it cannot be."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries",
        "0",
    ]
    try:
        done = subprocess.run(
            [*command, "--target", str(folder), package],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "pip did not answer within three minutes"
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return f"pip cannot install {package}: {(lines or ['no reason given'])[0]}"
    return None
