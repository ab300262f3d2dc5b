"""The trigger of a journey: one, or a list of them; the kind is found first, then only its own keys count."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.conditions.wording import show
from engine.language import rules
from engine.language.document import Document
from engine.language.reading import Reading
from engine.language.shape import Shape, check_shape, shape_of, written_text
from engine.language.shape_words import meant_word
from engine.language.shapes.kinds import trigger_schema
from engine.model.fault import Mistake, Path
from engine.triggers.contract import TriggerReader
from engine.triggers.table import TRIGGERS

_KINDS = ", ".join(f"`{word}`" for word in TRIGGERS)
_EXAMPLE = "`trigger: { event: Signed Up }`"


@cache
def _shape(word: str) -> Shape:
    return shape_of(trigger_schema(TRIGGERS[word]))


def trigger_with_written_texts(trigger: Any, path: Path, document: Document) -> Any:
    """Numbers where texts are wanted as they were written: each trigger by its own schema."""
    if isinstance(trigger, list):
        return [
            trigger_with_written_texts(one, (*path, index), document) for index, one in enumerate(trigger)
        ]
    word = next((word for word in TRIGGERS if isinstance(trigger, Mapping) and word in trigger), None)
    return trigger if word is None else written_text(trigger, trigger_schema(TRIGGERS[word]), document, path)


def check_trigger(reading: Reading, trigger: Any) -> None:
    """One trigger, or every one of a list."""
    if not isinstance(trigger, list):
        _check_one(reading, trigger, ("trigger",))
    elif not trigger:
        message = "The list of triggers is empty."
        reading.report(Mistake(("trigger",), rules.NO_TRIGGER, message, f"Write for example {_EXAMPLE}."))
    for index, one in enumerate(trigger if isinstance(trigger, list) else ()):
        _check_one(reading, one, ("trigger", index))


def _check_one(reading: Reading, trigger: Any, path: Path) -> None:
    if not isinstance(trigger, Mapping):
        reading.report(_no_mapping(reading, trigger, path))
        return
    words = [word for word in TRIGGERS if word in trigger]
    if not words:
        reading.report(_no_kind(trigger, path))
    elif len(words) > 1:
        message = f"This trigger is of two kinds: {' and '.join(f'`{word}`' for word in words)}."
        help = "Write a list of triggers, each with a dash: any of them makes people enter."
        reading.report(Mistake((*path, words[1]), rules.TWO_TRIGGERS, message, help, at_key=True))
    else:
        _check_kind(reading, words[0], trigger, path)


def _check_kind(reading: Reading, word: str, trigger: Mapping[str, Any], path: Path) -> None:
    if check_shape(trigger, _shape(word), path, reading.report):
        names = reading.names({})
        segments = None if reading.segments is None else frozenset(reading.segments)
        TRIGGERS[word].read(trigger, TriggerReader(path, reading.report, names, segments, reading.id))


def _no_mapping(reading: Reading, trigger: Any, path: Path) -> Mistake:
    """A text is most often the name of an event."""
    key = "trigger: " if path == ("trigger",) else "- "
    help = f"Write for example `{key}{{ event: Signed Up }}`."
    if trigger is None:
        return Mistake(path, rules.NO_TRIGGER, "This trigger does not say who enters.", help, at_key=True)
    if isinstance(trigger, str) and trigger not in TRIGGERS:
        help = f"Write `{key}{{ event: {trigger} }}`."
        if trigger in (reading.segments or ()):
            help = f"Write `{key}{{ segment: {{ enters: {trigger} }} }}`."
    message = f"A trigger says by which kind of thing people enter; `{show(trigger)}` does not."
    return Mistake(path, rules.WRONG_TYPE, message, help)


def _no_kind(trigger: Mapping[str, Any], path: Path) -> Mistake:
    for key in trigger:
        if meant := meant_word(str(key), TRIGGERS):
            message = f"`{key}` is no kind of trigger. Did you mean `{meant}`?"
            help = f"People enter by {_KINDS}."
            return Mistake((*path, key), rules.UNKNOWN_KEY, message, help, at_key=True)
    message = "This trigger does not say who enters."
    return Mistake(path, rules.NO_TRIGGER, message, f"Write for example {_EXAMPLE}.", at_key=True)
