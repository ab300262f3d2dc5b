"""`{ in_journey: ID }` and `{ finished: ID }`: the contact's way through journeys, other ones or this one.

A contact has finished a journey when it left, for whatever reason, unless that was `restarted` or `merged`:
then it goes on in another enrollment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.conditions import rules
from engine.conditions.alone import read_since, refuse_others
from engine.conditions.contract import Build, Compiled, Kind, Reading
from engine.conditions.known import is_known, read_name
from engine.conditions.operands import read_length
from engine.conditions.windows import earliest_after, leavings, start_of
from engine.model.duration import Duration
from engine.model.predicate import Finished, InJourney, Predicate
from engine.model.view import View

_OPTIONS = ("within", "since")


def _read_id(word: str, data: Any, reading: Reading) -> str | None:
    journey = read_name(word, data, "welcome-series", reading)
    help = "Write the id of a journey, which is the name of its folder."
    no_such = "There is no journey"
    known = reading.names.journeys
    if journey is None or not is_known(journey, known, rules.UNKNOWN_JOURNEY, no_such, help, reading):
        return None
    return journey


def _read_in(word: str, data: Any, reading: Reading) -> Predicate | None:
    journey = _read_id(word, data, reading)
    return None if journey is None else InJourney(journey)


def _read_finished(word: str, data: Mapping[Any, Any], reading: Reading) -> Predicate | None:
    """The whole mapping. Mistakes are reported; what is left is read all the same."""
    refuse_others(word, data, _OPTIONS, reading)
    journey = _read_id(word, data[word], reading.at(word))
    within = read_length("within", data["within"], reading.at("within")) if "within" in data else None
    since = read_since(data, reading)
    return None if journey is None else Finished(journey, within, since)


def _compile_in(asked: InJourney, _build: Build) -> Compiled:
    journey = asked.journey
    return Compiled(lambda view: view.elsewhere.is_in(journey), journeys=frozenset({journey}))


def _compile_finished(asked: Finished, _build: Build) -> Compiled:
    journeys = frozenset({asked.journey})
    if asked.within is not None:
        return _within(asked.journey, asked.within, journeys)
    return Compiled(
        _since_start(asked.journey) if asked.since_start else _ever(asked.journey),
        None,
        frozenset(),
        journeys,
    )


def _ever(journey: str) -> Callable[[View], bool]:
    return lambda view: view.elsewhere.last_end(journey) is not None


def _since_start(journey: str) -> Callable[[View], bool]:
    """Later than the entry; at the same instant only what entered then too, so after this one."""

    def holds(view: View) -> bool:
        end, entered_at = view.elsewhere.last_end(journey), view.entered_at
        if end is None or entered_at is None:
            return False
        return end.at > entered_at or end.in_no_time_at == entered_at

    return holds


def _within(journey: str, length: Duration, journeys: frozenset[str]) -> Compiled:
    """The last end is enough: no earlier one is in the window when it is not."""

    def holds(view: View) -> bool:
        end = view.elsewhere.last_end(journey)
        return end is not None and start_of(view.now, length) < end.at <= view.now

    def next_change(view: View) -> datetime | None:
        end = view.elsewhere.last_end(journey)
        return None if end is None else earliest_after(view.now, leavings(end.at, length))

    return Compiled(holds, next_change, frozenset(), journeys)


_ID: dict[str, Any] = {"type": ["string", "integer"], "minLength": 1}

IN_JOURNEY = Kind(
    name="journey",
    words=("in_journey",),
    summary="Asks whether the contact is in a journey now.",
    example="in_journey: welcome-series\n",
    schema={
        "in_journey": {
            **_ID,
            "description": "The contact is in this journey now. Example: in_journey: welcome-series",
        }
    },
    read=_read_in,
    compile=_compile_in,
    forms=(InJourney,),
)

FINISHED = Kind(
    name="finished",
    words=("finished",),
    companions={"finished": _OPTIONS},
    is_alone=True,
    summary="Asks whether the contact has left a journey, for whatever reason; in a window if one is given.",
    example="""\
finished: welcome-series
within: 30 days
""",
    schema={
        "finished": {
            **_ID,
            "description": "The contact has left this journey, for whatever reason."
            " Example: finished: welcome-series",
        },
    },
    read=_read_finished,
    compile=_compile_finished,
    forms=(Finished,),
)
