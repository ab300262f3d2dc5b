"""The walk: everything that has fallen due, page by page, one transaction a page."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from engine.core.case import Case, World
from engine.core.live import fire_timers
from engine.core.versions import find_journey
from engine.service.running import Running, under_newest
from engine.service.set_aside import held_back, put_off, tell, words_of, work_around
from engine.store.database import Store
from engine.store.pages import Page


def walk(store: Store, running: Running, now: datetime, *, may_go_on: list[bool] | None = None) -> int:
    """Fire all timers due by now; how many contacts were worked on. Stops between pages when told to."""
    worked = 0
    for keys in store.due(now):
        if may_go_on is not None and not may_go_on[0]:
            break
        worked += under_newest(running, _page_of(store, keys, now))
    return worked


def _page_of(store: Store, keys: list[int], now: datetime) -> Callable[[Running], int]:
    return lambda running: walk_page(store, running, keys, now)


def walk_page(store: Store, running: Running, keys: list[int], now: datetime) -> int:
    """One page: load, advance, save. One broken contact is set aside, and the page goes on without it."""
    broken: dict[int, Exception] = {}
    with _collector_at_rest(), store.page("walk") as page:
        running.require_newest(store)
        cases = _load(page, running, keys, now)
        done: list[Case] = []
        for case in cases:
            try:
                _fire(case, running, now)
            except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
                broken[case.key] = error
            else:
                done.append(case)
        page.save(done, now)
    if broken:
        tell((case.contact.id, broken[case.key]) for case in cases if case.key in broken)
        under_newest(running, lambda running: set_aside(store, running, broken, now))
    return len(cases)


def _load(page: Page, running: Running, keys: list[int], now: datetime) -> list[Case]:
    """What is due, and all the rest of those contacts whose work may concern more than what is due."""
    if running.world.segments:
        return page.load(keys, now=now, events=running.events, everything=True)
    cases = page.load(keys, now=now, events=running.events)
    wide = [case.key for case in cases if _may_change_contact(case, running.world)]
    if not wide:
        return cases
    whole = {case.key: case for case in page.load(wide, now=now, events=running.events, everything=True)}
    return [whole.get(case.key, case) for case in cases]


def _may_change_contact(case: Case, world: World) -> bool:
    """Whether what is due has steps that change attributes or topics, asks about other journeys, or is asked
    about by them; a journey that is unknown may."""
    for enrollment in case.enrollments:
        journey = find_journey(world, enrollment)
        if journey is None or journey.changes_contact or journey.journeys or journey.id in world.watched:
            return True
    return False


def _fire(case: Case, running: Running, now: datetime) -> None:
    """The timers due by now, except those of journeys that this release cannot read: they are put off."""
    if not running.unreadable:
        fire_timers(case, running.world, now, now)
        return
    with held_back(case, running.unreadable) as held:
        fire_timers(case, running.world, now, now)
    put_off(held, now)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """A page makes a hundred thousand objects, none of them in a cycle: looking for cycles among them again
    and again costs a third of the time and finds nothing. They go as soon as the page lets go of them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def set_aside(store: Store, running: Running, broken: Mapping[int, Exception], now: datetime) -> None:
    """Put off what is due for contacts whose work broke, and write down why; their sound journeys go on."""
    with store.page("set_aside") as page:
        running.require_newest(store)
        cases = [_set_aside(page, running, key, words_of(error), now) for key, error in broken.items()]
        page.save(sorted((case for case in cases if case is not None), key=lambda case: case.key), now)


def _set_aside(page: Page, running: Running, key: int, words: str, now: datetime) -> Case | None:
    def load() -> Case:
        return page.load([key], now=now, events=running.events, everything=True)[0]

    def work(case: Case, world: World) -> None:
        with held_back(case, running.unreadable):
            fire_timers(case, world, now, now)

    if not page.load([key], now=now):
        return None  # erased meanwhile
    suspects = dict.fromkeys(enrollment.journey for enrollment in load().running())
    suspects |= dict.fromkeys(
        id for id, j in running.world.journeys.items() if any(t.segment for t in j.triggers)
    )
    return work_around(load, suspects, running.world, work, now, words)
