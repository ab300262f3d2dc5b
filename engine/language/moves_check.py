"""`moved` and `removed`: where the people of steps that are gone go on. Each line must lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language import rules
from engine.language.reading import Reading
from engine.language.walk import walk_steps
from engine.model.fault import Mistake, Path
from engine.model.moves import EXIT, FINISH, Moves
from engine.model.spelling import did_you_mean


def moves_of(data: Mapping[str, Any]) -> Moves:
    """What a checked header says of the people inside."""
    return Moves(
        pins=data.get("in_flight") == "pin",
        moved={str(one["from"]): str(one["to"]) for one in data.get("moved") or ()},
        removed={str(one["step"]): str(one["people"]) for one in data.get("removed") or ()},
    )


def check_moves(reading: Reading, right: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """`right` are the keys of the header whose shape is; `data` is the whole file, for its steps."""
    lines = list(_lines(right))
    steps = {str(step.get("id")): None for _, step in walk_steps(data.get("steps"), ("steps",))}
    ways = {old: to for _, old, _, to in lines}
    seen: set[str] = set()
    for path, old, target, to in lines:
        if mistake := _mistake(path, old, target, to, steps, seen, ways):
            reading.report(mistake)
        seen.add(old)
    if lines and right.get("in_flight") == "pin":
        reading.report(_pinned(lines[0][0][0]))


def _lines(right: Mapping[str, Any]) -> Iterator[tuple[Path, str, str, str]]:
    """(path, the old step, the key behind which it says where to, and where to) of each line."""
    for index, one in enumerate(right.get("moved") or ()):
        yield ("moved", index), str(one["from"]), "to", str(one["to"])
    for index, one in enumerate(right.get("removed") or ()):
        yield ("removed", index), str(one["step"]), "people", str(one["people"])


def _mistake(
    path: Path,
    old: str,
    target: str,
    to: str,
    steps: Mapping[str, None],
    seen: set[str],
    ways: Mapping[str, str],
) -> Mistake | None:
    """The first thing that is wrong with a line, or None."""
    key = "from" if target == "to" else "step"
    if old in steps:
        message = f"`{old}` is still a step of this journey, so nobody has to go anywhere."
        help = "Leave this line out; or give the new step an id of its own, if it does something else now."
        return Mistake((*path, key), rules.MOVED_IS_STILL_THERE, message, help)
    if old in seen:
        message = f"It is said twice where the people of `{old}` go."
        return Mistake((*path, key), rules.MOVED_TWICE, message, "Keep one of the lines.")
    if target == "people" and to in (EXIT, FINISH):
        return None
    if to in steps:
        return None
    if to in ways:
        return _circle(path, target, old, ways)
    more = "" if target == "to" else f", `{EXIT}` (they leave) or `{FINISH}` (they finish on the old version)"
    message = f"There is no step `{to}` in this journey.{did_you_mean(to, steps)}"
    help = f"Write the id of a step of this file{more}."
    return Mistake((*path, target), rules.MOVED_NOWHERE, message, help)


def _circle(path: Path, target: str, old: str, ways: Mapping[str, str]) -> Mistake | None:
    """Lines may lead on through other lines, but not round and round. Told once, where it closes."""
    passed, here = [old], ways[old]
    while here in ways and here not in passed:
        passed.append(here)
        here = ways[here]
    is_last_of_it = old == max(passed, key=list(ways).index)
    if here != old or not is_last_of_it:
        return None
    message = f"These lines lead in a circle: {' → '.join(f'`{one}`' for one in (*passed, here))}."
    help = "Let the last one lead to a step of this file."
    return Mistake((*path, target), rules.MOVED_IN_A_CIRCLE, message, help)


def _pinned(key: str | int) -> Mistake:
    message = f"With `in_flight: pin` people finish on their own version, so `{key}` moves nobody."
    help = f"Leave out `{key}`, or write `in_flight: follow`."
    return Mistake((key,), rules.MOVED_BUT_PINNED, message, help, at_key=True)
