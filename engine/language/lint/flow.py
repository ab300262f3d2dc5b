"""Where people can go from a step, and how long they take at least: the shape of a journey, for its rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any, Final

from engine.language.lint.lengths import seconds_of
from engine.language.lint.subject import Subject

#: More ways through a journey than this are not followed one by one.
_MOST_WAYS: Final = 300
#: Verbs behind which time passes.
WAITING: Final = ("wait", "wait_for")


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


def time_to_first_send(subject: Subject) -> float:
    """Seconds from entry to the first message at the earliest; infinite when there is none."""
    known: dict[str, float] = {}
    return _time_to_send(subject, (subject.journey.compiled or {}).get("first"), known, frozenset())


def _time_to_send(subject: Subject, id: str | None, known: dict[str, float], behind: frozenset[str]) -> float:
    if id is None or id in behind:
        return inf
    if id not in known:
        step = subject.flat[id]
        known[id] = (
            0.0
            if step["verb"] == "send"
            else min(
                (time + _time_to_send(subject, to, known, behind | {id}) for to, time in ways_on(step)),
                default=inf,
            )
        )
    return known[id]


def sends_on_ways(subject: Subject) -> Iterator[list[tuple[str, float]]]:
    """For each way through the journey: which marketing messages, and after how many seconds at least."""
    letters = {letter.id for letter in subject.marketing}
    waiting: list[tuple[str | None, float, tuple[tuple[str, float], ...], frozenset[str]]] = [
        ((subject.journey.compiled or {}).get("first"), 0.0, (), frozenset())
    ]
    ended = 0
    while waiting and ended < _MOST_WAYS:
        id, time, sent, behind = waiting.pop()
        if id is None or id in behind:
            ended += 1
            yield list(sent)
            continue
        now_sent = (*sent, (id, time)) if id in letters else sent
        for following, seconds in dict(reversed(list(ways_on(subject.flat[id])))).items():
            waiting.append((following, time + seconds, now_sent, behind | {id}))


def sends_without_wait(subject: Subject, id: str) -> Iterator[str]:
    """The messages that may follow this step with no time between."""
    letters = {letter.id for letter in subject.marketing}
    waiting = [to for to, _ in ways_on(subject.flat[id])]
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
    if isinstance(ways := step.get("branch"), list):
        return all(always_ends(way.get("else" if "else" in way else "then")) for way in ways)
    if isinstance(ways := step.get("split"), list):
        return all(always_ends(way.get("then")) for way in ways)
    return "wait_for" in step and always_ends(step.get("then")) and always_ends(step.get("else"))
