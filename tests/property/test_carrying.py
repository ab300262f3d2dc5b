"""Laws of changing a journey in the middle of lives, whatever the journey and whatever happens.

Journeys and lives are those of test_daemon_equals_simulator. Other names for all steps, told by `moved`,
change nothing but names; and who is pinned lives on as if nothing had been applied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.core.advance import Instant
from engine.core.carry import carry, route_of
from engine.core.case import Case, World
from engine.core.live import fire_timers, live
from engine.intake.lines import Identified
from engine.language.workspace import read_workspace
from engine.model.moves import Moves
from engine.model.policy import Policy
from engine.model.position import Enrollment
from engine.service.simulate import change, world_of
from engine.service.take import Item
from engine.service.versions import Version, bind_version
from tests.property.test_daemon_equals_simulator import SEGMENTS, SHOP, TRIGGERS, UNTIL, journey, life

#: What chooses by the id of its step, and what has to be asked of the shop.
_BY_ID = ('"split"', '"jitter"', "product", '"recommend"', '"start"', '"j0/')


def a_journey(chance: Random) -> dict[str, Any]:
    while True:
        plain = journey(chance, "j0")
        plain["trigger"] = chance.choice(TRIGGERS[:2])
        plain.pop("product", None)
        plain.pop("entry_grace", None)  # it is for events alone
        if not any(word in json.dumps(plain) for word in _BY_ID):
            return plain


def renamed(plain: Any) -> Any:
    """The same with other ids."""
    if isinstance(plain, list):
        return [renamed(one) for one in plain]
    if not isinstance(plain, dict):
        return plain
    return {
        key: f"new-{value}" if key == "id" and isinstance(value, str) else renamed(value)
        for key, value in plain.items()
    }


def version(plain: dict[str, Any]) -> Version:
    files = {
        "journeys/catalog.yaml": SHOP.encode(),
        "journeys/segments.yaml": SEGMENTS.encode(),
        "journeys/j0.yaml": json.dumps(plain).encode(),
    }
    workspace = read_workspace(files)
    file = workspace.journeys["j0"]
    assert file.compiled is not None, [fault.message for fault in file.faults]
    assert file.version is not None
    return bind_version(file.compiled, file.version, "live")


def world(current: Version) -> World:
    catalog = read_workspace({"journeys/catalog.yaml": SHOP.encode()}).catalog
    return world_of([current], catalog, {}, Policy())


def lived(case: Case, world: World, items: Iterable[Item]) -> None:
    for item in items:
        if isinstance(item, Identified):
            change(case, world, item.traits, Instant(item.received_at, item.received_at), None)
        else:
            live(case, world, [item], None)


def released(case: Case, enrollment: Enrollment) -> list[tuple[str, str]]:
    return [(message.step, message.iteration) for of, message in case.messages if of is enrollment]


def outcome(case: Case) -> list[Any]:
    """Everything that people notice, under the old names."""
    sent: list[Any] = [
        (m.step.replace("new-", ""), m.iteration.replace("new-", ""), m.at, m.state, m.reason)
        for _, m in case.messages
    ]
    been: list[Any] = [
        [e.entry_key, e.entered_at, e.left_at, e.reason, e.outcome, e.converted_at, e.due_at, e.arrived_at]
        for e in case.enrollments
    ]
    stand = [((e.step or "").replace("new-", ""), e.iteration.replace("new-", "")) for e in case.enrollments]
    return [sent, been, stand, case.contact]


def split_life(seed: int) -> tuple[Random, dict[str, Any], list[Item], list[Item], Any]:
    """A journey, what comes before and after the change, and when that is: at no other thing's instant."""
    chance = Random(seed)
    plain, items = a_journey(chance), life(chance, "ada")
    note(json.dumps(plain))
    at = chance.choice(items).received_at + timedelta(minutes=chance.choice([1, 61, 60 * 25]), seconds=7)
    before = [item for item in items if item.received_at < at]
    return chance, plain, before, items[len(before) :], at


def started(items: list[Item]) -> Case:
    first = items[0]
    assert isinstance(first, Identified)
    return Case(first.traits)


@given(st.integers(0, 2**64))
@settings(max_examples=150)
def test_other_names_for_all_steps_change_nothing_but_names(seed: int) -> None:
    _, plain, before, after, at = split_life(seed)
    old, new = version(plain), version(renamed(plain))
    undisturbed = started(before)
    lived(undisturbed, world(old), [*before[1:], *after])
    fire_timers(undisturbed, world(old), UNTIL, None)

    case = started(before)
    lived(case, world(old), before[1:])
    fire_timers(case, world(old), at, None)
    ids = [step["id"] for step in old.journey.compiled["steps"]]
    moves = Moves(moved={id: f"new-{id}" for id in ids})
    both = replace(world(new), older={old.journey.version: old.journey})
    routes = {old.journey.version: route_of(old.journey.compiled, new.journey.compiled, moves)}
    carry(case, both, new.journey, routes, lambda e: released(case, e), Instant(at, at))
    lived(case, both, after)
    fire_timers(case, both, UNTIL, None)
    assert outcome(case) == outcome(undisturbed)


@given(st.integers(0, 2**64))
@settings(max_examples=150)
def test_who_is_pinned_lives_on_as_if_nothing_had_been_applied(seed: int) -> None:
    chance, plain, before, after, at = split_life(seed)
    other = a_journey(chance) | {"trigger": {"manual": True}}
    other |= {key: plain[key] for key in ("goal",) if key in plain}
    if "goal" not in plain:
        other.pop("goal", None)
    old, new = version(plain), version(other)
    nobody_comes = replace(old.journey, triggers=())
    outcomes = []
    for current, older in ((nobody_comes, {}), (new.journey, {old.journey.version: old.journey})):
        case = started(before)
        lived(case, world(old), before[1:])
        fire_timers(case, world(old), at, None)
        then = replace(world(old), journeys={"j0": current}, older=older)
        lived(case, then, after)
        fire_timers(case, then, UNTIL, None)
        outcomes.append(outcome(case))
    assert outcomes[0] == outcomes[1]
