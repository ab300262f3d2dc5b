"""A `start` step against the journey that it starts: that one must let people be started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.language import rules
from engine.language.journey_file import JourneyFile
from engine.language.walk import walk_steps
from engine.model.fault import Fault, Mistake


def with_starts_checked(journeys: Mapping[str, JourneyFile]) -> dict[str, JourneyFile]:
    """The journeys; one that starts another which has no `manual: true` does not run."""
    return {id: _checked(journey, journeys) for id, journey in journeys.items()}


def _checked(journey: JourneyFile, journeys: Mapping[str, JourneyFile]) -> JourneyFile:
    faults = tuple(_faults(journey, journeys))
    if not faults:
        return journey
    return replace(journey, faults=(*journey.faults, *faults), compiled=None, version=None, document=None)


def _faults(journey: JourneyFile, journeys: Mapping[str, JourneyFile]) -> Iterator[Fault]:
    """A journey that could not be read is mended first: its triggers are not known."""
    document = journey.document
    if document is None:
        return
    for path, step in walk_steps(document.data.get("steps"), ("steps",)):
        started = journeys.get(str(step["start"])) if "start" in step else None
        if started is None or started.compiled is None:
            continue
        if not any("manual" in trigger for trigger in started.compiled["triggers"]):
            message = f"`{started.id}` has no trigger `manual: true`, so no step can start it."
            help = f"Add `- manual: true` to the triggers of `{started.id}`."
            yield document.fault(Mistake((*path, "start"), rules.START_NOT_MANUAL, message, help))
