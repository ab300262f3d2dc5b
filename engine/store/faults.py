"""What can go wrong with a database, in words for the one who runs it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.errors import StoreError


class StaleError(StoreError):
    """Another worker was faster: nothing was written; load the page again."""


def explained(error: DBAPIError) -> StoreError:
    """A driver's complaint as one of ours. What collides is stale, all else is the database itself."""
    words = " ".join(str(error.orig).split())
    if isinstance(error, IntegrityError):
        return StaleError(f"The same row was written by somebody else: {words}", "Load the page again.")
    return StoreError(f"The database did not do its work: {words}", _help(words.lower()))


def _help(words: str) -> str:
    hints = {
        "locked": "Another program holds the database; the work goes on by itself when it lets go.",
        "disk": "Look at the free space and the health of the disk that holds the database.",
        "readonly": "Give the user that runs the engine the right to write to the database and its folder.",
        "not a database": "The file is no database of ours: name another in config.yaml, or move it away.",
        "unable to open": "Look at `database:` in config.yaml, and at the rights to its folder.",
        "malformed": "Restore the last backup; the file is damaged.",
        "no such table": "Run `journeys db upgrade`.",
        "does not exist": "Run `journeys db upgrade`.",
    }
    otherwise = "Look at the database server's own log."
    return next((hint for sign, hint in hints.items() if sign in words), otherwise)
