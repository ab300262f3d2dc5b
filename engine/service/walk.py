"""The walk: everything that has fallen due, page by page, one transaction a page."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from engine.core.case import Case, TraceEntry, World
from engine.core.live import fire_timers
from engine.core.versions import find_journey
from engine.errors import JourneysError
from engine.model.trace import TraceLine
from engine.service.running import Running
from engine.store.database import Store
from engine.store.pages import Page

log = logging.getLogger(__name__)

#: A contact whose work broke is left alone for so long.
_SET_ASIDE = timedelta(minutes=5)


def walk(store: Store, running: Running, now: datetime, *, may_go_on: list[bool] | None = None) -> int:
    """Fire all timers due by now; how many contacts were worked on. Stops between pages when told to."""
    worked = 0
    for keys in store.due(now):
        if may_go_on is not None and not may_go_on[0]:
            break
        worked += walk_page(store, running, keys, now)
    return worked


def walk_page(store: Store, running: Running, keys: list[int], now: datetime) -> int:
    """One page: load, advance, save. One broken contact is set aside, and the page goes on without it."""
    broken: dict[int, Exception] = {}
    with _collector_at_rest(), store.page("walk") as page:
        cases = _load(page, running, keys, now)
        done: list[Case] = []
        for case in cases:
            try:
                fire_timers(case, running.world, now, now)
            except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
                broken[case.key] = error
            else:
                done.append(case)
        page.save(done, now)
    if broken:
        set_aside(store, running, broken, now)
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
    """Whether what is due has steps that change attributes or topics; a journey that is unknown may have."""
    for enrollment in case.enrollments:
        journey = find_journey(world, enrollment)
        if journey is None or journey.changes_contact:
            return True
    return False


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


def set_aside(store: Store, running: Running, broken: dict[int, Exception], now: datetime) -> None:
    """Put off what is due for contacts whose work broke, and write down why."""
    with store.page("set_aside") as page:
        cases = page.load(list(broken), now=now, everything=True)
        for case in cases:
            error = broken[case.key]
            words = error.message if isinstance(error, JourneysError) else f"{type(error).__name__}: {error}"
            log.error("contact %s is set aside: %s", case.contact.id, words, exc_info=error)
            line = TraceLine(now, "", "warned", f"set aside: {words}")
            case.traces.append(TraceEntry("", None, line))
            for enrollment in case.running():
                if enrollment.due_at is not None and enrollment.due_at <= now:
                    enrollment.owed_at = enrollment.owed_at or enrollment.due_at
                    enrollment.due_at = now + _SET_ASIDE
                    enrollment.is_moved = True
            for membership in case.members.values():
                if membership.look_at is not None and membership.look_at <= now:
                    membership.look_at = now + _SET_ASIDE
                    case.are_members_changed = True
        page.save(cases, now)
    del running
