"""Triggers on the end of another journey: whether anybody leaves it so is seen when all files are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.language.document import Document
from engine.language.journey_file import JourneyFile
from engine.model.fault import Fault, Mistake, Path
from engine.model.position import GOES_ON, REASONS
from engine.model.spelling import did_you_mean
from engine.triggers.rules import UNKNOWN_OUTCOME

#: How somebody can be through with a journey, apart from the names of `end`. The erased enter nothing.
_ENDS = tuple(reason for reason in REASONS if reason not in (*GOES_ON, "erased"))


def with_outcomes_checked(journeys: Mapping[str, JourneyFile]) -> dict[str, JourneyFile]:
    """The journeys, each with a fault for every outcome that the journey it follows does not have."""
    return {id: _checked(journey, journeys) for id, journey in journeys.items()}


def _checked(journey: JourneyFile, journeys: Mapping[str, JourneyFile]) -> JourneyFile:
    if journey.document is None:
        return journey
    faults = tuple(_faults(journey.document, journeys))
    if not faults:
        return journey
    return replace(journey, faults=(*journey.faults, *faults), compiled=None, version=None, document=None)


def _faults(document: Document, journeys: Mapping[str, JourneyFile]) -> Iterator[Fault]:
    for path, followed in _followed(document.data.get("trigger")):
        if "outcome" not in followed:
            continue
        id, outcome = str(followed["finished"]), str(followed["outcome"])
        other = journeys.get(id)
        words = (*_ENDS, *sorted(other.outcomes)) if other is not None else ()
        if other is not None and other.steps and outcome not in words:
            message = f"Nobody is through with `{id}` as `{outcome}`.{did_you_mean(outcome, words)}"
            listed = ", ".join(f"`{word}`" for word in words)
            help = f"Write one of {listed}, or leave `outcome` out."
            yield document.fault(Mistake((*path, "outcome"), UNKNOWN_OUTCOME, message, help))


def _followed(trigger: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each trigger by the end of a journey, with its place."""
    is_list = isinstance(trigger, list)
    for index, one in enumerate(trigger if is_list else [trigger]):
        if isinstance(one, Mapping) and isinstance(one.get("journey"), Mapping):
            yield ("trigger", *((index,) if is_list else ()), "journey"), one["journey"]
