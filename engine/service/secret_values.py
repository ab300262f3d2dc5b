"""Where secrets come from: variables of the environment, and files that systemd and its like hand over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from engine.errors import UsageError

#: `${NAME}` in a text of a file.
VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def known_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Every variable by name; one that is set wins over a file of $CREDENTIALS_DIRECTORY. UsageError."""
    return {**_credentials(environment), **environment}


def filled(text: str, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with its variables replaced, and the names of those that are not set, or empty."""
    missing = [name for name in VARIABLE.findall(text) if not known.get(name)]
    return VARIABLE.sub(lambda match: known.get(match[1], ""), text), missing


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The file's name is the variable's."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if not folder or not Path(folder).is_dir():
        return {}
    try:
        return {
            file.name: file.read_text(encoding="utf-8").rstrip("\r\n")
            for file in sorted(Path(folder).iterdir())
            if file.is_file()
        }
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"the credentials in {folder} cannot be read", "Look at $CREDENTIALS_DIRECTORY."
        ) from None
