"""Conditions on messages of other journeys: whether the step is there, and followed, is seen at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.conditions.messaged import TRACKED, WORDS
from engine.conditions.rules import NOT_TRACKED, UNKNOWN_STEP
from engine.language.document import Document
from engine.language.journey_file import JourneyFile
from engine.model.fault import Fault, Mistake, Path
from engine.model.spelling import did_you_mean


def with_messages_checked(journeys: Mapping[str, JourneyFile]) -> dict[str, JourneyFile]:
    """The journeys, each with a fault for every message of another one that is not there or not followed."""
    return {id: _checked(journey, journeys) for id, journey in journeys.items()}


def _checked(journey: JourneyFile, journeys: Mapping[str, JourneyFile]) -> JourneyFile:
    if journey.document is None:
        return journey
    faults = tuple(_faults(journey.document, journeys))
    if not faults:
        return journey
    return replace(journey, faults=(*journey.faults, *faults), compiled=None, version=None, document=None)


def _faults(document: Document, journeys: Mapping[str, JourneyFile]) -> Iterator[Fault]:
    for path, word, written in _named(document.data, ()):
        id, _, step = written.rpartition("/")
        other = journeys.get(id)
        if other is None or other.document is None:
            continue  # it has faults of its own
        if step not in other.steps:
            message = f"Journey `{id}` has no step `{step}`.{did_you_mean(step, other.steps)}"
            yield document.fault(Mistake(path, UNKNOWN_STEP, message, "Write the id of one of its steps."))
        elif TRACKED.get(word, "") not in ("", *_tracking(other.document)):
            message = f"`{word}` asks for what journey `{id}` does not follow."
            help = f"Add `tracking: [{TRACKED[word]}]` to the header of `{id}`."
            yield document.fault(Mistake(path, NOT_TRACKED, message, help))


def _tracking(document: Document) -> list[str]:
    return [str(one) for one in document.data.get("tracking") or ()]


def _named(data: Any, path: Path) -> Iterator[tuple[Path, str, str]]:
    """Each `received: journey/step` and its like, with its place."""
    if isinstance(data, list):
        for index, one in enumerate(data):
            yield from _named(one, (*path, index))
    elif isinstance(data, Mapping):
        for key, value in data.items():
            if key in WORDS and isinstance(value, str) and "/" in value:
                yield (*path, key), key, value
            else:
                yield from _named(value, (*path, key))
