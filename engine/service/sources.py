"""The sources that were applied, each with its secrets: whom it believes, and what becomes of what it sends.

Files become what runs by `apply`, as journeys do; secrets stay with the process and never reach the database.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.errors import JourneysError, ReadError
from engine.intake.requests import Batch
from engine.intake.signatures import Proof, proof_of
from engine.intake.webhooks import Mapped, Source
from engine.language.workspace import Workspace
from engine.service.secret_values import filled, known_variables
from engine.store.database import Store

log = logging.getLogger(__name__)

#: The setting that holds the plain form of every source by its name.
SOURCES: Final = "sources"

#: Begins the name under which figures and rejected items of a source are kept; no journey has such an id.
PREFIX: Final = "sources/"

_SET: Final = (
    "Set the variable where the daemon runs, or put a file of that name into $CREDENTIALS_DIRECTORY."
)

#: Characters of a secret; with fewer it could be guessed.
_SHORTEST: Final = 8


class ClosedError(JourneysError):
    """The source takes nothing: a secret is missing. The text is for the log."""


@dataclass(frozen=True, slots=True)
class OpenSource:
    """One source, ready to take requests."""

    source: Source
    proof: Proof
    plain: Mapping[str, Any] = field(repr=False)


def kept_sources(workspace: Workspace, old: Mapping[str, Any]) -> dict[str, Any]:
    """What apply keeps: of a faulty file the last good form goes on, and one that is gone is closed."""
    found = {}
    for id, file in workspace.sources.items():
        if file.plain is not None:
            found[id] = dict(file.plain)
        elif id in old:
            found[id] = old[id]
    return found


def open_source(name: str, plain: Mapping[str, Any], known: Mapping[str, str]) -> OpenSource:
    """Raises ClosedError where no secret can be used, or this release cannot read what another applied."""
    try:
        proof = _proof(name, plain["signature"], known)
        take = [_with_secrets(name, rule, known) for rule in plain["take"]]
        return OpenSource(Source(name, {**plain, "take": take}), proof, plain)
    except (ReadError, KeyError, TypeError) as error:
        words = error.message if isinstance(error, ReadError) else f"{type(error).__name__}: {error}"
        raise ClosedError(f"source {name} takes nothing: {words}", "Run `journeys apply` again.") from None


def _with_secrets(name: str, rule: Mapping[str, Any], known: Mapping[str, str]) -> Mapping[str, Any]:
    """The rule with the variables of its `fetch`, where it has one."""
    if "fetch" not in rule:
        return rule

    def value(text: str) -> str:
        found, missing = filled(text, known)
        if missing:
            raise ClosedError(f"source {name} takes nothing: {missing[0]} is not set", _SET)
        return found

    fetch = rule["fetch"]
    headers = {key: value(text) for key, text in fetch.get("headers", {}).items()}
    return {**rule, "fetch": {"url": value(fetch["url"]), "headers": headers}}


def _proof(name: str, plain: Mapping[str, Any], known: Mapping[str, str]) -> Proof:
    written = plain["secret"]
    secrets, reasons = [], []
    for text in [written] if isinstance(written, str) else written:
        secret, missing = filled(text, known)
        if missing:
            reasons.append(f"{missing[0]} is not set")
        elif len(secret) < _SHORTEST:
            reasons.append(f"{text} has fewer than {_SHORTEST} characters")
        else:
            secrets.append(secret)
    if not secrets:
        raise ClosedError(
            f"source {name} takes nothing: {', '.join(reasons)}",
            _SET,
        )
    try:
        return proof_of(plain, secrets)
    except ReadError as error:
        raise ClosedError(f"source {name} takes nothing: its secret {error.message}", error.help) from None


def batch_of(name: str, mapped: Mapped) -> Batch:
    """What the inbox takes, with the figures of `status`."""
    figures = {
        (f"{PREFIX}{name}", kind, what): number
        for what, counts in (("taken", mapped.taken), ("ignored", mapped.ignored))
        for kind, number in counts.items()
    }
    if mapped.rejected:
        figures[f"{PREFIX}{name}", "", "rejected"] = len(mapped.rejected)
    return Batch(list(mapped.entries), list(mapped.rejected), figures=figures)


@dataclass(slots=True)
class Sources:
    """What was applied last; looked at again as soon as `serial` says that something newer was."""

    store: Store
    serial: Callable[[], int]
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    _serial: int | None = None
    _open: dict[str, OpenSource] = field(default_factory=dict)
    _closed: dict[str, ClosedError] = field(default_factory=dict)

    def find(self, name: str) -> OpenSource | None:
        """None for a source that was never applied. Raises ClosedError."""
        serial = self.serial()
        if serial != self._serial:
            self._load(serial)
        if name in self._closed:
            raise self._closed[name]
        return self._open.get(name)

    def _load(self, serial: int) -> None:
        known = known_variables(self.environment)
        opened: dict[str, OpenSource] = {}
        closed: dict[str, ClosedError] = {}
        for name, plain in (self.store.setting(SOURCES) or {}).items():
            try:
                opened[name] = open_source(name, plain, known)
            except ClosedError as error:
                closed[name] = error
                log.warning("%s. %s", error.message, error.help)
        self._open, self._closed, self._serial = opened, closed, serial


def source_figures(store: Store) -> dict[str, dict[str, dict[str, int]]]:
    """Source → kind → what → how many payloads, of the sources that are applied."""
    found: dict[str, dict[str, dict[str, int]]] = {name: {} for name in store.setting(SOURCES) or {}}
    for (of, kind, what), number in sorted(store.counters().items()):
        name = of.removeprefix(PREFIX)
        if of.startswith(PREFIX) and name in found:
            found[name].setdefault(kind, {})[what] = number
    return found
