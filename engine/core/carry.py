"""Carrying people to a new version: each keeps its step; what the step says now holds from its arrival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.conditions.in_segment import definitions_for
from engine.core.advance import Instant, advance
from engine.core.case import Case, TraceEntry, World
from engine.core.live import contact_changed
from engine.model.journey import Journey
from engine.model.trace import TraceLine


@dataclass(frozen=True, slots=True)
class Stranded:
    """A step that people stand at and that the new version does not have, or has as another verb."""

    step: str
    people: int
    was: str
    becomes: str | None  # the new verb; None: the step is gone


def stranded(old: Mapping[str, Any], new: Mapping[str, Any], inside: Mapping[str, int]) -> list[Stranded]:
    """Where people would have no place to stand. `old` and `new` are compiled forms."""
    before = {step["id"]: step["verb"] for step in old["steps"]}
    after = {step["id"]: step["verb"] for step in new["steps"]}
    return [
        Stranded(step, people, before.get(step, "step"), after.get(step))
        for step, people in sorted(inside.items())
        if people and step and after.get(step) != before.get(step, after.get(step))
    ]


def changed_steps(old: Mapping[str, Any], new: Mapping[str, Any]) -> frozenset[str]:
    """Steps of both versions whose own words or segments differ, or the journey's zone or quiet hours."""
    before = {step["id"]: _with_segments(step, old) for step in old["steps"]}
    after = {step["id"]: _with_segments(step, new) for step in new["steps"]}
    is_all = (old.get("defaults") or {}) != (new.get("defaults") or {})
    return frozenset(id for id, step in after.items() if id in before and (is_all or before[id] != step))


def _with_segments(step: Any, compiled: Mapping[str, Any]) -> Any:
    """A step and the definitions of the segments that it names: what it says, wherever that is written."""
    return step, definitions_for(step, compiled.get("segments") or {})


def carry(
    case: Case, world: World, journey: Journey, changed: Mapping[str, frozenset[str]], when: Instant
) -> None:
    """Move the contact's enrollments in the journey to its current version.

    `changed` holds the changed steps by the version people come from. A changed wait is worked out anew
    from the arrival (elapsed time counts); it may be over at once.
    """
    for enrollment in case.running():
        if enrollment.journey != journey.id or enrollment.version == journey.version:
            continue
        steps = changed.get(enrollment.version, frozenset())
        enrollment.version = journey.version
        enrollment.is_moved = True
        if enrollment.step in steps:
            line = TraceLine(when.at, enrollment.step or "", "moved", f"to version {journey.version[:8]}")
            case.traces.append(TraceEntry(journey.id, enrollment, line))
            if advance(case, world, enrollment, when) or case.has_news:
                contact_changed(case, world, when)
