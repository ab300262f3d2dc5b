"""What a step type is made of, and what it is read with and bound to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.conditions.names import Names
from engine.conditions.vocabulary import Remembered
from engine.conditions.wording import sentence
from engine.errors import ReadError
from engine.model.fault import Mistake, Path, Report
from engine.model.journey import Step
from engine.model.message import Kind
from engine.model.view import View
from engine.steps.rules import UNREADABLE_TIME

#: Makes a text with Liquid in it into a function of the view; given by the floor that knows templates.
TextMaker = Callable[[str], Callable[[View], str]]


@dataclass(frozen=True, slots=True)
class Reader:
    """Where a step is read: its path in the file, where to report, and what may be named.

    `names` knows attributes, events and step ids; `topics` is None when unchecked. `message_topics` are
    the files beside the journey with the topic of each, `unread_messages` those with faults of their own;
    `inherits_topic` says that a topic comes from the journey's defaults, `later_steps` are ids further
    down (for `if_past`), `journey` is the id of the journey itself; `is_scheduled`: nobody enters it but by a
    schedule.
    """

    path: Path
    report: Report
    names: Names
    topics: frozenset[str] | None = None
    message_topics: Mapping[str, str | None] | None = None
    message_kinds: Mapping[str, Kind] | None = None
    unread_messages: frozenset[str] = frozenset()
    inherits_topic: bool = False
    later_steps: frozenset[str] | None = None
    journey: str = ""
    has_goal: bool = True
    is_scheduled: bool = True

    def wrong(
        self, key: str | tuple[str | int, ...], rule: str, message: str, help: str, *, at_key: bool = False
    ) -> None:
        """Report a mistake at a key of this step."""
        tail = (key,) if isinstance(key, str) else key
        self.report(Mistake((*self.path, *tail), rule, message, help, at_key))

    def take(self, key: str | tuple[str | int, ...], read: Callable[[Any], Any], value: Any) -> Any:
        """Read one time or duration; a ReadError becomes a mistake at that key and None."""
        try:
            return read(value)
        except ReadError as error:
            self.wrong(key, UNREADABLE_TIME, sentence(error.message), sentence(error.help))
            return None


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a step is bound: its place in the flat list and what the journey gives it."""

    id: str
    next: str | None
    targets: Mapping[str, str | None]
    journey: str
    defaults: Mapping[str, Any]
    message_topic: str | None = None  # from the front matter
    reads: frozenset[tuple[str, ...]] | None = None  # what the template reads; None: everything
    make_text: TextMaker | None = None


def _nothing_foreseen(_data: Mapping[str, Any], _reader: Reader) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class StepType:
    """One verb. `keys` are the words that may name it (a wait may begin with `until`).

    `schema` holds the JSON Schema of its own keys; `nested` tells
    which of its lists hold steps: pairs of (target name, path below the step). `foresee` looks at the step
    before its shape is checked, reports what people easily take the verb for, and answers whether it did.
    `remembers` tells, also of a step with mistakes, what later conditions and messages find at step.ID.FIELD.
    `names_something`: it has an `as`, by which later messages know what it found.
    `comes_back`: the last of its nested steps leads back to it instead of on to what follows.
    `read` reports mistakes and answers a spec or None; `bind` makes the runnable step of a spec.
    """

    word: str
    keys: tuple[str, ...]
    summary: str
    example: str
    schema: Mapping[str, Any]
    required: tuple[str, ...]
    read: Callable[[Mapping[str, Any], Reader], Any]
    bind: Callable[[Any, Frame], Step]
    nested: Callable[[Mapping[str, Any]], list[tuple[str, Path]]] = field(default=lambda _data: [])
    foresee: Callable[[Mapping[str, Any], Reader], bool] = _nothing_foreseen
    comes_back: bool = False
    remembers: Callable[[Mapping[str, Any]], Remembered] = field(default=lambda _data: {})
    names_something: bool = False
