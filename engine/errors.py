"""Every deliberate error of the engine, drawn as one tree; the doors turn them into words and exit codes.

JourneysError                 something we foresaw; its text is for people
├── UsageError                the command line or the config cannot be read         (exit 2)
├── RefusedError              a thing we will not do, with the reason                (exit 1)
│   ├── MissingError          what was named is not there                            (exit 1)
│   ├── FaultyError           files hold faults; carries them                        (exit 1)
│   └── LeaseError            another daemon holds the database                      (exit 1)
├── ReadError                 a text is not what it should be (duration, zone, …)
├── StoreError                the database cannot be used as it is                   (exit 2)
└── RenderError               a message cannot be made from its values
"""

from __future__ import annotations

from collections.abc import Sequence


class JourneysError(Exception):
    """Base of all deliberate errors. `help` says what to do about it, in one sentence or empty."""

    exit_code = 1

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class UsageError(JourneysError):
    """The command line or the configuration cannot be used."""

    exit_code = 2


class RefusedError(JourneysError):
    """The engine understood and declines; the message names why."""


class MissingError(RefusedError):
    """A contact or journey that was named is not there."""


class FaultyError(RefusedError):
    """Files hold faults; `faults` carries them (model.fault.Fault) for the door to print."""

    def __init__(self, message: str, faults: Sequence[object], help: str = "") -> None:
        super().__init__(message, help or "Run `journeys validate` and correct what it names.")
        self.faults = tuple(faults)


class LeaseError(RefusedError):
    """Another daemon works on this database; the message names its pid and host."""


class ReadError(JourneysError):
    """A single text cannot be read as what it should be; `help` shows how to write it."""


class StoreError(JourneysError):
    """The database cannot be used as it is: wrong schema, unreadable, unreachable."""

    exit_code = 2


class RenderError(JourneysError):
    """A message cannot be rendered from the values it was released with."""
