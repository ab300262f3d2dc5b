"""Carrying: after an apply everybody inside goes over to the new version, page by page, or stays as it says.

Until a page has carried them, and if they stay for good, people run on the version that they are on: the
setting KEPT names those versions, and every process loads them beside the current ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.core.advance import Instant
from engine.core.carry import Route, Stranded, carry, place, route_of, stranded
from engine.core.case import Case
from engine.errors import RefusedError
from engine.language.journey_file import JourneyFile
from engine.model.journey import Journey
from engine.model.moves import Moves
from engine.model.position import Enrollment
from engine.service.running import KEPT, OutdatedError, Running
from engine.service.set_aside import held_back, tell
from engine.store.database import Store
from engine.store.pages import Page

#: Why people are on an older version: the file pins them, they finish there, or an apply is at it.
PINNED: Final = "pin"
FINISHING: Final = "finish"
MOVING: Final = "moving"

#: Journey → version → why people are on it.
Kept = dict[str, dict[str, str]]

#: How many stand at each (version, step).
Standing = Mapping[tuple[str, str], int]


# --- before: who is on which version, and whether all have a place ---------------------------------


def kept_by(file: JourneyFile, standing: Standing, before: Mapping[str, str]) -> dict[str, str]:
    """The older versions on which people stand, once the file's version is the current one."""
    older = sorted({version for version, _ in standing} - {file.version})
    fate = PINNED if file.moves.pins else MOVING
    return {version: FINISHING if before.get(version) == FINISHING else fate for version in older}


def without_a_place(
    store: Store, file: JourneyFile, standing: Standing, kept: Mapping[str, str]
) -> list[Stranded]:
    """Those on versions that they are to leave who would have no place to stand; of each step once."""
    found: Counter[tuple[str, str, str | None]] = Counter()
    for version in (version for version, why in kept.items() if why == MOVING):
        old = store.version(version, file.id)
        if old is None or file.compiled is None:
            continue
        inside = {step: people for (of, step), people in standing.items() if of == version}
        for one in stranded(old, file.compiled, inside, file.moves):
            found[one.step, one.was, one.becomes] += one.people
    return [
        Stranded(step, people, was, becomes)
        for (step, was, becomes), people in sorted(found.items(), key=lambda item: item[0][0])
    ]


def staying(standing: Standing, kept: Mapping[str, str]) -> int:
    """How many stay on older versions."""
    return sum(people for (version, _), people in standing.items() if kept.get(version, MOVING) != MOVING)


# --- after: page by page ---------------------------------------------------------------------------


@dataclass(slots=True)
class Carried:
    """What became of the people of one journey; `stayed` by their version."""

    moved: int = 0
    left: int = 0
    stayed: Counter[str] = field(default_factory=Counter)


def carry_all(
    store: Store, running: Running, moves: Mapping[str, Moves], now: datetime
) -> dict[str, Carried]:
    """Everyone on a version that is to be left; also those that an interrupted apply did not get to."""
    kept: Kept = store.setting(KEPT) or {}
    done: dict[str, Carried] = {}
    try:
        for id in moves.keys() & kept.keys() & running.current.keys():
            journey = running.current[id].journey
            older = [version for version, why in kept[id].items() if why == MOVING]
            if older:
                routes = _routes(store, journey, older, moves[id])
                done[id] = _carry_journey(store, running, journey, routes, now)
        if done:
            _settle(store, running, kept, done)
    except OutdatedError as error:
        raise RefusedError(
            "another apply began while this one was moving people, and moves them now",
            "See `journeys status` when it is done.",
        ) from error
    return done


def _routes(store: Store, journey: Journey, older: list[str], moves: Moves) -> dict[str, Route]:
    forms = {version: store.version(version, journey.id) for version in older}
    return {hash: route_of(form, journey.compiled, moves) for hash, form in forms.items() if form is not None}


def _carry_journey(
    store: Store, running: Running, journey: Journey, routes: Mapping[str, Route], now: datetime
) -> Carried:
    done = Carried()
    for keys in store.keys_inside(journey.id):
        with store.page("carry") as page:
            running.require_newest(page)
            _carry_page(page, running, journey, routes, keys, now, done)
    return done


def _carry_page(
    page: Page,
    running: Running,
    journey: Journey,
    routes: Mapping[str, Route],
    keys: list[int],
    now: datetime,
    done: Carried,
) -> None:
    cases = page.load(keys, now=now, **running.reach(now), everything=True)
    stale = [case for case in cases if _stale(case, journey, routes)]
    ids = {e.id for case in stale for e in _stale(case, journey, routes)}
    released = _released(page, stale, journey, routes)
    carried = [_carried(page, case, running, journey, routes, released, now) for case in stale]
    page.save(carried, now)
    for enrollment in (e for case in carried for e in case.enrollments if e.id in ids):
        if enrollment.version == journey.version:
            done.moved += 1
        elif enrollment.left_at is not None:
            done.left += 1
        else:
            done.stayed[enrollment.version] += 1


def _stale(case: Case, journey: Journey, routes: Mapping[str, Route]) -> list[Enrollment]:
    return [e for e in case.running() if e.journey == journey.id and e.version in routes]


def _released(
    page: Page, stale: list[Case], journey: Journey, routes: Mapping[str, Route]
) -> dict[int, list[tuple[str, str]]]:
    """What was sent, of those who have a send ahead of them now that they had not."""
    asked = [
        e.id
        for case in stale
        for e in _stale(case, journey, routes)
        if e.id is not None and (e.step or "") in routes[e.version].asks
    ]
    return page.released(asked) if asked else {}


def _carried(
    page: Page,
    case: Case,
    running: Running,
    journey: Journey,
    routes: Mapping[str, Route],
    released: Mapping[int, list[tuple[str, str]]],
    now: datetime,
) -> Case:
    """The contact under the new version. Where that breaks, it is only put there: the walk tries again and
    may set it aside."""
    unreadable = running.unreadable - routes.keys()
    when = Instant(now, now)

    def sent(enrollment: Enrollment) -> list[tuple[str, str]]:
        return released.get(enrollment.id or 0, [])

    try:
        with held_back(case, unreadable):
            carry(case, running.world, journey, routes, sent, when)
    except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
        tell([(case.contact.id, error)])
        case = page.load([case.key], now=now, **running.reach(now), everything=True)[0]
        with held_back(case, unreadable):
            for enrollment, _ in place(case, running.world, journey, routes, sent, when):
                enrollment.due_at = now
    return case


def _settle(store: Store, running: Running, kept: Kept, done: Mapping[str, Carried]) -> None:
    """Whoever is still on a version that was to be left, finishes there; the others are not kept any more."""
    for id, carried in done.items():
        versions = {
            version: FINISHING if why == MOVING else why
            for version, why in kept[id].items()
            if why != MOVING or carried.stayed[version]
        }
        kept = {**kept, id: versions}
    with store.page("carried") as page:
        running.require_newest(page)
        page.put_setting(KEPT, {id: versions for id, versions in kept.items() if versions})
