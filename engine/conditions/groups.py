"""Groups: `all`, `any`, `none` over lists of conditions, and `not` over one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.conditions import rules
from engine.conditions.contract import Build, Compiled, Kind, NextChange, Reading
from engine.conditions.windows import earliest_after
from engine.conditions.wording import show
from engine.model.predicate import All, AnyOf, Not, Predicate
from engine.model.view import View

Holds = Callable[[View], bool]


# --- reading -----------------------------------------------------------------------------------


def _read(word: str, data: Any, reading: Reading) -> Predicate | None:
    """A list of conditions behind all, any, none; a mapping behind not. None after a complaint."""
    if word == "not":
        return _read_not(data, reading)
    parts = _read_parts(word, data, reading)
    if parts is None:
        return None
    if word == "none":
        return Not(AnyOf(parts))
    return All(parts) if word == "all" else AnyOf(parts)


def _read_not(data: Any, reading: Reading) -> Predicate | None:
    if isinstance(data, list):
        return reading.wrong(
            rules.SHAPE,
            "`not` wants one condition, not a list.",
            "Write `none: […]` if not one of them may hold, `not: {all: […]}` if not all together may.",
        )
    part = reading.condition(data, reading)
    return None if part is None else Not(part)


def _read_parts(word: str, data: Any, reading: Reading) -> tuple[Predicate, ...] | None:
    if not isinstance(data, list):
        return reading.wrong(
            rules.SHAPE,
            f"`{word}` wants a list of conditions, not `{show(data)}`.",
            f"Write each with a dash, or in brackets: `{word}: [{{contact.orders: 5}}, …]`.",
        )
    if not data:
        return reading.wrong(
            rules.EMPTY, f"`{word}` has an empty list.", "Write a condition, or leave it out."
        )
    parts = [reading.condition(one, reading.at(index)) for index, one in enumerate(data)]
    whole = tuple(part for part in parts if part is not None)
    return whole if len(whole) == len(parts) else None


# --- compiling ---------------------------------------------------------------------------------


def _compile_all(group: All, build: Build) -> Compiled:
    parts = [build(part) for part in group.parts]
    return _joined(_all_of([part.holds for part in parts]), parts)


def _compile_any(group: AnyOf, build: Build) -> Compiled:
    parts = [build(part) for part in group.parts]
    return _joined(_any_of([part.holds for part in parts]), parts)


def _compile_not(negation: Not, build: Build) -> Compiled:
    part = build(negation.part)
    holds = part.holds
    return replace(part, holds=lambda view: not holds(view))


def _compile(predicate: All | AnyOf | Not, build: Build) -> Compiled:
    match predicate:
        case All():
            return _compile_all(predicate, build)
        case AnyOf():
            return _compile_any(predicate, build)
        case Not():
            return _compile_not(predicate, build)


def _joined(holds: Holds, parts: Sequence[Compiled]) -> Compiled:
    events = frozenset[str]().union(*(part.events for part in parts))
    journeys = frozenset[str]().union(*(part.journeys for part in parts))
    return Compiled(holds, _earliest([part.next_change for part in parts]), events, journeys)


def _earliest(changes: Sequence[NextChange | None]) -> NextChange | None:
    timed = [change for change in changes if change is not None]
    if len(timed) < 2:
        return timed[0] if timed else None

    def next_change(view: View) -> datetime | None:
        return earliest_after(view.now, (change(view) for change in timed))

    return next_change


def _all_of(parts: Sequence[Holds]) -> Holds:
    """Two and three parts, the common case, without a loop."""
    match parts:
        case [one]:
            return one
        case [one, two]:
            return lambda view: one(view) and two(view)
        case [one, two, three]:
            return lambda view: one(view) and two(view) and three(view)

    def holds(view: View) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs twice as much
            if not part(view):
                return False
        return True

    return holds


def _any_of(parts: Sequence[Holds]) -> Holds:
    match parts:
        case [one]:
            return one
        case [one, two]:
            return lambda view: one(view) or two(view)

    def holds(view: View) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs twice as much
            if part(view):
                return True
        return False

    return holds


# --- the schema --------------------------------------------------------------------------------

_ONE: Mapping[str, Any] = {"$ref": "#/definitions/condition"}


def _list_schema(summary: str) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": _ONE, "description": summary}


GROUPS = Kind(
    name="groups",
    words=("all", "any", "none", "not"),
    summary="Joins conditions: all of them, any of them, none of them; `not` turns one round.",
    example="""\
any:
  - contact.orders: { gte: 5 }
  - all:
      - { did: Order Completed, within: 30 days }
      - not: { contact.country: DE }
none:
  - { contact.tags: { contains: staff } }
""",
    schema={
        "all": _list_schema("Every one of these conditions holds."),
        "any": _list_schema("At least one of these conditions holds."),
        "none": _list_schema("Not one of these conditions holds."),
        "not": {
            **_ONE,
            "description": "This condition does not hold; over several keys: not all of them do.",
        },
    },
    read=_read,
    compile=_compile,
    forms=(All, AnyOf, Not),
)
