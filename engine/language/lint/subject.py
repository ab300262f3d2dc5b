"""What lint rules look at: one journey with its steps, conditions and messages, or the whole shop.

Everything is worked out when a rule first asks for it, and once: most journeys are asked little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from engine.calendar.clock_times import TimeSpan, read_span
from engine.conditions.names import Names
from engine.conditions.table import read_condition
from engine.conditions.vocabulary import ROOTS, Properties
from engine.language.catalog import Catalog
from engine.language.document import Document
from engine.language.journey_file import JourneyFile
from engine.language.lint.letters import Letter
from engine.language.tests_file import JourneyTest
from engine.language.walk import walk_steps
from engine.language.workspace import Workspace
from engine.model.fault import Mistake, Path
from engine.model.policy import Cap
from engine.model.predicate import Predicate
from engine.triggers.table import all_brought

_ANYTHING: Final = Names(roots=frozenset(ROOTS))
_OWN_EVENTS: Final = Names(events={})
#: Triggers that bring what the shop or a command says.
_TOLD_WITH: Final = ("event", "manual")


@dataclass(frozen=True, slots=True)
class Written:
    """A condition where it stands: its path, as written, and as it is understood."""

    path: Path
    data: Any
    predicate: Predicate
    event: str | None = None  # of a `where`: the event under test


class Subject:
    """One journey without errors."""

    def __init__(
        self, journey: JourneyFile, document: Document, workspace: Workspace, caps: tuple[Cap, ...] = ()
    ) -> None:
        self.journey = journey
        self.document = document
        self.data: Mapping[str, Any] = document.data
        self.catalog: Catalog = workspace.catalog
        self.caps = caps
        self.tests: tuple[JourneyTest, ...] | None = workspace.tests.get(journey.id)

    @cached_property
    def steps(self) -> tuple[tuple[Path, Mapping[str, Any]], ...]:
        """Every step with its path, in order of the file."""
        return tuple(walk_steps(self.data.get("steps"), ("steps",)))

    @cached_property
    def flat(self) -> Mapping[str, Mapping[str, Any]]:
        """The compiled steps by id: verb, next, targets, data."""
        return {step["id"]: step for step in (self.journey.compiled or {}).get("steps", ())}

    @cached_property
    def waits(self) -> tuple[tuple[Path, Mapping[str, Any]], ...]:
        """The steps that are waits, with their paths; other verbs may use the same words for other things."""
        waits = {id for id, step in self.flat.items() if step["verb"] == "wait"}
        return tuple((path, step) for path, step in self.steps if str(step.get("id")) in waits)

    @cached_property
    def path_of(self) -> Mapping[str, Path]:
        """Where each step stands, by id."""
        return {str(step.get("id")): path for path, step in self.steps}

    @cached_property
    def triggers(self) -> tuple[tuple[Path, Mapping[str, Any]], ...]:
        """Each trigger with its path."""
        written = self.data.get("trigger")
        if isinstance(written, list):
            return tuple((("trigger", index), one) for index, one in enumerate(written))
        return ((("trigger",), written),) if isinstance(written, Mapping) else ()

    @cached_property
    def events(self) -> tuple[str, ...]:
        """The events that start the journey."""
        return tuple(str(trigger["event"]) for _, trigger in self.triggers if "event" in trigger)

    @cached_property
    def silent(self) -> tuple[tuple[str, Properties], ...]:
        """The kinds of its triggers that come without an event of the shop, and what they bring instead."""
        brought = all_brought([trigger for _, trigger in self.triggers])
        return tuple((one.word, _OWN_EVENTS.brought_by(one)) for one in brought if one.word not in _TOLD_WITH)

    @property
    def exits(self) -> tuple[Mapping[str, Any], ...]:
        """The rules of `exit_when`."""
        return tuple(self.data.get("exit_when") or ())

    @property
    def goal(self) -> Mapping[str, Any]:
        """The goal, empty when there is none."""
        goal = self.data.get("goal")
        return goal if isinstance(goal, Mapping) else {}

    @property
    def re_entry(self) -> Any:
        """As written; None where it is left out."""
        return self.data.get("re_entry")

    @property
    def if_running(self) -> str:
        """What happens to who is inside when the trigger fires again."""
        return (
            str(self.re_entry.get("if_running", "ignore")) if isinstance(self.re_entry, Mapping) else "ignore"
        )

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The journey's `defaults`."""
        defaults = self.data.get("defaults")
        return defaults if isinstance(defaults, Mapping) else {}

    @cached_property
    def leaving_events(self) -> frozenset[str]:
        """Events that end the enrollment whatever they hold: exits and goals without `where`."""
        found = {str(rule["event"]) for rule in self.exits if "event" in rule and "where" not in rule}
        if "event" in self.goal and "where" not in self.goal and self.goal.get("exit", True):
            found.add(str(self.goal["event"]))
        return frozenset(found)

    # --- conditions -------------------------------------------------------------------------------

    @cached_property
    def conditions(self) -> tuple[Written, ...]:
        """Every condition of the journey, each `where` with its event."""
        return tuple(written for place in self._places() if (written := _understood(*place)) is not None)

    def _places(self) -> Iterator[tuple[Path, Any, str | None]]:
        if "enter_when" in self.data:
            yield ("enter_when",), self.data["enter_when"], None
        for path, trigger in self.triggers:
            yield from _where(path, trigger)
            schedule = trigger.get("schedule")
            if isinstance(schedule, Mapping) and "audience" in schedule:
                yield (*path, "schedule", "audience"), schedule["audience"], None
        for index, rule in enumerate(self.exits):
            yield from _where(("exit_when", index), rule)
        yield from _where(("goal",), self.goal)
        for path, step in self.steps:
            yield from _of_step(path, step)

    def condition_at(self, path: Path) -> Written | None:
        """The condition that stands at this path."""
        return next((one for one in self.conditions if one.path == path), None)

    # --- messages ---------------------------------------------------------------------------------

    @cached_property
    def letters(self) -> tuple[Letter, ...]:
        """What each send step sends."""
        sources = self.journey.sources
        sends = [(path, step) for path, step in self.steps if str(step.get("id")) in sources]
        return tuple(Letter(path, step, sources[str(step["id"])]) for path, step in sends)

    @cached_property
    def marketing(self) -> tuple[Letter, ...]:
        """Those that need a topic and can be unsubscribed from."""
        return tuple(letter for letter in self.letters if letter.is_marketing)

    @cached_property
    def mails(self) -> tuple[Letter, ...]:
        """Those of them that are mail, with a subject line, a footer and a link to unsubscribe."""
        return tuple(letter for letter in self.marketing if letter.step.get("send") == "email")

    def quiet_hours(self, step: Mapping[str, Any]) -> TimeSpan | None:
        """The quiet hours that a send keeps; None without any."""
        written = step.get("quiet_hours")
        if written is None and not step.get("transactional") and "to" not in step:
            written = self.defaults.get("quiet_hours")
        return None if written is None else read_span(written)


def _where(path: Path, rule: Mapping[str, Any]) -> Iterator[tuple[Path, Any, str | None]]:
    if "where" in rule:
        yield (*path, "where"), rule["where"], str(rule.get("event", rule.get("wait_for")))
    if "when" in rule:
        yield (*path, "when"), rule["when"], None


def _of_step(path: Path, step: Mapping[str, Any]) -> Iterator[tuple[Path, Any, str | None]]:
    yield from _where(path, step)
    waited = step.get("wait_for")
    if isinstance(waited, Mapping) and "condition" in waited:
        yield (*path, "wait_for", "condition"), waited["condition"], None
    repeat = step.get("repeat")
    if isinstance(repeat, Mapping) and "while" in repeat:
        yield (*path, "repeat", "while"), repeat["while"], None
    ways = step.get("branch")
    for index, way in enumerate(ways if isinstance(ways, list) else ()):
        if "if" in way:
            yield (*path, "branch", index, "if"), way["if"], None


def _understood(path: Path, data: Any, event: str | None) -> Written | None:
    predicate = read_condition(data, (), _ignore, _ANYTHING)
    return None if predicate is None else Written(path, data, predicate, event)


def _ignore(_mistake: Mistake) -> None:
    """The checks of the language have said it."""


class Shop:
    """The whole workspace: what is shared, and the journeys without errors."""

    def __init__(self, workspace: Workspace, files: Mapping[str, bytes], caps: tuple[Cap, ...] = ()) -> None:
        self.workspace = workspace
        self.catalog = workspace.catalog
        self.files = files
        self.subjects = tuple(
            Subject(journey, journey.document, workspace, caps)
            for journey in workspace.journeys.values()
            if journey.compiled is not None and journey.document is not None
        )

    @property
    def is_whole(self) -> bool:
        """Whether all journeys could be read: only then is it known what nobody uses."""
        return len(self.subjects) == len(self.workspace.journeys)
