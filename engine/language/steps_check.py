"""The steps of a journey: the verb is found first, then only its own keys count: one mistake, one fault."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.conditions.names import Names
from engine.conditions.table import read_condition
from engine.conditions.wording import show
from engine.language import rules, yaml_rules
from engine.language.compiled import verb_of
from engine.language.document import Document
from engine.language.given_names_check import check_given_names
from engine.language.reading import Reading
from engine.language.shape import Shape, check_shape, shape_of, written_text
from engine.language.shape_words import meant_word, short
from engine.language.shapes.kinds import STEP_KEYS, step_schema
from engine.language.walk import at, nested_in, steps_in, walk_steps
from engine.model.fault import Mistake, Path
from engine.model.spelling import suggest
from engine.steps.contract import Reader, StepType
from engine.steps.table import STEPS

_VERBS = ", ".join(f"`{word}`" for word in STEPS)
_VERB_KEYS = tuple(key for kind in STEPS.values() for key in kind.keys)
_EXAMPLE = "`- { id: pause, wait: 2 days }`"


@cache
def _shape(word: str) -> Shape:
    return shape_of(step_schema(STEPS[word]))


def steps_with_written_texts(steps: list[Any], path: Path, document: Document) -> list[Any]:
    """Numbers where texts are wanted as they were written: each step by its own schema."""
    return [_with_written_texts(step, here, document) for here, step in steps_in(steps, path)]


def _with_written_texts(step: Any, path: Path, document: Document) -> Any:
    kinds = _named_kinds(step) if isinstance(step, dict) else []
    if len(kinds) != 1:
        return step
    schema = {"properties": {**STEP_KEYS, **kinds[0].schema}}
    written = written_text(step, schema, document, path)
    for _, inner in kinds[0].nested(written):
        nested = at(written, inner)
        if isinstance(nested, list):
            at(written, inner[:-1])[inner[-1]] = steps_with_written_texts(nested, (*path, *inner), document)
    return written


def _named_kinds(step: Mapping[str, Any]) -> list[StepType]:
    """The kinds that the keys of a step name: by their own word, otherwise by one that may stand for it."""
    found = [kind for word, kind in STEPS.items() if word in step]
    return found or [kind for kind in STEPS.values() if any(key in step for key in kind.keys)][:1]


# --- all steps --------------------------------------------------------------------------------------


def check_steps(reading: Reading, data: Mapping[str, Any]) -> None:
    """Each step by itself, then its id among the others, then the lists that hold them."""
    steps = data["steps"]
    if not isinstance(steps, list):
        reading.report(_no_list(("steps",)))
        return
    if not steps:
        message, help = "The journey has no steps.", f"Add for example {_EXAMPLE}."
        reading.report(Mistake(("steps",), rules.NO_STEPS, message, help))
    found = list(walk_steps(steps, ("steps",)))
    checks = _Checks(reading, reading.names(data), data)
    seen: dict[str, Path] = {}
    for index, (path, step) in enumerate(found):
        later = frozenset(str(other.get("id")) for _, other in found[index + 1 :])
        checks.check(step, path, later)
        _check_id(reading, step, path, seen)
    check_given_names(reading, found)
    _check_list(reading, steps, ("steps",))


def _check_id(reading: Reading, step: Mapping[str, Any], path: Path, seen: dict[str, Path]) -> None:
    id = step.get("id")
    if not isinstance(id, str):
        return
    if id in seen:
        first = reading.document.value_at((*seen[id], "id"))
        message = f"The id `{id}` is given twice: here and in line {first.line}."
        help = "Give each step an id of its own; people stand at it."
        reading.report(Mistake((*path, "id"), rules.DUPLICATE_ID, message, help))
    seen.setdefault(id, path)


def _check_list(reading: Reading, steps: Any, path: Path) -> None:
    """Everything in a list of steps is a mapping; a list that is left empty is allowed."""
    if steps is None:
        return
    if not isinstance(steps, list):
        reading.report(_no_list(path))
        return
    for here, step in steps_in(steps, path):
        if not isinstance(step, Mapping):
            reading.report(_no_step(step, here))
            continue
        for inner, nested in nested_in(step):
            _check_list(reading, nested, (*here, *inner))
    _check_ends(reading, steps, path)


def _check_ends(reading: Reading, steps: list[Any], path: Path) -> None:
    """Nothing is reached behind an `end` that everybody comes to."""
    for index, step in enumerate(steps[:-1]):
        if isinstance(step, Mapping) and "end" in step and "when" not in step:
            message = (
                f"Nobody gets here: `end: {show(step['end'])}` before it ends the journey for everybody."
            )
            help = "Take this step away, or give the `end` a `when`."
            here = (*path, index + 1)
            reading.report(Mistake(here, rules.UNREACHABLE, message, help, True, "warning"))
            return


def _no_list(path: Path) -> Mistake:
    message = f"`{path[-1]}` needs a list of steps."
    help = f"Begin each step with a dash, for example {_EXAMPLE}."
    return Mistake(path, rules.WRONG_TYPE, message, help, at_key=True)


def _no_step(step: Any, path: Path) -> Mistake:
    help = f"Write for example {_EXAMPLE}."
    if step is None:
        return Mistake(path, rules.EMPTY, "There is nothing behind this dash.", f"Take it away. {help}")
    verb, _, rest = str(step).partition(" ") if isinstance(step, str) else ("", "", "")
    if verb.rstrip(":") in STEPS and rest:
        help = f"Write `- {{ id: NAME, {verb.rstrip(':')}: {rest.strip()} }}`."
    message = f"A step has an `id` and a verb; `{show(step)}` has neither."
    return Mistake(path, rules.WRONG_TYPE, message, help)


# --- one step ---------------------------------------------------------------------------------------


class _Checks:
    """The checks of single steps, with what is the same for all of them."""

    def __init__(self, reading: Reading, names: Names, data: Mapping[str, Any]) -> None:
        self.reading = reading
        self.names = names
        defaults = data.get("defaults")
        self.has_goal = data.get("goal") is not None
        self.is_scheduled = _is_scheduled(data.get("trigger"))
        self.inherits_topic = isinstance(defaults, Mapping) and bool(defaults.get("topic"))
        topics = reading.catalog.topics
        self.topics = None if topics is None else frozenset(topics)
        self.message_topics = {name: source.topic for name, source in reading.messages.items()}
        self.message_kinds = {name: source.kind for name, source in reading.messages.items()}

    def check(self, step: Mapping[str, Any], path: Path, later: frozenset[str]) -> None:
        """The verb first; then, by its own schema, the keys; then what they mean."""
        if self._is_broken(path):
            return
        mistake = _wrong_verb(step, path)
        if mistake is not None:
            self.reading.report(mistake)
            return
        kind = STEPS[verb_of(step)]
        reader = self._reader(path, later)
        if kind.foresee(step, reader):
            return
        is_right = check_shape(step, _shape(kind.word), path, self.reading.report)
        if "when" in step:
            read_condition(step["when"], (*path, "when"), self.reading.report, self.names)
        if is_right:
            kind.read(step, reader)

    def _is_broken(self, path: Path) -> bool:
        """Whether a key stands twice in this step: most often a dash is missing, and more would follow."""
        twice = [
            fault.position for fault in self.reading.document.faults if fault.rule == yaml_rules.DUPLICATE_KEY
        ]
        if not twice:
            return False
        here = self.reading.document.value_at(path)
        return any(here.line <= position.line <= here.end_line for position in twice)

    def _reader(self, path: Path, later: frozenset[str]) -> Reader:
        return Reader(
            path=path,
            report=self.reading.report,
            names=self.names,
            topics=self.topics,
            message_topics=self.message_topics,
            message_kinds=self.message_kinds,
            unread_messages=self.reading.unread_messages,
            inherits_topic=self.inherits_topic,
            later_steps=later,
            journey=self.reading.id,
            has_goal=self.has_goal,
            is_scheduled=self.is_scheduled,
        )


def _is_scheduled(trigger: Any) -> bool:
    triggers = trigger if isinstance(trigger, list) else [trigger]
    return all(isinstance(one, Mapping) and "schedule" in one for one in triggers)


def _wrong_verb(step: Mapping[str, Any], path: Path) -> Mistake | None:
    """What is wrong with the verb of a step, if anything."""
    words = [word for word in STEPS if word in step]
    if len(words) > 1:
        listed = " and ".join(f"`{word}`" for word in words)
        message = f"This step has more than one verb: {listed}."
        help = "Make a step of each, with a dash and an id of its own."
        second = [word for word in step if word in words][1]
        return Mistake((*path, second), rules.TWO_AT_ONCE, message, help, at_key=True)
    return None if words or _named_kinds(step) else _no_verb(step, path)


def _no_verb(step: Mapping[str, Any], path: Path) -> Mistake:
    keys = [key for key in step if key not in STEP_KEYS]
    if len(step) == 1 and keys and isinstance(step[keys[0]], Mapping):
        help = f"Write `id: {keys[0]}`, and the verb below it as a key of its own."
        return Mistake(path, rules.NO_VERB, "This step does not say what it does.", help, at_key=True)
    for key in keys:
        if (meant := suggest(str(key), STEPS)) or (meant := meant_word(str(key), _VERB_KEYS)):
            message = f"`{key}` is no step. Did you mean `{meant}`?"
            help = f"Write `{meant}: {short(step[key])}`."
            return Mistake((*path, key), rules.NO_VERB, message, help, at_key=True)
    for key in keys:
        homes = [word for word, kind in STEPS.items() if key in kind.schema]
        if len(homes) == 1:
            message = f"`{key}` goes with `{homes[0]}`, which is missing here."
            return Mistake((*path, key), rules.NO_VERB, message, f"Add `{homes[0]}: …`.", at_key=True)
    help = f"A step has one verb: {_VERBS}."
    return Mistake(path, rules.NO_VERB, "This step does not say what it does.", help, at_key=True)
