"""Which commit the files come from, when they are in git; recorded with each version."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit_of(folder: Path) -> str | None:
    """The commit checked out there; None without git, without a repository, or when it does not answer."""
    try:
        done = subprocess.run(  # noqa: S603  # no part of it comes from outside
            ["git", "-C", str(folder), "rev-parse", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
