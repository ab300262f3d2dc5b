"""Erasing a person: from the database in one transaction, then captured messages from their folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.channels.capture import captured
from engine.errors import MissingError
from engine.service.letters import carried_as
from engine.store.database import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erasing:
    """What is gone: rows by table, and captured files; `left` are files that could not be removed."""

    rows: Mapping[str, int]
    files: int
    left: tuple[Path, ...]


def erase(store: Store, contact: str, now: datetime, source: str, folder: Path | None) -> Erasing:
    """Everything about a contact. `folder` is that of messages that never left. MissingError.

    A backup keeps what it holds until it is thrown away; after restoring one, erase again.
    """
    with store.page("erase") as page:
        erased = page.erase(contact, now, source)
    if erased is None:
        raise MissingError(
            f"there is no contact `{contact}`",
            "Who was erased before is gone; `journeys suppress list` counts them.",
        )
    files, left = _remove(folder, erased.letters) if folder is not None else (0, ())
    return Erasing(erased.rows, files, left)


def _remove(folder: Path, letters: tuple[tuple[str, str], ...]) -> tuple[int, tuple[Path, ...]]:
    files, left = captured(folder, (one for letter in letters for one in carried_as(*letter))), []
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            log.error("the captured message %s is still there: %s", file, error)
            left.append(file)
    return len(files) - len(left), tuple(left)
