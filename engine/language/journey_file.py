"""journey.yaml: from text to the compiled form, with every mistake found on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.calendar.clock_times import read_span
from engine.calendar.durations import read_duration
from engine.calendar.zones import find_zone, suggest_zone
from engine.conditions.names import Names
from engine.conditions.table import read_condition
from engine.core.rules import read_exit, read_goal, read_re_entry
from engine.errors import ReadError
from engine.language import rules
from engine.language.catalog import Catalog
from engine.language.compiled import compile_journey, verb_of, version_of
from engine.language.document import Document
from engine.language.messages import messages_by_step
from engine.language.schema import HEADER, LATER_KEYS, LATER_VALUES, REQUIRED, STEP_KEYS, step_schema, trigger_schema
from engine.language.shape import check_keys, check_shape, later_word, written_text
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake, Path
from engine.model.journey import Status
from engine.model.message import MessageSource
from engine.model.spelling import did_you_mean, suggest
from engine.steps.contract import Reader
from engine.steps.table import LATER as LATER_STEPS
from engine.steps.table import STEPS
from engine.triggers.contract import TriggerReader
from engine.triggers.table import LATER as LATER_TRIGGERS
from engine.triggers.table import TRIGGERS

_VERB_KEYS = {key for kind in STEPS.values() for key in kind.schema}


@dataclass(frozen=True, slots=True)
class JourneyFile:
    """One journey as read. `compiled` and `version` are None when an error stands in the way."""

    id: str  # of folder or file
    file: str
    status: Status
    faults: tuple[Fault, ...]
    compiled: Mapping[str, Any] | None = None
    version: str | None = None
    sources: Mapping[str, MessageSource] = field(default_factory=dict)  # messages by step id
    steps: tuple[str, ...] = ()  # ids in order of the file


def read_journey(
    text: bytes,
    file: str,
    id: str,
    catalog: Catalog,
    segments: frozenset[str] | None,
    messages: Mapping[str, MessageSource],
    message_faults: Sequence[Fault] = (),
) -> JourneyFile:
    """Read, check and compile one journey. `messages` are the files beside it; their faults are the journey's too."""
    reading = _Reading(read_yaml(text, file), id, catalog, segments, messages)
    data = reading.read()
    faults = (*reading.document.faults, *reading.faults, *message_faults)
    status: Status = data.get("status", "draft") if data.get("status") in ("draft", "live", "stopping") else "draft"
    steps = tuple(str(step.get("id")) for _, step in walk_steps(data.get("steps"), ("steps",)))
    if any(fault.severity == "error" for fault in faults) or not reading.document.is_whole:
        return JourneyFile(id, file, status, faults, steps=steps)
    sources = messages_by_step((step for _, step in walk_steps(data["steps"], ("steps",))), messages)
    compiled = compile_journey(data, sources)
    return JourneyFile(id, file, status, faults, compiled, version_of(compiled), sources, steps)


def walk_steps(steps: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every step with its path, nested ones after the one that holds them, in order of the file."""
    if not isinstance(steps, list):
        return
    for index, step in enumerate(steps):
        if not isinstance(step, Mapping):
            continue
        here = (*path, index)
        yield here, step
        for kind in STEPS.values():
            if kind.word in step:
                for _, inner in kind.nested(step):
                    yield from walk_steps(_at(step, inner), (*here, *inner))


def _at(data: Any, path: Path) -> Any:
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


class _Reading:
    """The work on one file; collects faults as it goes."""

    def __init__(
        self,
        document: Document,
        id: str,
        catalog: Catalog,
        segments: frozenset[str] | None,
        messages: Mapping[str, MessageSource],
    ) -> None:
        self.document = document
        self.id = id
        self.catalog = catalog
        self.segments = segments
        self.messages = messages
        self.faults: list[Fault] = []

    def report(self, mistake: Mistake) -> None:
        self.faults.append(self.document.fault(mistake))

    def read(self) -> dict[str, Any]:
        """All checks; answers the data with numbers as written where texts are wanted."""
        if not self.document.data or not self.document.is_whole:
            return {}
        data = self._with_written_texts(self.document.data)
        self._check_header(data)
        if "steps" in data:
            self._check_steps(data)
        if not self.faults:
            self._check_promises(data)
        return data

    def _with_written_texts(self, data: dict[str, Any]) -> dict[str, Any]:
        header = {"properties": {key: value for key, value in HEADER.items() if key not in ("trigger", "steps")}}
        data = written_text(data, header, self.document, ())
        if isinstance(data.get("steps"), list):
            data["steps"] = self._steps_with_written_texts(data["steps"], ("steps",))
        return data

    def _steps_with_written_texts(self, steps: list[Any], path: Path) -> list[Any]:
        """Texts of each step by its own schema; nested steps by theirs."""
        written = []
        for index, step in enumerate(steps):
            here = (*path, index)
            if not isinstance(step, dict) or not set(step) & _VERB_KEYS:
                written.append(step)
                continue
            schema = {"properties": {**STEP_KEYS, **STEPS[verb_of(step)].schema}}
            step = written_text(step, schema, self.document, here)
            for _, inner in STEPS[verb_of(step)].nested(step):
                nested = _at(step, inner)
                if isinstance(nested, list):
                    _at(step, inner[:-1])[inner[-1]] = self._steps_with_written_texts(nested, (*here, *inner))
            written.append(step)
        return written

    # --- header ---

    def _check_header(self, data: dict[str, Any]) -> None:
        check_keys(data, HEADER, LATER_KEYS, (), self.report, "A journey")
        self._check_later_values(data)
        for key in REQUIRED:
            if key not in data:
                help = {"dsl": "Add `dsl: 1`.", "trigger": "Add who enters, for example `trigger: { event: Signed Up }`."}
                typo = suggest(key, [word for word in data if word not in HEADER])
                if typo is None:
                    self.report(Mistake((), rules.MISSING_KEY, f"The journey has no `{key}`.", help.get(key, f"Add `{key}: …`.")))
        for key, schema in HEADER.items():
            if key in data and key not in ("trigger", "steps", "enter_when") and not self._is_later(key, data[key]):
                self._check_header_key(key, schema, data)
        if data.get("journey") != self.id and isinstance(data.get("journey"), str):
            message = f"The journey is called `{data['journey']}`, but its folder or file is called `{self.id}`."
            self.report(Mistake(("journey",), rules.ID_IS_NOT_FOLDER, message, f"Write `journey: {self.id}`, or rename the folder."))
        names = self._names(data)
        if "enter_when" in data:
            read_condition(data["enter_when"], ("enter_when",), self.report, names)
        if "trigger" in data:
            self._check_trigger(data["trigger"])

    def _check_later_values(self, data: dict[str, Any]) -> None:
        for key in LATER_VALUES:
            if self._is_later(key, data.get(key)):
                self.report(later_word(f"{key}: {data[key]}", (key,), at_key=False))

    def _is_later(self, key: str, value: Any) -> bool:
        return value in LATER_VALUES.get(key, ()) if isinstance(value, str) else False

    def _check_header_key(self, key: str, schema: Mapping[str, Any], data: dict[str, Any]) -> None:
        if not check_shape(data[key], schema, (key,), self.report):
            return
        names = self._names(data)
        match key:
            case "re_entry":
                read_re_entry(data[key], (key,), self.report)
            case "exit_when":
                for index, rule in enumerate(data[key]):
                    read_exit(rule, (key, index), self.report, names)
            case "goal":
                read_goal(data[key], (key,), self.report, names)
            case "defaults":
                self._check_defaults(data[key])

    def _check_defaults(self, defaults: Mapping[str, Any]) -> None:
        zone, topic = defaults.get("timezone"), defaults.get("topic")
        if zone not in (None, "contact") and find_zone(str(zone)) is None:
            help = suggest_zone(str(zone)) or "Write `contact`, or a zone such as `Europe/Zurich`."
            self.report(Mistake(("defaults", "timezone"), rules.UNKNOWN_ZONE, f"There is no time zone `{zone}`.", help))
        topics = self.catalog.topics
        if topic is not None and topics is not None and topic not in topics:
            message = f"There is no topic `{topic}` in catalog.yaml.{did_you_mean(str(topic), topics)}"
            self.report(Mistake(("defaults", "topic"), rules.UNKNOWN_TOPIC, message, "Write one of `topics` in catalog.yaml."))
        for key, reads in (("quiet_hours", read_span), ("max_lateness", read_duration)):
            if key in defaults:
                try:
                    reads(defaults[key])
                except ReadError as error:
                    self.report(Mistake(("defaults", key), "J350", error.message, error.help))

    # --- trigger ---

    def _check_trigger(self, trigger: Any) -> None:
        if isinstance(trigger, list):
            if not trigger:
                self.report(Mistake(("trigger",), rules.NO_TRIGGER, "The list of triggers is empty.", "Add one."))
            for index, one in enumerate(trigger):
                self._check_one_trigger(one, ("trigger", index))
        else:
            self._check_one_trigger(trigger, ("trigger",))

    def _check_one_trigger(self, trigger: Any, path: Path) -> None:
        if not isinstance(trigger, Mapping):
            message = "A trigger is a mapping such as `{ event: Signed Up }`."
            self.report(Mistake(path, rules.WRONG_TYPE, message, "Write what makes people enter: `event`, `segment` or `manual`."))
            return
        words = [word for word in TRIGGERS if word in trigger]
        later = [word for word in LATER_TRIGGERS if word in trigger]
        if later:
            self.report(later_word(later[0], (*path, later[0])))
        elif not words:
            self._no_trigger(trigger, path)
        elif len(words) > 1:
            message = f"This trigger is both {' and '.join(f'`{word}`' for word in words)}."
            help = "Write a list of triggers, each with a dash: any of them makes people enter."
            self.report(Mistake(path, rules.TWO_TRIGGERS, message, help, at_key=True))
        else:
            self._check_trigger_kind(words[0], trigger, path)

    def _no_trigger(self, trigger: Mapping[str, Any], path: Path) -> None:
        known = (*TRIGGERS, *LATER_TRIGGERS)
        guess = next(((key, found) for key in trigger if (found := suggest(str(key), known))), None)
        if guess is not None:
            message = f"`{guess[0]}` is no trigger. Did you mean `{guess[1]}`?"
            self.report(Mistake((*path, guess[0]), rules.UNKNOWN_KEY, message, f"A trigger is one of: {', '.join(TRIGGERS)}.", at_key=True))
        else:
            message = "This trigger does not say who enters."
            self.report(Mistake(path, rules.NO_TRIGGER, message, f"Write one of: {', '.join(TRIGGERS)}.", at_key=True))

    def _check_trigger_kind(self, word: str, trigger: Mapping[str, Any], path: Path) -> None:
        kind = TRIGGERS[word]
        if not check_keys(trigger, kind.schema, LATER_KEYS, path, self.report, f"A trigger by {word}"):
            return
        data = written_text(dict(trigger), {"properties": kind.schema}, self.document, path)
        if check_shape(data, trigger_schema(kind), path, self.report):
            names = Names(roots=frozenset({"contact"}), attributes=self.catalog.attributes, events=self.catalog.events)
            kind.read(data, TriggerReader(path, self.report, names, self.segments))

    # --- steps ---

    def _check_steps(self, data: dict[str, Any]) -> None:
        if not isinstance(data["steps"], list):
            self.report(Mistake(("steps",), rules.WRONG_TYPE, "`steps` must be a list.", "Begin each step with a dash: `- id: …`."))
            return
        if not data["steps"]:
            self.report(Mistake(("steps",), rules.NO_STEPS, "The journey has no steps.", "Add at least one step."))
        found = list(walk_steps(data["steps"], ("steps",)))
        ids = [str(step["id"]) for _, step in found if "id" in step]
        names = self._names(data, frozenset(ids))
        seen: dict[str, Path] = {}
        for index, (path, step) in enumerate(found):
            later = frozenset(str(other.get("id")) for _, other in found[index + 1 :])
            self._check_step(step, path, names, data, later)
            self._check_id(step, path, seen)
        self._check_lists(data["steps"], ("steps",))

    def _check_lists(self, steps: Any, path: Path) -> None:
        """Everything in a list of steps is a mapping; an empty `then` is allowed."""
        if steps is None:
            return
        if not isinstance(steps, list):
            self.report(Mistake(path, rules.WRONG_TYPE, f"`{path[-1]}` must be a list of steps.", "Begin each step with a dash: `- id: …`."))
            return
        for index, step in enumerate(steps):
            if not isinstance(step, Mapping):
                message = "A step is a mapping with an `id` and a verb."
                self.report(Mistake((*path, index), rules.WRONG_TYPE, message, "Write for example `- { id: pause, wait: 2 days }`."))
                continue
            for kind in STEPS.values():
                if kind.word in step:
                    for _, inner in kind.nested(step):
                        self._check_lists(_at(step, inner), (*path, index, *inner))

    def _check_id(self, step: Mapping[str, Any], path: Path, seen: dict[str, Path]) -> None:
        id = step.get("id")
        if not isinstance(id, str):
            return
        if id in seen:
            first = self.document.value_at((*seen[id], "id"))
            message = f"The id `{id}` is given twice: here and in line {first.line}."
            self.report(Mistake((*path, "id"), rules.DUPLICATE_ID, message, "Give each step an id of its own; people stand at it."))
        seen.setdefault(id, path)

    def _check_step(
        self, step: Mapping[str, Any], path: Path, names: Names, data: Mapping[str, Any], later: frozenset[str]
    ) -> None:
        verb = self._verb(step, path)
        if verb is None:
            return
        kind = STEPS[verb]
        known = (*STEP_KEYS, *kind.schema)
        schema = step_schema(kind)
        shape = {key: value for key, value in step.items() if key in known}
        is_right = check_keys(step, known, (), path, self.report, f"A {verb} step")
        is_right = check_shape(shape, schema, path, self.report) and is_right
        if "when" in step:
            read_condition(step["when"], (*path, "when"), self.report, names)
        if is_right:
            kind.read(step, self._reader(path, names, data, later))

    def _reader(self, path: Path, names: Names, data: Mapping[str, Any], later: frozenset[str]) -> Reader:
        defaults = data.get("defaults")
        return Reader(
            path=path,
            report=self.report,
            names=names,
            topics=None if self.catalog.topics is None else frozenset(self.catalog.topics),
            message_topics={name: source.topic for name, source in self.messages.items()},
            inherits_topic=isinstance(defaults, Mapping) and bool(defaults.get("topic")),
            later_steps=later,
        )

    def _verb(self, step: Mapping[str, Any], path: Path) -> str | None:
        """The step's verb, or None after saying what is wrong."""
        words = [word for word in STEPS if word in step]
        later = [word for word in LATER_STEPS if word in step]
        if later:
            self.report(later_word(later[0], (*path, later[0])))
            return None
        if len(words) > 1:
            message = f"This step has {len(words)} verbs: {' and '.join(f'`{word}`' for word in words)}."
            help = "Make a step of each, with an id of its own."
            self.report(Mistake((*path, words[1]), rules.TWO_VERBS, message, help, at_key=True))
            return None
        if words:
            return words[0]
        named = [word for word, kind in STEPS.items() if any(key in step for key in kind.keys)]
        if named:
            return named[0]
        self._no_verb(step, path)
        return None

    def _no_verb(self, step: Mapping[str, Any], path: Path) -> None:
        known = (*STEPS, *LATER_STEPS)
        guess = next(
            ((key, found) for key in step if key not in STEP_KEYS and (found := suggest(str(key), known))), None
        )
        if guess is not None:
            message = f"`{guess[0]}` is no step. Did you mean `{guess[1]}`?"
            path = (*path, guess[0])
        else:
            message = "This step does not say what it does."
        self.report(Mistake(path, rules.NO_VERB, message, f"A step has one verb: {', '.join(STEPS)}.", at_key=True))

    # --- the rest ---

    def _names(self, data: Mapping[str, Any], steps: frozenset[str] | None = None) -> Names:
        trigger = data.get("trigger")
        triggers = trigger if isinstance(trigger, list) else [trigger]
        events = [one.get("event") for one in triggers if isinstance(one, Mapping)]
        only_events = all(isinstance(event, str) for event in events) and len(events) == len(triggers)
        return Names(
            attributes=self.catalog.attributes,
            events=self.catalog.events,
            trigger_events=tuple(str(event) for event in events) if only_events else (),
            steps=steps,
        )

    def _check_promises(self, data: Mapping[str, Any]) -> None:
        """What a live journey owes the people who run it."""
        if data.get("status") == "live" and not data.get("owner"):
            message = "A live journey needs an owner: somebody to ask when it does something odd."
            self.report(Mistake(("status",), rules.NO_OWNER, message, "Add `owner: name@shop.example`."))
