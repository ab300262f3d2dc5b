"""Output for programs: JSON with a `format` that tells its version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

FORMAT = 1


def print_json(content: Mapping[str, Any]) -> None:
    """One object on standard output, `format` first."""
    click.echo(json.dumps({"format": FORMAT, **content}, ensure_ascii=False, indent=2))
