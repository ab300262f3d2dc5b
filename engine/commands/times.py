"""TIME on the command line: ISO 8601 with offset, or `YYYY-MM-DD HH:MM [ZONE]` in the catalog's zone."""

from __future__ import annotations

from datetime import datetime

from engine.calendar.instants import read_instant
from engine.calendar.zones import zone_of
from engine.errors import ReadError, UsageError
from engine.language.catalog import Catalog


def read_until(text: str, catalog: Catalog) -> datetime:
    """The instant. Raises UsageError."""
    try:
        return read_instant(text, zone_of(catalog.timezone)[0])
    except ReadError as error:
        raise UsageError(error.message, error.help) from None
