"""Packages of npm in a scratch folder, for tests that need what only Node has."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

#: A machine without network shall say so soon, and npm nothing about itself.
_NPM = {
    "npm_config_fetch_retries": "0",
    "npm_config_fetch_timeout": "20000",
    "npm_config_update_notifier": "false",
}
_INSTALL = "npm install --no-audit --no-fund --ignore-scripts --no-save --prefer-offline"


def install(folder: Path, *packages: str) -> str | None:
    """Each as NAME@VERSION; None when they are there, otherwise why they cannot be."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"there is no {program} on this machine"
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    try:
        done = subprocess.run(
            [*_INSTALL.split(), *packages],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=180,
            env=os.environ | _NPM,
        )
    except subprocess.TimeoutExpired:
        return "npm did not answer within three minutes"
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        return f"npm cannot install {', '.join(packages)}: {(lines or ['no reason given'])[0]}"
    return None
