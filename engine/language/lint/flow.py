"""Where people can go from a step, and how long they take at least: the shape of a journey, for its rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from math import inf
from typing import Any, Final

from engine.language.lint.lengths import seconds_of
from engine.language.lint.subject import Subject
from engine.model.iteration import after_repeat, in_turn, turn_of

#: More ways through a journey than this are not followed one by one.
_MOST_WAYS: Final = 300
#: Turns of a repeat that are followed; what shows itself by then shows itself.
_MOST_TURNS: Final = 12
#: Verbs behind which time passes.
WAITING: Final = ("wait", "wait_for")

#: A step, and which turns of which repeats one is in.
Place = tuple[str, str]


def ways_on(step: Mapping[str, Any]) -> Iterator[tuple[str | None, float]]:
    """Every step that may come next (None: the end), and how many seconds that takes at least."""
    verb, following, targets, data = step["verb"], step["next"], step["targets"], step["data"]
    if "when" in step:
        yield following, 0.0
    match verb:
        case "end":
            if "when" not in step:
                yield None, 0.0
        case "wait_for":
            yield targets.get("then", following), 0.0
            yield targets.get("else", following), seconds_of(data.get("up_to")) or 0.0
        case "wait":
            yield following, seconds_of(data.get("wait")) or 0.0
            if str(data.get("if_past", "proceed")) not in ("proceed", "exit"):
                yield data["if_past"], 0.0
        case "repeat":
            yield targets.get("steps"), 0.0
            yield following, 0.0
        case "branch" | "split":
            for target in targets.values():
                yield target, 0.0
        case _:
            yield following, 0.0
            for target in targets.values():
                yield target, 0.0


def is_letter(subject: Subject, id: str) -> bool:
    """Whether the step sends marketing to the contact."""
    return any(letter.id == id for letter in subject.marketing)


def steps_on(place: Place, step: Mapping[str, Any]) -> Iterator[tuple[Place | None, float]]:
    """As `ways_on`, with the turns of repeats counted: nobody leaves one without `while` before its last."""
    id, turns = place
    if step["verb"] != "repeat":
        for to, seconds in ways_on(step):
            yield None if to is None else (to, turns), seconds
        return
    written = step["data"]["repeat"]
    turn, last = turn_of(turns, id), min(written["times"], _MOST_TURNS)
    if turn < last and step["targets"]["steps"] is not None:
        yield (step["targets"]["steps"], in_turn(turns, id, turn + 1)), 0.0
    if turn >= last or "while" in written or ("when" in step and not turn):
        yield None if step["next"] is None else (step["next"], after_repeat(turns, id)), 0.0


def time_to_first_send(subject: Subject) -> float:
    """Seconds from entry to the first message at the earliest; infinite when there is none."""
    waiting: list[tuple[float, Place]] = [(0.0, place) for place in _beginning(subject)]
    seen: set[Place] = set()
    while waiting:
        time, place = heappop(waiting)
        step = subject.flat[place[0]]
        if step["verb"] == "send":
            return time
        if place not in seen:
            seen.add(place)
            for to, seconds in steps_on(place, step):
                if to is not None:
                    heappush(waiting, (time + seconds, to))
    return inf


def _beginning(subject: Subject) -> list[Place]:
    first = (subject.journey.compiled or {}).get("first")
    return [] if first is None else [(first, "")]


def sends_on_ways(subject: Subject) -> Iterator[list[tuple[str, float]]]:
    """For each way through the journey: which marketing messages, and after how many seconds at least."""
    letters = {letter.id for letter in subject.marketing}
    waiting: list[tuple[Place | None, float, tuple[tuple[str, float], ...]]] = [
        (place, 0.0, ()) for place in _beginning(subject)
    ]
    ended = 0
    while waiting and ended < _MOST_WAYS:
        place, time, sent = waiting.pop()
        if place is None:
            ended += 1
            yield list(sent)
            continue
        step = subject.flat[place[0]]
        now_sent = (*sent, (place[0], time)) if place[0] in letters else sent
        for following, seconds in dict(reversed(list(steps_on(place, step)))).items():
            waiting.append((following, time + seconds, now_sent))


def sends_without_wait(subject: Subject, id: str) -> Iterator[str]:
    """The messages that may follow this step with no time between."""
    yield from _sends_from(subject, [to for to, _ in ways_on(subject.flat[id])])


def sends_at_entry(subject: Subject) -> Iterator[str]:
    """The messages that may go out at the moment of entry."""
    yield from _sends_from(subject, [first for first, _ in _beginning(subject)])


def _sends_from(subject: Subject, waiting: list[str | None]) -> Iterator[str]:
    letters = {letter.id for letter in subject.marketing}
    seen: set[str] = set()
    while waiting:
        following = waiting.pop()
        if following is None or following in seen:
            continue
        seen.add(following)
        step = subject.flat[following]
        if following in letters:
            yield following
        elif step["verb"] not in WAITING:
            waiting += [to for to, _ in ways_on(step)]


def sends_before(subject: Subject, id: str) -> bool:
    """Whether some way to this step sends anything to the contact first."""
    leads_to: dict[str, set[str]] = {}
    for step in subject.flat.values():
        for to, _ in ways_on(step):
            if to is not None:
                leads_to.setdefault(to, set()).add(step["id"])
    waiting, seen = [id], set[str]()
    while waiting:
        for before in leads_to.get(waiting.pop(), set()) - seen:
            seen.add(before)
            waiting.append(before)
    return any(subject.flat[before]["verb"] == "send" for before in seen)


def always_ends(steps: Any) -> bool:
    """Whether nobody comes out at the end of this list of steps."""
    return isinstance(steps, list) and any(_ends(step) for step in steps if isinstance(step, Mapping))


def _ends(step: Mapping[str, Any]) -> bool:
    if "when" in step:
        return False
    if "end" in step:
        return True
    if isinstance(repeat := step.get("repeat"), Mapping):
        return "while" not in repeat and always_ends(repeat.get("steps"))
    if isinstance(ways := step.get("branch"), list):
        return all(always_ends(way.get("else" if "else" in way else "then")) for way in ways)
    if isinstance(ways := step.get("split"), list):
        return all(always_ends(way.get("then")) for way in ways)
    return "wait_for" in step and always_ends(step.get("then")) and always_ends(step.get("else"))
