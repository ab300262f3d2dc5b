"""A fault is a mistake in a file, told in the reader's words with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.model.source import SourcePosition

Severity = Literal["error", "warning", "info"]

#: The way from the top of a file to a value: keys and list indexes, e.g. ("steps", 0, "wait").
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: place, rule, words, fix. An `error` disables the journey it stands in."""

    position: SourcePosition
    severity: Severity
    rule: str  # stable code such as "J204"
    message: str  # what is wrong, in the marketer's words
    help: str  # what to write instead


@dataclass(frozen=True, slots=True)
class Mistake:
    """What a pure reader finds: a fault that knows its path in the data but not its line.

    `language` turns it into a Fault by looking the path up in the positions of the file.
    `at_key` points at the key rather than at the value.
    """

    path: Path
    rule: str
    message: str
    help: str
    at_key: bool = False
    severity: Severity = "error"


#: Readers report mistakes through this and go on, so that one run finds as many as it can.
Report = Callable[[Mistake], None]
