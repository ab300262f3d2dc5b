"""journey.yaml: from text to the compiled form, with every mistake found on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from engine.conditions.vocabulary import Remembered
from engine.language.catalog import Catalog
from engine.language.compiled import compile_journey, version_of
from engine.language.document import Document
from engine.language.entry_dates import with_instants
from engine.language.header_check import check_header, check_promises
from engine.language.messages import messages_by_step
from engine.language.moves_check import moves_of
from engine.language.reading import Reading
from engine.language.shape import written_text
from engine.language.shapes.header import HEADER
from engine.language.steps_check import check_steps, steps_with_written_texts
from engine.language.trigger_check import check_trigger, trigger_with_written_texts
from engine.language.typed_texts import with_typed_texts
from engine.language.walk import remembered_by, walk_steps
from engine.model.fault import Fault
from engine.model.journey import Status
from engine.model.message import MessageSource
from engine.model.moves import Moves

_TEXTS = {"properties": {key: value for key, value in HEADER.items() if key not in ("trigger", "steps")}}


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
    remembered: Mapping[str, Remembered] = field(default_factory=dict)  # by steps
    outcomes: frozenset[str] = frozenset()  # the names that its `end` steps give
    moves: Moves = field(default_factory=Moves)  # what becomes of people in older versions
    document: Document | None = None  # data and places, for lint; None when an error stands in the way


def read_journey(
    document: Document,
    file: str,
    id: str,
    catalog: Catalog,
    segments: Mapping[str, Any] | None,
    messages: Mapping[str, MessageSource],
    message_faults: Sequence[Fault] = (),
    unread_messages: frozenset[str] = frozenset(),
    journeys: frozenset[str] | None = None,
    stages: frozenset[str] | None = None,
    lifecycle: Mapping[str, Any] | None = None,
) -> JourneyFile:
    """Read, check and compile one journey.

    `messages` are the files beside it; their faults are the journey's too. `unread_messages` are the names
    of those that have faults of their own; `segments` holds None for such a segment.
    """
    reading = Reading(
        document, id, catalog, segments, messages, unread_messages, journeys, stages, lifecycle or {}
    )
    data = _read(reading)
    faults = (*reading.document.faults, *reading.faults, *message_faults)
    found = [step for _, step in walk_steps(data.get("steps"), ("steps",))]
    steps = tuple(str(step.get("id")) for step in found)
    outcomes = frozenset(str(step["end"]) for step in found if "end" in step)
    if any(fault.severity == "error" for fault in faults) or not reading.document.is_whole:
        return JourneyFile(
            id, file, _status(data), faults, steps=steps, remembered=reading.steps or {}, outcomes=outcomes
        )
    sources = messages_by_step(iter(found), messages)
    meant = with_instants(with_typed_texts(data, reading.names(data)), catalog.timezone)
    compiled = compile_journey(meant, sources, segments or {})
    version = version_of(compiled)
    return JourneyFile(
        id,
        file,
        _status(data),
        faults,
        compiled,
        version,
        sources,
        steps,
        reading.steps or {},
        outcomes,
        moves_of(data),
        reading.document,
    )


def _status(data: Mapping[str, Any]) -> Status:
    """A status that is not understood never makes a journey run."""
    status = data.get("status")
    return next((known for known in get_args(Status) if known == status), "draft")


def _read(reading: Reading) -> dict[str, Any]:
    """All checks; answers the data with numbers as written where texts are wanted."""
    document = reading.document
    if not document.is_whole:
        return {}
    data: dict[str, Any] = written_text(document.data, _TEXTS, document, ())
    if isinstance(data.get("steps"), list):
        data["steps"] = steps_with_written_texts(data["steps"], ("steps",), document)
    if "trigger" in data:
        data["trigger"] = trigger_with_written_texts(data["trigger"], ("trigger",), document)
    reading.steps = remembered_by(data["steps"]) if isinstance(data.get("steps"), list) else None
    check_header(reading, data)
    if "trigger" in data:
        check_trigger(reading, data["trigger"])
    if "steps" in data:
        check_steps(reading, data)
    if not reading.faults:
        check_promises(reading, data)
    return data
