"""What a lint rule is made of: a code, words, a check, an example that it finds and one that it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.language.lint.subject import Shop, Subject
from engine.model.fault import Path
from engine.model.policy import Cap

#: Lint only warns or remarks: what can never run is a fault of its own and stops a journey elsewhere.
Weight = Literal["warning", "info"]

#: The chapters of the reference, in its order.
Group = Literal["flow", "people", "conditions", "entry and goal", "time", "sending", "content", "references"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has found: where, what is odd, what to write instead.

    `path` is a place in `file` (the journey's own when empty). `line` above 0 is a place in a text instead,
    with `column` and `length` in characters.
    """

    path: Path
    message: str
    help: str
    at_key: bool = False
    file: str = ""
    line: int = 0
    column: int = 1
    length: int = 1


@dataclass(frozen=True, slots=True)
class Example:
    """A small workspace. `journey` replaces parts of a journey that is right, `without` takes parts of it
    away; `files` are whole files, by their path below `journeys/`; `caps` those of config.yaml.
    """

    journey: str = ""
    without: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    caps: tuple[Cap, ...] = ()


def _nothing_in_journey(_subject: Subject) -> Iterator[Finding]:
    return iter(())


def _nothing_in_shop(_shop: Shop) -> Iterator[Finding]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `check` looks at one journey, `check_shop` at all that is shared; most have one of them.

    `meaning` is one sentence; `why` tells what happens to the people in the journey if nobody mends it.
    """

    code: str
    group: Group
    severity: Weight
    meaning: str
    why: str
    example: Example
    clean: Example
    check: Callable[[Subject], Iterator[Finding]] = _nothing_in_journey
    check_shop: Callable[[Shop], Iterator[Finding]] = _nothing_in_shop
