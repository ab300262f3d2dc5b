"""Carrying people to a new version: each keeps its step; what the step says now holds from its arrival."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from engine.conditions.in_segment import definitions_for
from engine.core.advance import ALREADY_SENT, Instant, advance, sending_of
from engine.core.case import Case, TraceEntry, World
from engine.core.leave import put_out
from engine.core.live import contact_changed
from engine.core.pause import answer_renamed
from engine.model.iteration import carried
from engine.model.journey import Journey
from engine.model.moves import Moves, Way
from engine.model.position import Enrollment
from engine.model.result import Leave
from engine.model.trace import TraceLine

#: What an enrollment has released already, as (step, iteration).
Released = Callable[[Enrollment], Collection[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Stranded:
    """A step that people stand at and that the new version does not have, or has as another verb."""

    step: str
    people: int
    was: str
    becomes: str | None  # the new verb; None: the step is gone


def stranded(
    old: Mapping[str, Any], new: Mapping[str, Any], inside: Mapping[str, int], moves: Moves
) -> list[Stranded]:
    """Where people would have no place to stand. `old` and `new` are compiled forms."""
    before, after = _verbs(old), _verbs(new)
    return [
        Stranded(step, people, before.get(step, "step"), after.get(step))
        for step, people in sorted(inside.items())
        if people and step and moves.way(step).fate == "stays" and _has_no_place(step, before, after)
    ]


def _has_no_place(step: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    return after.get(step) != before.get(step, after.get(step))


def _verbs(compiled: Mapping[str, Any]) -> dict[str, str]:
    return {step["id"]: step["verb"] for step in compiled["steps"]}


# --- from one version to another -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Route:
    """From an older version to the new one."""

    ways: Mapping[str, Way]  # of each old step
    names: Mapping[str, str]  # old id → new id of the same step
    changed: frozenset[str]  # new steps that say something else than the old one did
    sends: frozenset[str]  # the new version's send steps
    asks: frozenset[str]  # old steps whose people may have been sent already what is ahead of them now
    around: Mapping[str, frozenset[str]]  # new step → the repeats that it is in


def route_of(old: Mapping[str, Any], new: Mapping[str, Any], moves: Moves) -> Route:
    """`old` and `new` are compiled forms, of which `stranded` finds nobody."""
    before, after = _verbs(old), _verbs(new)
    ways = {step: _way(step, moves, before, after) for step in (*before, *moves.moved)}
    names = {step: way.step for step, way in ways.items() if way.fate == "renamed" and way.step}
    around = _repeats_around(new)
    looped = {
        names.get(id, id)
        for id, repeats in (*around.items(), *_repeats_around(old).items())
        if repeats  # in the one or in the other
    }
    return Route(
        ways,
        names,
        changed_steps(old, new, names),
        frozenset(step for step, verb in after.items() if verb == "send"),
        _where_sends_come_again(old, new, ways, names, looped),
        around,
    )


def _way(step: str, moves: Moves, before: Mapping[str, str], after: Mapping[str, str]) -> Way:
    """A step that is moved to one of another verb is not the same under another name: they arrive there."""
    way = moves.way(step)
    if way.fate == "renamed" and after.get(way.step or "") != before.get(step, after.get(way.step or "")):
        return Way("sent", way.step)
    return way


def changed_steps(old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str]) -> frozenset[str]:
    """Steps of both versions whose own words or segments differ, or the journey's zone or quiet hours; by
    their new ids."""
    is_all = any((old.get(key) or {}) != (new.get(key) or {}) for key in ("defaults", "product", "ends"))
    after = {step["id"]: step for step in new["steps"]}
    changed = set()
    for step in old["steps"]:
        now = after.get(names.get(step["id"], step["id"]))
        if now is not None and (is_all or _with_segments(step, old) != _with_segments(now, new)):
            changed.add(now["id"])
    return frozenset(changed)


def _with_segments(step: Any, compiled: Mapping[str, Any]) -> Any:
    """A step and the definitions of the segments that it names: what it says, wherever that is written."""
    return step, definitions_for(step, compiled.get("segments") or {})


def _where_sends_come_again(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    ways: Mapping[str, Way],
    names: Mapping[str, str],
    looped: Collection[str],
) -> frozenset[str]:
    """Old steps whose people have a send ahead of them now that they had not, and may have been sent by an
    earlier version, or one that is `looped`, and may have been sent in a turn."""
    sends = {id for id, verb in _verbs(new).items() if verb == "send"}
    found = set()
    for step, way in ways.items():
        if way.step is not None:
            before = {names.get(id, id) for id in _ahead(old, step)}
            ahead = _ahead(new, way.step) & sends
            if ahead - before or not ahead.isdisjoint(looped):
                found.add(step)
    return frozenset(found)


def _repeats_around(compiled: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The repeats that each step is in. The last step of a turn leads back to its repeat."""
    repeats = {step["id"]: step["targets"].get("steps") for step in compiled["steps"] if _is_loop(step)}
    bodies = {id: _ahead(compiled, first, {id}) for id, first in repeats.items()}
    ids = [step["id"] for step in compiled["steps"]]
    return {id: frozenset(loop for loop, body in bodies.items() if id in body) for id in ids}


def _is_loop(step: Mapping[str, Any]) -> bool:
    return bool(step["verb"] == "repeat")


def _ahead(compiled: Mapping[str, Any], start: str | None, without: Collection[str] = ()) -> set[str]:
    """A step and all that may follow it; not `without` and what only these lead to."""
    steps = {step["id"]: step for step in compiled["steps"] if step["id"] not in without}
    found: set[str] = set()
    waiting = [start]
    while waiting:
        id = waiting.pop()
        if id is None or id in found or id not in steps:
            continue
        found.add(id)
        waiting += [steps[id]["next"], *steps[id]["targets"].values()]
    return found


# --- one contact -----------------------------------------------------------------------------------


def place(
    case: Case, world: World, journey: Journey, routes: Mapping[str, Route], released: Released, when: Instant
) -> list[tuple[Enrollment, bool]]:
    """Put the contact's enrollments in the journey where they stand in its current version.

    The answer is for `go_on`: who is to be asked again there, and whether it arrives there only now. Those
    who finish on their own version stay as they are. Nothing in here can break.
    """
    asked: list[tuple[Enrollment, bool]] = []
    for enrollment in case.running():
        route = routes.get(enrollment.version)
        if enrollment.journey != journey.id or route is None:
            continue
        stood_at = enrollment.step or ""
        way = route.ways.get(stood_at, Way("stays", enrollment.step))
        if way.fate == "finish":
            continue
        if way.fate == "exit":
            put_out(case, world, enrollment, Leave("exit", detail=f"step {stood_at} was removed"), when.at)
            continue
        _keep_in_mind(enrollment, way, route, released)
        enrollment.version, enrollment.is_moved = journey.version, True
        if way.fate in ("renamed", "sent"):
            _stand(case, enrollment, stood_at, way, when)
        if way.fate != "stays" or way.step in route.changed:
            _tell(case, journey, enrollment, stood_at, way, when)
            asked.append((enrollment, way.fate == "sent"))
    return asked


def _keep_in_mind(enrollment: Enrollment, way: Way, route: Route, released: Released) -> None:
    """What steps remember goes with their names, and what was sent is not sent again by a step that was
    passed and is ahead now."""
    done = {*enrollment.steps.get("", {}).get(ALREADY_SENT, ())}
    if (enrollment.step or "") in route.asks:
        done |= {sending_of(step, iteration) for step, iteration in released(enrollment)}
    if route.names:
        enrollment.steps = {route.names.get(id, id): memory for id, memory in enrollment.steps.items()}
        enrollment.answer = answer_renamed(enrollment.answer, route.names)
    if enrollment.iteration:
        enrollment.iteration = _turns(enrollment.iteration, way.step or "", route)
    if done:
        kept = sorted({_sending_now(one, route) for one in done} - {""})
        enrollment.steps[""] = {**enrollment.steps.get("", {}), ALREADY_SENT: kept}


def _sending_now(sending: str, route: Route) -> str:
    """What was sent, by the names of the new version; "" for what it does not send."""
    step, _, iteration = sending.partition(" ")
    now = route.names.get(step, step)
    return sending_of(now, _turns(iteration, now, route)) if now in route.sends else ""


def _turns(iteration: str, step: str, route: Route) -> str:
    return carried(iteration, route.names, route.around.get(step, frozenset()))


def _stand(case: Case, enrollment: Enrollment, stood_at: str, way: Way, when: Instant) -> None:
    """At another step: under its new name since they came, or newly arrived."""
    case.count(enrollment.journey, stood_at, "inside", -1)
    case.count(enrollment.journey, way.step or "", "inside")
    enrollment.step = way.step
    if way.fate == "sent":
        enrollment.arrived_at, enrollment.due_at, enrollment.owed_at = when.at, None, None
        enrollment.steps.pop(way.step or "", None)


def _tell(
    case: Case, journey: Journey, enrollment: Enrollment, stood_at: str, way: Way, when: Instant
) -> None:
    why = f"to version {journey.version[:8]}"
    if way.fate == "renamed":
        why += f", where step {stood_at} is called {way.step}"
    elif way.fate == "sent":
        why += f", from step {stood_at}, which is gone"
    line = TraceLine(when.at, enrollment.step or "", "moved", why)
    case.traces.append(TraceEntry(journey.id, enrollment, line))


def go_on(case: Case, world: World, asked: list[tuple[Enrollment, bool]], when: Instant) -> None:
    """Ask the steps at which people were placed. A changed wait is worked out anew from the arrival (elapsed
    time counts); it may be over at once."""
    for enrollment, is_arrival in asked:
        if enrollment.left_at is not None:
            continue
        if is_arrival:
            case.count(enrollment.journey, enrollment.step or "", "inside", -1)  # advance counts it in
        if advance(case, world, enrollment, when, is_arrival=is_arrival) or case.has_news:
            contact_changed(case, world, when)
    if case.has_news:
        contact_changed(case, world, when)


def carry(
    case: Case, world: World, journey: Journey, routes: Mapping[str, Route], released: Released, when: Instant
) -> None:
    """Move the contact's enrollments in the journey to its current version, each by its route."""
    go_on(case, world, place(case, world, journey, routes, released, when), when)
