"""What a kind of condition is made of, and what it is read with and compiled into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from engine.conditions.names import Names
from engine.model.fault import Mistake, Path, Report
from engine.model.predicate import Predicate
from engine.model.view import View

Anything = TypeVar("Anything")

#: The first instant after `view.now` at which time alone may change the answer, or None.
NextChange = Callable[[View], datetime | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """Where something is read: its path in the file, where to report, what may be named.

    `condition` reads a condition below this one, at the place that it is given.
    """

    path: Path
    report: Report
    names: Names
    condition: Callable[[object, Reading], Predicate | None]

    def at(self, *more: str | int) -> Reading:
        """The same, further down."""
        return replace(self, path=(*self.path, *more))

    def naming(self, names: Names) -> Reading:
        """The same, with other names."""
        return replace(self, names=names)

    def wrong(self, rule: str, message: str, help: str, *, at_key: bool = False) -> Anything | None:
        """Report a mistake here. Answers None, so that a reader of anything can return it."""
        self.report(Mistake(self.path, rule, message, help, at_key))
        return None

    def doubt(self, rule: str, message: str, help: str) -> None:
        """Report something that can be run, but is hardly meant."""
        self.report(Mistake(self.path, rule, message, help, severity="warning"))


@dataclass(frozen=True, slots=True)
class Compiled:
    """A predicate as closures; `next_change` None means that time alone never changes the answer."""

    holds: Callable[[View], bool]
    next_change: NextChange | None = None
    events: frozenset[str] = frozenset()
    journeys: frozenset[str] = frozenset()


#: Compiles a predicate below the one at hand.
Build = Callable[[Predicate], Compiled]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of condition.

    `words` are the keys it begins with; `roots` the first words of paths, for the kind whose keys are paths.
    `is_alone` tells that it takes the whole mapping and no other condition beside it; then `read` gets the
    mapping, otherwise the key and its value. `schema` and `path_schema` are JSON Schema (draft-07) of the
    values, by key and by pattern. `forms` are the predicates that `compile` answers for.
    """

    name: str
    words: tuple[str, ...]
    summary: str
    example: str
    schema: Mapping[str, Mapping[str, Any]]
    read: Callable[[str, Any, Reading], Predicate | None]
    compile: Callable[[Any, Build], Compiled]
    forms: tuple[type, ...]
    roots: tuple[str, ...] = ()
    path_schema: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    definitions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # what the schemas refer to
    companions: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # by word: what may stand beside it
    is_alone: bool = False
